"""Estimators are found by name; what does not exist is one sentence with the nearest name."""

import pytest

from pixelmill.errors import InputError
from pixelmill.estimators import find_estimator
from pixelmill.estimators.logistic_regression import LogisticRegression
from pixelmill.estimators.sklearn import SklearnEstimator

CHOICE = (
    "choose from gradient_boosting, linear_svc, logistic_regression, multilayer_perceptron, "
    "random_forest, sklearn, svm_sgd, svm_sgd_mllib"
)


def test_a_module_is_found_by_its_name():
    assert isinstance(find_estimator("logistic_regression", {}), LogisticRegression)


def test_a_name_with_dots_belongs_to_the_module_of_its_first_part():
    assert isinstance(find_estimator("sklearn.svm.SVC", {}), SklearnEstimator)


@pytest.mark.parametrize(
    ("name", "answer"),
    [
        ("logistic_regresion", "did you mean 'logistic_regression'?"),
        ("oracle", CHOICE),
        ("_parameters", CHOICE),
        ("", CHOICE),
    ],
)
def test_an_unknown_name_is_answered_with_the_nearest(name, answer):
    with pytest.raises(InputError) as error:
        find_estimator(name, {})
    assert str(error.value) == f"modelling.estimator: there is no '{name}'; {answer}"
