"""Classes, labels, features and parameters of every odd kind, in memory."""

import logging

import numpy as np
import pytest

from pixelmill.classifier.tables import predict
from pixelmill.errors import InputError
from pixelmill.parameters import ModellingParameters, PreparationParameters
from pixelmill.pipelines.modelling.nodes import (
    CheckedModelling,
    predict_test_images,
    train_classifier,
)
from tests.pipelines.modelling.labelled import FEATURIZER, in_memory

WANTED = ModellingParameters()


@pytest.fixture
def labelled():
    """Makes labelled features of rows (label, split) with eight random features each."""

    def make(*rows):
        draw = np.random.default_rng(0)
        table = [
            (f"{number}.jpg", label, split, draw.normal(size=8).tolist())
            for number, (label, split) in enumerate(rows)
        ]
        return in_memory(table)

    return make


@pytest.mark.parametrize(
    ("rows", "reason"),
    [
        ([], "No image has features to train on: the report lists the errors"),
        ([(None, "test")] * 3, "No image with features has both a label and the split 'train'"),
        ([("a", "test"), ("b", "test")], "both a label and the split 'train'"),
        ([("a", "train"), ("a", "train"), ("b", "test")], "of one class (a): a classifier needs"),
    ],
    ids=["no image", "no label", "nothing for training", "one class"],
)
def test_without_two_classes_there_is_no_classifier_and_no_failure(labelled, rows, reason):
    table = labelled(*rows)
    classifier, summary = train_classifier(table, FEATURIZER, ModellingParameters())
    assert classifier.model is None
    assert summary["trained"] is False
    assert reason in summary["reason"]
    assert (summary["labels"], summary["train"]) == ([], 0)
    predictions = predict_test_images(classifier, table, FEATURIZER, WANTED)
    assert predictions.column_names == ["path", "label", "prediction", "scores"]
    assert len(predictions) == 0


def test_odd_classes_and_labels(labelled, caplog):
    """Labels with quotes, a class of one image, one that is only tested, images without any."""
    rows = [("10", "train"), ("9", "train"), ("9", "test"), ('it\'s "odd"', "train")]
    table = labelled(*rows, *[("only tested", "test")] * 2, (None, "test"))
    with caplog.at_level(logging.WARNING, logger="pixelmill"):
        classifier, summary = train_classifier(table, FEATURIZER, ModellingParameters())
    assert summary["labels"] == ["10", "9", 'it\'s "odd"']
    assert summary["warnings"] == caplog.messages
    assert "without a training image that has features: 1 (only tested)" in caplog.messages[0]
    rows = predict_test_images(classifier, table, FEATURIZER, WANTED).to_pylist()
    assert sorted(str(row["label"]) for row in rows) == ["9", "None", "only tested", "only tested"]
    assert {row["prediction"] for row in rows} <= set(summary["labels"])


def test_a_class_that_is_in_neither_split_is_not_called_predicted_wrong(labelled):
    rows = [(label, side) for label in "ab" for side in ("train", "test")]
    _, summary = train_classifier(
        labelled(*rows, ("c", "left_out: blank")), FEATURIZER, ModellingParameters()
    )
    assert (summary["labels"], summary["warnings"]) == (["a", "b"], [])


@pytest.mark.parametrize("features", [[], ["vgg16", "resnet50", "vgg16"]])
def test_features_that_would_count_twice_or_not_at_all_are_refused(features):
    with pytest.raises(ValueError, match=r"features: (there are none|vgg16 is there 2 times)"):
        ModellingParameters(features=features)


def test_constant_features_do_no_harm():
    rows = [
        (f"{number}.jpg", "ab"[number % 2], "train", [1.0, float(number % 2)])
        for number in range(6)
    ]
    table = in_memory(rows)
    classifier, _ = train_classifier(table, FEATURIZER, ModellingParameters())
    predicted = predict(classifier, table).to_pylist()
    assert all(row["prediction"] == row["label"] for row in predicted)
    assert np.isfinite([row["scores"] for row in predicted]).all()


def test_parameters_are_refused_when_kedro_reads_them():
    with pytest.raises(InputError, match="did you mean 'logistic_regression'"):
        CheckedModelling.model_validate({"estimator": "logistic_regressor"})


@pytest.fixture
def three_classes(labelled):
    """Four training images and two to test of each of three classes, and one without a label."""
    sides = ["train"] * 4 + ["test"] * 2
    rows = [(label, side) for label in "abc" for side in sides]
    return labelled(*rows, (None, "test"), ("only tested", "test"))


def test_chosen_pairs_concern_their_classes_only(three_classes):
    wanted = ModellingParameters(
        strategy="one_vs_one", pairs=[("a", "c")], estimator="sklearn.svm.LinearSVC"
    )
    classifier, summary = train_classifier(three_classes, FEATURIZER, wanted)
    assert (summary["labels"], summary["train"]) == (["a", "c"], 8)
    assert summary["warnings"] == []  # of b, which is not in the pair, nothing is said
    assert summary["pairs"] == [("a", "c")]
    assert summary["train_by_class"] == {"a": 4, "c": 4}
    rows = predict_test_images(classifier, three_classes, FEATURIZER, wanted).to_pylist()
    assert sorted(str(row["label"]) for row in rows) == ["None", "a", "a", "c", "c"]


def test_training_and_test_images_of_disjoint_classes_are_refused(labelled):
    rows = [(label, "train") for label in ("Apple", "Pear")] * 2
    rows += [(label, "test") for label in ("apple", "pear")]
    with pytest.raises(
        InputError, match=r"no class has both .*\(Apple, Pear against apple, pear\)"
    ):
        train_classifier(labelled(*rows), FEATURIZER, ModellingParameters())
    train_classifier(labelled(*rows, ("Pear", "test")), FEATURIZER, ModellingParameters())


def test_a_classifier_that_answers_otherwise_has_another_identity(three_classes):
    chosen = {"estimator": "sklearn.svm.SVC", "parameters": {"C": 3}}
    _, first = train_classifier(three_classes, FEATURIZER, WANTED)
    _, other = train_classifier(three_classes, FEATURIZER, WANTED, chosen)
    assert first["identity"] != other["identity"]


def test_the_number_of_principal_components_is_in_the_summary(three_classes):
    wanted = WANTED.model_copy(update={"preparation": PreparationParameters(pca=2)})
    _, summary = train_classifier(three_classes, FEATURIZER, wanted)
    assert (summary["components"], len(summary["variance_share"])) == (2, 2)


def test_a_pair_of_an_unknown_class_is_refused_with_the_nearest_name(labelled):
    table = labelled(*[(label, "train") for label in ("cat", "dog")] * 3)
    wanted = ModellingParameters(strategy="one_vs_one", pairs=[("cat", "dogs")])
    with pytest.raises(InputError, match=r"no training image of 'dogs'; did you mean 'dog'\?"):
        train_classifier(table, FEATURIZER, wanted)


def test_the_choice_of_a_grid_takes_the_place_of_estimator_and_parameters(three_classes):
    chosen = {"estimator": "sklearn.svm.SVC", "parameters": {"C": 3}}
    _, summary = train_classifier(three_classes, FEATURIZER, WANTED, chosen)
    assert summary["estimator"] == "sklearn.svm.SVC"
    assert summary["parameters"]["C"] == 3
