"""Rates of pairs and their confused images: counted by hand, and the same as from whole arrays."""

import numpy as np
import pyarrow as pa
import pytest
from sklearn.datasets import load_digits

from pixelmill.classifier import Classifier, Manifest
from pixelmill.estimators import Arrays, ArrayTraining
from pixelmill.models.linear import binary_margins
from pixelmill.models.one_vs_rest import one_vs_rest
from pixelmill.models.pairwise import pairwise
from pixelmill.parameters import ModellingParameters
from pixelmill.pipelines.modelling import margins
from pixelmill.pipelines.modelling.pairs import score_pairs
from pixelmill.preparation import Preparation
from pixelmill.strategies import find_strategy

FEATURIZER = {"fingerprint": "0123", "parts": []}
COLUMNS = ["class_a", "class_b", "train", "test", "success_rate"]


def classifier_of(model, labels, dimension, **preparation):
    """A classifier around a model."""
    manifest = Manifest(
        labels=labels,
        dimension=dimension,
        featurizer=FEATURIZER,
        estimator="svm_sgd",
        strategy="one_vs_one",
        kind=model and model.kind,
    )
    return Classifier(manifest, model and Preparation(dimension, **preparation), model)


def table_of(spark, rows):
    """Labelled features of (path, label, split, features)."""
    paths, labels, splits, features = zip(*rows, strict=True)
    columns = {
        "path": pa.array(paths),
        "label": pa.array(labels, pa.string()),
        "split": pa.array(splits),
        "features": pa.array(features, pa.list_(pa.float32())),
    }
    return spark.createDataFrame(pa.table(columns))


@pytest.fixture(scope="module")
def by_hand(spark):
    """Four classes and three pairs, each of which looks at one feature: positive is the second."""
    members = [binary_margins(row, 0.0) for row in np.eye(3)]
    model = pairwise(4, [(0, 1), (0, 2), (1, 3)], members)
    images = [
        ("a0", "ant", "train", [0, 0, 0]),
        ("a1", "ant", "train", [0, 0, 0]),
        ("b0", "bee", "train", [0, 0, 0]),
        ("c0", "cow", "train", [0, 0, 0]),
        ("a2", "ant", "test", [-1, 2, 9]),  # right of bee, wrong of cow
        ("a3", "ant", "test", [3, 1, 9]),  # wrong of both
        ("b1", "bee", "test", [-4, 9, -2]),  # wrong of ant, right of dog
        ("b2", "bee", "test", [5, 9, -1]),  # right of both
        ("c1", "cow", "test", [9, 1, 9]),  # right
        ("x1", "yak", "test", [9, 9, 9]),  # no class of the classifier
        ("u1", None, "test", [9, 9, 9]),
        ("u2", None, "train", [9, 9, 9]),
    ]
    return classifier_of(model, ["ant", "bee", "cow", "dog"], 3), table_of(spark, images)


def test_rates_and_images_are_those_counted_by_hand(by_hand):
    table, confused = score_pairs(*by_hand)
    assert table.columns.tolist() == COLUMNS
    assert table.to_numpy().tolist() == [
        ["ant", "bee", 3, 4, 0.5],
        ["ant", "cow", 3, 3, pytest.approx(1 / 3)],
        ["bee", "dog", 1, 2, 1.0],
    ]
    assert [tuple(image.values()) for image in confused] == [
        ("ant", "cow", "a2", "ant", -4.0),
        ("ant", "cow", "a3", "ant", -2.0),
        ("ant", "bee", "b1", "bee", -8.0),
        ("ant", "bee", "a3", "ant", -6.0),
    ]
    assert list(confused[0]) == ["class_a", "class_b", "path", "label", "margin"]


def test_a_pair_without_test_images_has_no_rate(by_hand):
    classifier, images = by_hand
    table, confused = score_pairs(classifier, images.filter("label <> 'bee'"))
    assert table.success_rate.isna().tolist() == [False, False, True]
    assert table.test.tolist() == [2, 3, 0]
    assert {image["class_b"] for image in confused} == {"bee", "cow"}


def test_no_test_images_at_all_leave_the_pairs_without_rates(by_hand):
    classifier, images = by_hand
    table, confused = score_pairs(classifier, images.filter("split = 'train'"))
    assert table.class_b.tolist() == ["bee", "cow", "dog"]
    assert table.success_rate.isna().all()
    assert confused == []


@pytest.mark.parametrize("model", [None, one_vs_rest([binary_margins(np.ones(3), 0.0)] * 4)])
def test_other_strategies_have_an_empty_table_of_the_same_columns(by_hand, model):
    full, _ = score_pairs(*by_hand)
    classifier = classifier_of(model, ["ant", "bee", "cow", "dog"], 3)
    table, confused = score_pairs(classifier, by_hand[1])
    assert (len(table), confused) == (0, [])
    assert table.dtypes.to_dict() == full.dtypes.to_dict()


def test_rates_of_many_pairs_are_those_of_whole_arrays(spark, monkeypatch):
    features, target = load_digits(return_X_y=True)
    features, target, train = features[:600].astype(np.float32), target[:600], 200
    mean, deviation = features[:train].mean(axis=0, dtype=float), np.full(64, 5.0)
    prepared = (features - mean) / deviation
    modelling = ModellingParameters(
        strategy="one_vs_one", estimator="svm_sgd", parameters={"iterations": 5}
    )
    data = Arrays(prepared[:train], target[:train].astype(np.int64), 10)
    labels = [f"digit {number}" for number in range(10)]
    model = find_strategy(modelling).fit(ArrayTraining(data), labels).model
    classifier = classifier_of(model, labels, 64, mean=mean, deviation=deviation)
    rows = [
        (f"{n:03}", labels[one], "train" if n < train else "test", features[n])
        for n, one in enumerate(target)
    ]
    monkeypatch.setattr(margins, "MARGINS_AT_ONCE", 45 * 64)  # several parts in a task
    table, confused = score_pairs(classifier, table_of(spark, rows).repartition(3))

    values, unseen = model.margins(prepared[train:]), target[train:]
    own = np.where(unseen[:, None] == model.pairs[:, 0], -values, values)
    own[(unseen[:, None, None] != model.pairs).all(axis=2)] = np.nan
    right = np.nansum(own > 0, axis=0) / (~np.isnan(own)).sum(axis=0)
    np.testing.assert_allclose(table.success_rate, right)
    assert right.min() < 0.95
    expected = []
    for pair in np.argsort(right, kind="stable")[:10]:
        worst = np.argsort(own[:, pair])[:6]
        expected += [f"{train + n:03}" for n in worst if own[n, pair] < 0]
    assert [image["path"] for image in confused] == expected
    assert all(image["margin"] < 0 for image in confused)
