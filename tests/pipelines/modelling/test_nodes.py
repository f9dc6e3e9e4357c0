"""The modelling nodes on real digits: the same classifier as scikit-learn's, and every odd case."""

import numpy as np
import pyarrow as pa
import pytest
from sklearn.datasets import load_digits
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from pixelmill.datasets.feature_sets import FeatureSet
from pixelmill.errors import InputError
from pixelmill.parameters import ModellingParameters
from pixelmill.pipelines.modelling.nodes import (
    join_features,
    predict_test_images,
    train_classifier,
)
from tests.pipelines.modelling.labelled import FEATURIZER, PART

WANTED = ModellingParameters()
SCHEMA = "path string, label string, split string"


def features_table(spark, paths, features, errors=None):
    """A table as the featurization writes it: a vector of float32, or an error."""
    errors = errors or [None] * len(paths)
    columns = {
        "path": pa.array(paths, pa.string()),
        "features": pa.array(features, pa.list_(pa.float32())),
        "error": pa.array(errors, pa.string()),
    }
    return spark.createDataFrame(pa.table(columns))


def labelled_by(splits, features):
    """The node that joins, for one set of features."""
    sets = [FeatureSet(PART, lambda: features)]
    return join_features(splits, features, PART, sets, WANTED)


@pytest.fixture(scope="module")
def digits():
    """500 of scikit-learn's digits: 64 pixels and labels; the first 350 are for training."""
    pixels, labels = load_digits(return_X_y=True)
    return pixels[:500], labels[:500].astype(str)


@pytest.fixture(scope="module")
def joined(spark, digits):
    """The digits as the node that trains gets them."""
    pixels, labels = digits
    paths = [f"{label}/{number:04d}.png" for number, label in enumerate(labels)]
    sides = np.where(np.arange(500) < 350, "train", "test")
    rows = [tuple(map(str, row)) for row in zip(paths, labels, sides, strict=True)]
    features = features_table(spark, paths, list(pixels))
    table = labelled_by(spark.createDataFrame(rows, SCHEMA), features)[0].persist()
    yield table
    table.unpersist()


@pytest.fixture(scope="module")
def trained(joined):
    """The classifier of the digits and its summary."""
    return train_classifier(joined, FEATURIZER, ModellingParameters())


@pytest.fixture(scope="module")
def predictions(trained, joined):
    """The rows of `predictions`, in the order of the digits."""
    rows = predict_test_images(trained[0], joined, FEATURIZER, WANTED).collect()
    return sorted(rows, key=lambda row: row["path"].partition("/")[2])


@pytest.fixture(scope="module")
def reference(digits):
    """scikit-learn's classifier of the same training images, run to the very optimum.

    At its default tolerance it stops 0.03 short of its own optimum in some probabilities.
    """
    pixels, labels = digits
    estimator = LogisticRegression(C=1, max_iter=5000, tol=1e-10)
    return make_pipeline(StandardScaler(), estimator).fit(pixels[:350], labels[:350])


def test_predictions_are_those_of_scikit_learn(predictions, reference, digits):
    pixels, labels = digits
    predicted = np.array([row["prediction"] for row in predictions])
    assert [row["label"] for row in predictions] == list(labels[350:])
    assert np.mean(predicted == reference.predict(pixels[350:])) > 0.98
    assert np.mean(predicted == labels[350:]) > 0.8  # these 150 are of other writers


def test_scores_are_the_probabilities_of_scikit_learn(predictions, reference, digits):
    scores = np.array([row["scores"] for row in predictions])
    np.testing.assert_allclose(scores, reference.predict_proba(digits[0][350:]), atol=0.003)
    np.testing.assert_allclose(scores.sum(axis=1), 1)


def test_the_prediction_is_the_label_of_the_highest_score(trained, predictions):
    labels = trained[0].manifest.labels
    assert labels == sorted("0123456789")
    assert all(row["prediction"] == labels[int(np.argmax(row["scores"]))] for row in predictions)


def test_the_summary_says_what_was_trained(trained):
    _, summary = trained
    assert summary.pop("seconds") > 0
    assert summary.pop("parameters")["regParam"] == pytest.approx(1 / 350)
    assert sum(summary.pop("train_by_class").values()) == 350
    assert summary.pop("identity") == trained[0].manifest.identity
    assert summary == {
        "trained": True,
        "reason": None,
        "estimator": "logistic_regression",
        "strategy": "multinomial",
        "pairs": None,
        "labels": list("0123456789"),
        "train": 350,
        "probabilities": True,
        "features": ["pixels"],
        "preparation": {"scale": True, "normalize": False, "pca": None},
        "components": None,
        "variance_share": None,
        "warnings": [],
    }


def test_the_driver_trains_and_predicts_what_spark_does(trained, joined, predictions):
    few = joined.toArrow()
    classifier, summary = train_classifier(few, FEATURIZER, ModellingParameters())
    same = trained[1].keys() - {"identity", "seconds"}  # the former changes with the rounding
    assert {name: summary[name] for name in same} == {name: trained[1][name] for name in same}
    found = {row["path"]: row for row in
             predict_test_images(classifier, few, FEATURIZER, WANTED).to_pylist()}  # fmt: skip
    assert found.keys() == {row["path"] for row in predictions}
    for row in predictions:
        assert found[row["path"]]["prediction"] == row["prediction"]
        np.testing.assert_allclose(found[row["path"]]["scores"], row["scores"], rtol=1e-6)


def test_the_manifest_says_which_features_it_takes(trained):
    manifest = trained[0].manifest
    assert manifest.dimension == 64
    assert manifest.featurizer == FEATURIZER
    assert {"python", "pyspark", "pixelmill"} <= set(manifest.versions)


def test_the_scaler_knows_the_training_images_only(trained, digits):
    preparation, training = trained[0].preparation, digits[0][:350]
    spread = training.std(axis=0)
    np.testing.assert_allclose(preparation.mean, training.mean(axis=0), rtol=1e-6)
    np.testing.assert_allclose(preparation.deviation, np.where(spread, spread, 1), rtol=1e-6)


def test_other_features_than_the_classifiers_are_refused(trained, joined):
    other = {"fingerprint": "fedcba9876543210"}
    with pytest.raises(InputError, match=r"0123456789abcdef, and these are of fedcba9876543210"):
        predict_test_images(trained[0], joined, other, WANTED)


def test_only_images_of_the_index_with_features_are_joined(spark):
    splits = [("a/1.jpg", "a", "train"), ("a/2.jpg", "a", "test"), ("b/3.jpg", None, "test")]
    features = features_table(
        spark,
        ["a/1.jpg", "a/2.jpg", "b/3.jpg", "gone.jpg"],
        [[1.0, 2.0], None, [3.0, 4.0], [5.0, 6.0]],
        [None, "truncated: 3 of 9 kB", None, None],
    )
    joined, description = labelled_by(spark.createDataFrame(splits, SCHEMA), features)
    assert description == FEATURIZER
    assert joined.columns == ["path", "label", "split", "features"]
    assert sorted(map(tuple, joined.collect())) == [
        ("a/1.jpg", "a", "train", [1.0, 2.0]),
        ("b/3.jpg", None, "test", [3.0, 4.0]),
    ]
