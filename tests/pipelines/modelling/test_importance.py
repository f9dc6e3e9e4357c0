"""Which features count: scikit-learn's own figures, one that carries all, and every odd case."""

import json

import numpy as np
import pyarrow as pa
import pytest
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.ensemble import RandomForestClassifier
from sklearn.inspection import permutation_importance

from pixelmill.classifier import Classifier, Manifest
from pixelmill.models.linear import LinearModel
from pixelmill.models.sklearn import SklearnModel
from pixelmill.pipelines.modelling import importance
from pixelmill.pipelines.modelling.importance import permutation_drops, rank_features
from pixelmill.preparation import Preparation

NAMES = ["noise", "signal", "weak"]
JOINED = {"fingerprint": "0123", "parts": [{"fingerprint": "0123", "columns": NAMES}]}
LABELS = ["a", "b"]
SCHEMA = "path string, label string, split string, features array<float>"


def classifier_of(weights, preparation=None):
    """A classifier that takes the side on which the weighted sum of the features lies."""
    weights = np.array([-np.array(weights), weights], dtype=float)
    prepared = preparation or Preparation(weights.shape[1])
    return classifier_with(LinearModel(weights, np.zeros(2)), prepared)


def classifier_with(model, preparation):
    """A classifier of that model."""
    manifest = Manifest(
        labels=LABELS,
        dimension=preparation.dimension,
        featurizer=JOINED,
        estimator="any",
        strategy="multinomial",
        kind=model.kind,
    )
    return Classifier(manifest, preparation, model)


@pytest.fixture(scope="module")
def images():
    """400 images: the second feature has the class, the third sometimes, the first never."""
    draw = np.random.default_rng(1)
    target = draw.integers(0, 2, 400)
    side = 2.0 * target - 1
    columns = [draw.normal(size=400), side, 0.3 * side + draw.normal(size=400)]
    return np.column_stack(columns).astype(np.float32).astype(np.float64), target


@pytest.fixture(scope="module")
def table(spark, images):
    """The images as the joined features: half of them are tested."""
    features, target = images
    columns = {
        "path": pa.array([f"{number:03}.jpg" for number in range(400)]),
        "label": pa.array([LABELS[side] for side in target]),
        "split": pa.array(["train", "test"] * 200),
        "features": pa.array(list(features.astype(np.float32)), pa.list_(pa.float32())),
    }
    return spark.createDataFrame(pa.table(columns)).repartition(3)


class Wrapped(ClassifierMixin, BaseEstimator):
    """A classifier of ours as scikit-learn wants it."""

    def __init__(self, classifier):
        self.classifier = classifier

    classes_ = np.arange(2)

    def fit(self, *_):
        """Takes the classifier as it is."""
        return self

    def predict(self, features):
        """The class of the highest score."""
        return self.classifier.scores(features).argmax(axis=1)


@pytest.mark.parametrize("seed", [0, 5])
def test_drops_are_those_of_scikit_learn(images, seed):
    features, target = images
    classifier = classifier_of([0.5, 0.6, 1.0])
    expected = permutation_importance(
        Wrapped(classifier), features, target, scoring="accuracy", n_repeats=5, random_state=seed
    )
    found = permutation_drops(classifier, features, target, seed)
    np.testing.assert_allclose(found, expected.importances, atol=1e-12)
    np.testing.assert_allclose(found.std(axis=1), expected.importances_std, atol=1e-12)


def test_the_feature_that_carries_all_is_first_and_costs_every_second_image(table):
    ranked = rank_features(classifier_of([0, 1, 0]), table, JOINED)
    assert [row["feature"] for row in ranked] == ["signal", "noise", "weak"]
    assert ranked[0]["permutation"] == pytest.approx(0.5, abs=0.08)
    assert 0 < ranked[0]["permutation_std"] < 0.08
    assert [row["permutation"] for row in ranked[1:]] == [0, 0]
    assert [row["impurity"] for row in ranked] == [None] * 3
    assert json.loads(json.dumps(ranked, allow_nan=False)) == ranked


def test_features_are_shuffled_before_the_preparation(table):
    """Components mix the features, and importance is of the features nevertheless."""
    turned = Preparation(3, centre=np.zeros(3), components=np.eye(3)[[2, 0, 1]])
    ranked = rank_features(classifier_of([0, 0, 1], turned), table, JOINED)
    assert ranked[0]["feature"] == "signal"
    assert ranked[0]["permutation"] > 0.4


