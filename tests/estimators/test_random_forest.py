"""Spark ML's random forest: its trees outside Spark give what they give inside."""

import numpy as np
import pytest

from pixelmill.errors import InputError
from pixelmill.estimators import BinaryProblem, SparkTraining
from pixelmill.estimators.random_forest import estimator
from tests.estimators.conftest import LIMIT


def test_scores_are_the_probabilities_of_spark(four_digits):
    fit = estimator("random_forest", {"numTrees": 12, "maxDepth": 6}).fit(four_digits.training)
    four_digits.check_spark_scores(fit, "probability")
    assert four_digits.accuracy(fit.model) > 0.93
    assert len(fit.model.roots) == 12
    np.testing.assert_allclose(fit.model.importances, fit.spark_model.featureImportances.toArray())


def test_more_classes_than_spark_counts_by_itself(spark):
    """Spark takes 100 at most where nobody tells how many there are."""
    draw, classes = np.random.default_rng(0), 120
    target = np.arange(3 * classes) % classes
    features = draw.normal(size=(len(target), 4)) + target[:, None]
    rows = [(f"{n:03}.png", row.tolist(), int(target[n])) for n, row in enumerate(features)]
    table = spark.createDataFrame(rows, "path string, features array<double>, target int")
    training = SparkTraining(table.coalesce(1), len(rows), classes, 4, LIMIT)
    fit = estimator("random_forest", {"numTrees": 2}).fit(training)
    training.release()
    assert fit.model.classes == fit.spark_model.numClasses == classes
    assert np.mean(fit.model.scores(features).argmax(axis=1) == target) > 0.3


def test_a_second_fit_is_the_same(two_digits):
    learner = estimator("random_forest", {"numTrees": 3})
    first, second = (learner.fit(two_digits.training).model for _ in range(2))
    np.testing.assert_array_equal(first.scores(two_digits.test), second.scores(two_digits.test))


def test_a_balanced_side_weighs_as_much_as_the_rest(four_digits):
    root_only = estimator("random_forest", {"numTrees": 1, "maxDepth": 0, "bootstrap": False})
    problems = [BinaryProblem(positive=1, balanced=balanced) for balanced in (True, False)]
    balanced, plain = root_only.fit_binary(four_digits.training, problems)
    share = np.mean(four_digits.data.target == 1)
    np.testing.assert_allclose(balanced.model.scores(four_digits.test[:1]), [[0.5, 0.5]])
    np.testing.assert_allclose(plain.model.scores(four_digits.test[:1]), [[1 - share, share]])


def test_every_tree_draws_images_of_a_rare_class(spark):
    rows = [(f"{n:03}.png", [float(n)], int(n < 2)) for n in range(100)]
    table = spark.createDataFrame(rows, "path string, features array<double>, target int")
    training = SparkTraining(table.coalesce(1), len(rows), 2, 1, LIMIT)
    learner = estimator("random_forest", {"numTrees": 20, "maxDepth": 0})
    (fit,) = learner.fit_binary(training, [BinaryProblem(positive=1, balanced=True)])
    training.release()
    shares = fit.model.values[:, 1]
    assert shares.min() > 0.3
    assert shares.mean() == pytest.approx(0.5, abs=0.03)


@pytest.mark.parametrize("strategy", ["auto", "onethird", "0.5", 0.5, 20])
def test_subsets_of_features_are_named_as_spark_names_them(strategy):
    read = estimator("random_forest", {"featureSubsetStrategy": strategy}).parameters
    assert read.feature_subset_strategy == str(strategy)


@pytest.mark.parametrize(
    "parameters",
    [
        {"maxDepth": 31},
        {"numTrees": 0},
        {"featureSubsetStrategy": "half"},
        {"impurity": "variance"},
    ],
)
def test_an_impossible_value_is_named(parameters):
    (name,) = parameters
    with pytest.raises(InputError, match=f"{name} cannot be"):
        estimator("random_forest", parameters)


def test_a_misspelt_parameter_is_answered_with_the_nearest():
    with pytest.raises(InputError, match="did you mean 'numTrees'"):
        estimator("random_forest", {"n_trees": 1})
    with pytest.raises(InputError, match="did you mean 'maxMemoryInMB'"):
        estimator("random_forest", {"maxMemoryInMb": 1})
