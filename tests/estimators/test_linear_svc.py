"""Spark ML's linear support vector machine: its scores are Spark's own, of two classes only."""

import numpy as np
import pytest
from sklearn import svm

from pixelmill.errors import InputError
from pixelmill.estimators import BinaryProblem
from pixelmill.estimators.linear_svc import estimator


def test_scores_are_the_margins_of_spark(two_digits):
    fit = estimator("linear_svc", {"maxIter": 8}).fit(two_digits.training)
    two_digits.check_spark_scores(fit, "rawPrediction")
    assert two_digits.accuracy(fit.model) > 0.98
    assert fit.parameters["regParam"] == pytest.approx(1 / 120)
    (warning,) = fit.warnings
    assert "did not converge in 8 iterations: raise maxIter, or regParam, in" in warning


def loss(weights, intercept, data):
    """What both minimize: the mean hinge loss, and the penalty of regParam 0.1."""
    margins = (data.features @ weights + intercept) * (2 * data.target - 1)
    return np.maximum(0, 1 - margins).mean() + 0.05 * weights @ weights


def test_a_pair_comes_near_the_smallest_loss(four_digits):
    """Not nearer: the optimization, made for smooth functions, ends on the hinge's corners."""
    pair = BinaryProblem(positive=1, negative=2)
    learner = estimator("linear_svc", {"regParam": 0.1})
    (fit,) = learner.fit_binary(four_digits.training, [pair])
    data = pair.of(four_digits.data)
    expected = svm.SVC(kernel="linear", C=10 / len(data.target)).fit(data.features, data.target)
    smallest = loss(expected.coef_[0], expected.intercept_[0], data)
    assert loss(fit.model.weights[1], fit.model.intercepts[1], data) < 1.1 * smallest


def test_more_classes_are_refused_with_the_strategies_that_serve_them(four_digits):
    with pytest.raises(InputError) as error:
        estimator("linear_svc", {}).fit(four_digits.training)
    assert str(error.value) == (
        "modelling.estimator: linear_svc separates two classes and there are 4: set "
        "modelling.strategy to one_vs_rest or one_vs_one"
    )


def test_a_misspelt_parameter_is_answered_with_the_nearest():
    with pytest.raises(InputError, match="did you mean 'regParam'"):
        estimator("linear_svc", {"reg_param": 1})