@pytest.fixture(scope="module")
def forest(images):
    """A forest that learned from the images."""
    features, target = images
    return RandomForestClassifier(10, max_features=None, random_state=0).fit(features, target)


def test_trees_have_impurity_beside_permutation(table, forest):
    scaled = Preparation(3, mean=np.zeros(3), deviation=np.ones(3))
    ranked = rank_features(classifier_with(SklearnModel(forest, 2), scaled), table, JOINED)
    assert ranked[0]["feature"] == "signal"
    shares = dict(zip(NAMES, forest.feature_importances_, strict=True))
    assert {row["feature"]: row["impurity"] for row in ranked} == pytest.approx(shares)


def test_of_trees_on_components_no_impurity_is_known(table, forest):
    turned = Preparation(3, centre=np.zeros(3), components=np.eye(3))
    ranked = rank_features(classifier_with(SklearnModel(forest, 2), turned), table, JOINED)
    assert [row["impurity"] for row in ranked] == [None] * 3
    assert ranked[0]["feature"] == "signal"


def test_only_labelled_test_images_count(table, spark):
    """Training images and unlabelled ones would be predicted otherwise."""
    rows = [(f"{n}.jpg", "ab"[n % 2], "train", [0.0, 1.0 - 2 * (n % 2), 0.0]) for n in range(50)]
    rows += [(f"x{n}.jpg", None, "test", [0.0, 1.0, 0.0]) for n in range(50)]
    more = table.unionByName(spark.createDataFrame(rows, SCHEMA))
    classifier = classifier_of([0.5, 0.6, 1.0])
    assert rank_features(classifier, more, JOINED) == rank_features(classifier, table, JOINED)


def test_images_of_classes_that_were_not_trained_do_not_count(table, spark):
    """As those of all classes that are in none of the chosen pairs."""
    rows = [(f"c{n}.jpg", "c", "test", [0.0, 1.0, 0.0]) for n in range(2000)]
    more = table.unionByName(spark.createDataFrame(rows, SCHEMA))
    classifier = classifier_of([0.5, 0.6, 1.0])
    assert rank_features(classifier, more, JOINED) == rank_features(classifier, table, JOINED)
    assert rank_features(classifier, more.where("label = 'c'"), JOINED) == []


@pytest.mark.parametrize(("limit", "most"), [("MOST_IMAGES", 60), ("MOST_SCORES", 120)])
def test_a_large_test_split_is_sampled_by_the_seed(table, monkeypatch, limit, most):
    monkeypatch.setattr(importance, limit, most)
    classifier = classifier_of([0.5, 0.6, 1.0])
    drawn = [rank_features(classifier, table.repartition(n), JOINED, 3) for n in (1, 5)]
    assert drawn[0] == drawn[1]
    features, target = importance._test_images(table, classifier, 3)
    assert features.shape == (60, 3)
    others, _ = importance._test_images(table, classifier, 4)
    assert {*map(tuple, features)} != {*map(tuple, others)}
    np.testing.assert_array_equal(target, features[:, 1] > 0)


def test_thirty_features_are_shown_at_most(spark):
    names = [f"statistic {number}" for number in range(40)]
    joined = {"fingerprint": "0", "parts": [{"columns": names}]}
    rows = [(f"{n}.jpg", "ab"[n % 2], "test", [float(n % 2) - 0.5] * 40) for n in range(8)]
    classifier = classifier_of([0.0] * 39 + [1.0])
    ranked = rank_features(classifier, spark.createDataFrame(rows, SCHEMA), joined)
    assert len(ranked) == 30
    assert ranked[0]["feature"] == "statistic 39"


@pytest.mark.parametrize(
    "joined",
    [
        {"fingerprint": "0", "parts": [{"fingerprint": "0"}]},
        {"fingerprint": "0", "parts": [{"columns": [f"statistic {n}" for n in range(65)]}]},
    ],
    ids=["no names", "too many"],
)
def test_features_without_names_or_too_many_are_not_ranked(table, joined):
    assert rank_features(classifier_of([0, 1, 0]), table, joined) == []


def test_without_a_model_or_a_labelled_test_image_nothing_is_ranked(table):
    manifest = Manifest(featurizer={}, estimator="svm_sgd", strategy="multinomial", reason="none")
    assert rank_features(Classifier(manifest), table, JOINED) == []
    train_only = table.filter("split = 'train'")
    assert rank_features(classifier_of([0, 1, 0]), train_only, JOINED) == []
