"""Logistic regression: its parameters, and that it is scikit-learn's where both have the same."""

import numpy as np
import pytest
from sklearn import linear_model

from pixelmill.errors import InputError
from pixelmill.estimators import BinaryProblem
from pixelmill.estimators.logistic_regression import estimator


def refusal(parameters):
    with pytest.raises(InputError) as error:
        estimator("logistic_regression", parameters)
    return str(error.value)


def test_a_misspelt_parameter_is_answered_with_the_nearest():
    assert refusal({"maxIters": 5}) == (
        "modelling.parameters of logistic_regression: there is no parameter 'maxIters'; "
        "did you mean 'maxIter'?"
    )


def test_the_names_are_spark_mls_own():
    assert "choose from elasticNetParam, family, fitIntercept, maxIter, regParam" in refusal(
        {"C": 1}
    )
    assert "there is no parameter 'reg_param'; did you mean 'regParam'?" in refusal(
        {"reg_param": 1}
    )


@pytest.mark.parametrize(
    "parameters",
    [
        {"regParam": -0.1},
        {"regParam": float("nan")},
        {"elasticNetParam": 1.5},
        {"maxIter": 0},
        {"maxIter": "many"},
        {"family": "gaussian"},
    ],
)
def test_an_impossible_value_is_named(parameters):
    (name, value), *_ = parameters.items()
    message = refusal(parameters)
    assert f"{name} cannot be {value!r}: " in message
    assert "\n" not in message


@pytest.mark.parametrize("family", ["auto", "multinomial"])
def test_two_classes_have_the_scores_of_spark(two_digits, family):
    fit = estimator("logistic_regression", {"family": family}).fit(two_digits.training)
    two_digits.check_spark_scores(fit, "probability")


def scikit_learns(data, **parameters):
    learner = linear_model.LogisticRegression(tol=1e-12, max_iter=1000, **parameters)
    return learner.fit(data.features, data.target, data.weights)


def test_many_classes_have_the_scores_of_spark_and_of_scikit_learn(four_digits):
    fit = estimator("logistic_regression", {"tol": 1e-12}).fit(four_digits.training)
    four_digits.check_spark_scores(fit, "probability")
    expected = scikit_learns(four_digits.data, C=1)
    assert fit.parameters["regParam"] == pytest.approx(1 / 240)
    assert fit.warnings == []
    np.testing.assert_allclose(
        fit.model.scores(four_digits.test), expected.predict_proba(four_digits.test), atol=1e-4
    )


def test_two_sides_have_the_probabilities_of_scikit_learn_in_the_order_of_the_problems(four_digits):
    problems = [
        BinaryProblem(positive=2, negative=0),
        BinaryProblem(positive=0, negative=3, balanced=True),
        BinaryProblem(positive=1),
        BinaryProblem(positive=3, balanced=True),
    ]
    learner = estimator("logistic_regression", {"tol": 1e-12})
    fits = learner.fit_binary(four_digits.training, problems)
    for problem, fit in zip(problems, fits, strict=True):
        expected = scikit_learns(problem.of(four_digits.data), C=1)
        assert fit.model.classes == 2
        np.testing.assert_allclose(
            fit.model.scores(four_digits.test), expected.predict_proba(four_digits.test), atol=1e-4
        )


def test_parameters_reach_spark_and_too_few_iterations_are_told(two_digits):
    fit = estimator("logistic_regression", {"maxIter": 1, "regParam": 0.5}).fit(two_digits.training)
    assert (fit.spark_model.getMaxIter(), fit.spark_model.getRegParam()) == (1, 0.5)
    assert fit.parameters["regParam"] == 0.5
    (warning,) = fit.warnings
    assert "did not converge in 1 iterations: raise maxIter" in warning


def test_a_grid_is_told_to_take_scikit_learns(two_digits):
    with pytest.raises(InputError, match="cannot be a point of a grid"):
        estimator("logistic_regression", {}).fit(two_digits.arrays)
