"""Logistic regression: its parameters, and that it is scikit-learn's where both have the same."""

import numpy as np
import pytest
from sklearn import linear_model

from pixelmill.errors import InputError
from pixelmill.estimators import Training
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


@pytest.fixture(scope="module")
def two_classes(spark):
    """60 images of two classes that overlap: Spark's table, and the same as arrays."""
    from pyspark.ml.linalg import Vectors

    draw = np.random.default_rng(0)
    target = np.arange(60) % 2
    features = draw.normal(size=(60, 5)) + target[:, None]
    rows = [(Vectors.dense(x), float(y)) for x, y in zip(features, target, strict=True)]
    table = spark.createDataFrame(rows, ["features", "target"]).coalesce(1).persist()
    yield Training(table, 60, 2), features, target
    table.unpersist()


def test_two_classes_have_the_coefficients_of_scikit_learn(two_classes):
    training, features, target = two_classes
    fit = estimator("logistic_regression", {"tol": 1e-10}).fit(training)
    expected = linear_model.LogisticRegression(C=1, tol=1e-10).fit(features, target)
    assert fit.parameters["regParam"] == pytest.approx(1 / 60)
    np.testing.assert_allclose(fit.model.coefficients, expected.coef_[0], rtol=1e-4)
    assert fit.model.intercept == pytest.approx(expected.intercept_[0], rel=1e-4)
    assert fit.warnings == []


def test_parameters_reach_spark_and_too_few_iterations_are_told(two_classes):
    training, _, _ = two_classes
    fit = estimator("logistic_regression", {"maxIter": 1, "regParam": 0.5}).fit(training)
    assert (fit.model.getMaxIter(), fit.model.getRegParam()) == (1, 0.5)
    assert fit.parameters["regParam"] == 0.5
    (warning,) = fit.warnings
    assert "did not converge in 1 iterations: raise maxIter" in warning
