"""Logistic regression: its parameters, and that it is scikit-learn's where both have the same."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn import linear_model

from pixelmill.errors import InputError
from pixelmill.estimators import Arrays, ArrayTraining, BinaryProblem, SparkTraining
from pixelmill.estimators._softmax_descent import Loss
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
        {"maxIter": True},
        {"maxIter": 2**31},
        {"family": "gaussian"},
    ],
)
def test_an_impossible_value_is_named(parameters):
    (name, value), *_ = parameters.items()
    message = refusal(parameters)
    assert f"{name} cannot be {value!r}: " in message
    assert "\n" not in message


def scikit_learns(data, **parameters):
    learner = linear_model.LogisticRegression(tol=1e-12, max_iter=1000, **parameters)
    return learner.fit(data.features, data.target, data.weights)


def by_spark(digits):
    """The same images, of which a process may hold none."""
    return digits.with_limit(1)


@pytest.mark.parametrize("family", ["auto", "multinomial"])
@pytest.mark.parametrize("intercept", [True, False])
def test_one_process_learns_what_spark_does(two_digits, family, intercept):
    parameters = {"family": family, "fitIntercept": intercept, "tol": 1e-12, "regParam": 0.02}
    learner = estimator("logistic_regression", parameters)
    fit, of_spark = learner.fit(two_digits.training), learner.fit(by_spark(two_digits))
    two_digits.check_spark_scores(of_spark, "probability")
    assert fit.spark_model is None
    assert fit.parameters == of_spark.parameters
    np.testing.assert_allclose(fit.model.weights, of_spark.model.weights, atol=1e-5)
    np.testing.assert_allclose(fit.model.intercepts, of_spark.model.intercepts, atol=1e-5)


@pytest.mark.parametrize("parameters", [{"standardization": True}, {"elasticNetParam": 0.5}])
def test_other_penalties_are_sparks(two_digits, parameters):
    fit = estimator("logistic_regression", parameters | {"maxIter": 2}).fit(two_digits.training)
    assert fit.spark_model.getMaxIter() == 2


def test_many_classes_have_the_scores_of_spark_and_of_scikit_learn(four_digits):
    learner = estimator("logistic_regression", {"tol": 1e-12})
    expected = scikit_learns(four_digits.data, C=1).predict_proba(four_digits.test)
    of_spark = learner.fit(by_spark(four_digits))
    four_digits.check_spark_scores(of_spark, "probability")
    for fit in (learner.fit(four_digits.training), of_spark, learner.fit(four_digits.arrays)):
        assert fit.parameters["regParam"] == pytest.approx(1 / 240)
        assert fit.warnings == []
        np.testing.assert_allclose(fit.model.scores(four_digits.test), expected, atol=1e-4)


def test_the_default_tolerance_is_as_near_to_the_minimum_as_sparks(four_digits):
    learner = estimator("logistic_regression", {})
    best = estimator("logistic_regression", {"tol": 1e-12}).fit(four_digits.training).model.weights

    def distance(training):
        return np.abs(learner.fit(training).model.weights - best).max()

    assert distance(four_digits.training) <= max(distance(by_spark(four_digits)), 1e-3)


def test_binary_problems_have_scikit_learns_probabilities(four_digits):
    problems = [
        BinaryProblem(positive=2, negative=0),
        BinaryProblem(positive=0, negative=3, balanced=True),
        BinaryProblem(positive=1),
        BinaryProblem(positive=3, balanced=True),
    ]
    learner = estimator("logistic_regression", {"tol": 1e-12})
    for training in (four_digits.training, by_spark(four_digits)):
        for problem, fit in zip(problems, learner.fit_binary(training, problems), strict=True):
            expected = scikit_learns(problem.of(four_digits.data), C=1)
            assert fit.model.classes == 2
            np.testing.assert_allclose(
                fit.model.scores(four_digits.test),
                expected.predict_proba(four_digits.test),
                atol=1e-4,
            )


@given(
    images=st.integers(2, 30),
    classes=st.integers(2, 5),
    penalty=st.floats(0, 1),
    intercepts=st.booleans(),
    seed=st.integers(0, 99),
)
def test_the_gradient_is_that_of_the_loss(images, classes, penalty, intercepts, seed):
    draw = np.random.default_rng(seed)
    target = draw.integers(0, classes, images)
    data = Arrays(draw.normal(size=(images, 3)), target, classes, draw.uniform(0.5, 2, images))
    loss = Loss(data, penalty, intercepts)
    point = draw.normal(size=loss.start().shape)
    steps = 1e-6 * np.eye(len(point))
    slopes = [(loss(point + step)[0] - loss(point - step)[0]) / 2e-6 for step in steps]
    np.testing.assert_allclose(loss(point)[1], slopes, atol=1e-6)


@pytest.mark.parametrize(("scale", "shift"), [(1, 1000), (1e4, 0), (1e-3, 1), (1e15, 0)])
@pytest.mark.parametrize("intercept", [True, False])
def test_features_may_be_of_any_scale(two_digits, scale, shift, intercept):
    """The minimum is that of features of one scale, whose penalty is scaled in their place."""
    data = two_digits.data
    usual = estimator("logistic_regression", {"regParam": 0.1, "fitIntercept": intercept})
    expected = usual.fit(ArrayTraining(data))
    moved = Arrays((data.features + shift * intercept) * scale, data.target, data.classes)
    parameters = {"regParam": 0.1 * scale**2, "fitIntercept": intercept}
    fit = estimator("logistic_regression", parameters).fit(ArrayTraining(moved))
    assert fit.warnings == []
    scores = expected.model.scores(data.features)
    np.testing.assert_allclose(fit.model.scores(moved.features), scores, atol=1e-3)


def with_noise(data):
    """The data with a component too many, of which rounding is all that there is."""
    noise = 1e-15 * np.random.default_rng(0).normal(size=(len(data.features), 1))
    return Arrays(np.hstack([data.features, noise]), data.target, data.classes)


def test_a_feature_that_hardly_varies_changes_nothing(four_digits):
    learner = estimator("logistic_regression", {})
    expected = learner.fit(four_digits.arrays).model.scores(four_digits.data.features)
    data = with_noise(four_digits.data)
    found = learner.fit(ArrayTraining(data)).model.scores(data.features)
    np.testing.assert_allclose(found, expected, atol=1e-3)


def test_spark_that_cannot_take_a_step_is_reported(spark, two_digits):
    data = with_noise(two_digits.data)
    rows = zip(data.features.tolist(), data.target.tolist(), strict=True)
    named = [(f"{number:03}.png", *row) for number, row in enumerate(rows)]
    table = spark.createDataFrame(named, "path string, features array<double>, target int")
    training = SparkTraining(table.coalesce(1), len(named), 2, 65, limit=1)
    fit = estimator("logistic_regression", {}).fit(training)
    training.release()
    assert not fit.model.weights.any()
    (warning,) = fit.warnings
    assert warning.startswith("Logistic regression learned nothing: all weights are 0.")


@pytest.mark.parametrize("training", ["in one process", "by Spark"])
def test_too_few_iterations_are_reported(two_digits, training):
    learner = estimator("logistic_regression", {"maxIter": 1, "regParam": 0.5})
    fit = learner.fit(by_spark(two_digits) if training == "by Spark" else two_digits.training)
    assert fit.parameters["regParam"] == 0.5
    (warning,) = fit.warnings
    assert "did not converge in 1 iterations: raise maxIter" in warning


def test_a_grid_suggests_scikit_learns_where_only_spark_has_the_penalty(two_digits):
    with pytest.raises(InputError, match="cannot be a grid candidate"):
        estimator("logistic_regression", {"elasticNetParam": 0.5}).fit(two_digits.arrays)
