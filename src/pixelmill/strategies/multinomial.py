"""One estimator for all classes."""

from collections.abc import Sequence
from dataclasses import dataclass

from pixelmill.estimators import Estimator, Fit, Training
from pixelmill.parameters import ModellingParameters


@dataclass(frozen=True)
class Multinomial:
    """Leaves all classes to one fit of the estimator."""

    estimator: Estimator

    def fit(self, training: Training, labels: Sequence[str]) -> Fit:  # noqa: ARG002
        """Learn all classes at once.

        Args:
            training: Prepared features and their classes.
            labels: Class labels; unused by this strategy.
        """
        return self.estimator.fit(training)


def strategy(estimator: Estimator, modelling: ModellingParameters) -> Multinomial:  # noqa: ARG001
    """Return the strategy over an estimator of several classes."""
    return Multinomial(estimator)
