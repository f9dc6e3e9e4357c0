"""The strategy of one estimator for all classes, and how strategies are found."""

import pytest

from pixelmill.errors import InputError
from pixelmill.estimators.logistic_regression import estimator
from pixelmill.parameters import ModellingParameters
from pixelmill.strategies import find_strategy
from pixelmill.strategies.multinomial import Multinomial


def test_the_default_parameters_name_logistic_regression_of_all_classes():
    assert find_strategy(ModellingParameters()) == Multinomial(estimator("logistic_regression", {}))


def test_the_estimator_gets_the_users_parameters():
    found = find_strategy(ModellingParameters(parameters={"maxIter": 7}))
    assert found.estimator.parameters.max_iter == 7


def test_an_unknown_strategy_is_answered_with_the_nearest():
    with pytest.raises(InputError) as error:
        find_strategy(ModellingParameters(strategy="multinominal"))
    assert str(error.value) == (
        "modelling.strategy: there is no 'multinominal'; did you mean 'multinomial'?"
    )


def test_an_estimators_refusal_comes_before_any_work():
    with pytest.raises(InputError, match="did you mean 'maxIter'"):
        find_strategy(ModellingParameters(parameters={"maxiter": 7}))
