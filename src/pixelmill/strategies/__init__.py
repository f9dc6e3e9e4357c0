"""Division of classes among estimators: one module for each strategy, found by name.

A module `pixelmill.strategies.<name>` has a function `strategy(estimator, modelling)`, which
returns a `Strategy`, and takes from the parameters what concerns it.
"""

from collections.abc import Sequence
from typing import Protocol

from pixelmill.estimators import Estimator, Fit, Training, find_estimator, find_module
from pixelmill.parameters import ModellingParameters


class Strategy(Protocol):
    """Makes one classifier of all classes out of fits of an estimator."""

    def fit(self, training: Training, labels: Sequence[str]) -> Fit:
        """Learn from labelled features.

        Args:
            training: Prepared features and their classes.
            labels: Class labels, in their order.
        """
        ...


def find_strategy(modelling: ModellingParameters) -> Strategy:
    """Return the strategy and its estimator as the parameters name them, without starting Spark.

    Args:
        modelling: Names of both, and the estimator's parameters.

    Raises:
        InputError: For a name or a parameter that does not exist, or an impossible value.
    """
    module = find_module(__name__, "modelling.strategy", modelling.strategy)
    estimator: Estimator = find_estimator(modelling.estimator, modelling.parameters)
    found: Strategy = module.strategy(estimator, modelling)
    return found
