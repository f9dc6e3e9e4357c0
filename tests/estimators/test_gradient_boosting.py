"""Spark ML's gradient boosting: its trees outside Spark give what they give inside."""

import pytest

from pixelmill.errors import InputError
from pixelmill.estimators import BinaryProblem
from pixelmill.estimators.gradient_boosting import estimator


def test_scores_are_the_probabilities_of_spark(two_digits):
    fit = estimator("gradient_boosting", {"maxIter": 6, "maxDepth": 3}).fit(two_digits.training)
    two_digits.check_spark_scores(fit, "probability")
    assert two_digits.accuracy(fit.model) > 0.95


def test_one_class_is_separated_from_the_rest(four_digits):
    problem = BinaryProblem(positive=2, balanced=True)
    learner = estimator("gradient_boosting", {"maxIter": 3, "maxDepth": 3})
    (fit,) = learner.fit_binary(four_digits.training, [problem])
    four_digits.check_spark_scores(fit, "probability")
    predicted = fit.model.scores(four_digits.test).argmax(axis=1) == 1
    assert ((four_digits.target == 2) == predicted).mean() > 0.85


def test_more_classes_are_refused_with_the_strategies_that_serve_them(four_digits):
    with pytest.raises(InputError, match="gradient_boosting separates two classes and there are"):
        estimator("gradient_boosting", {}).fit(four_digits.training)


def test_a_misspelt_parameter_is_answered_with_the_nearest():
    with pytest.raises(InputError, match="did you mean 'stepSize'"):
        estimator("gradient_boosting", {"step_size": 1})
