"""Estimators are found by name; what does not exist is one sentence with the nearest name."""

import pytest

from pixelmill.errors import InputError
from pixelmill.estimators import find_estimator
from pixelmill.estimators.logistic_regression import LogisticRegression


def test_a_module_is_found_by_its_name():
    assert isinstance(find_estimator("logistic_regression", {}), LogisticRegression)


@pytest.mark.parametrize(
    ("name", "answer"),
    [
        ("logistic_regresion", "did you mean 'logistic_regression'?"),
        ("oracle", "choose from logistic_regression"),
        ("_parameters", "choose from logistic_regression"),
        ("", "choose from logistic_regression"),
    ],
)
def test_an_unknown_name_is_answered_with_the_nearest(name, answer):
    with pytest.raises(InputError) as error:
        find_estimator(name, {})
    assert str(error.value) == f"modelling.estimator: there is no '{name}'; {answer}"
