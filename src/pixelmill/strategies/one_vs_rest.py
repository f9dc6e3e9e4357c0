"""One fit for each class against all others."""

from collections.abc import Sequence
from dataclasses import dataclass

from pixelmill.estimators import BinaryProblem, Estimator, Fit, Training
from pixelmill.models.one_vs_rest import one_vs_rest
from pixelmill.parameters import ModellingParameters
from pixelmill.strategies._collecting import collect


@dataclass(frozen=True)
class OneVsRest:
    """Tells each class from the rest; predicts the class that is surest.

    Attributes:
        estimator: Estimator that separates two sides.
        balance: Whether a class weighs as much as the rest.
    """

    estimator: Estimator
    balance: bool = True

    def fit(self, training: Training, labels: Sequence[str]) -> Fit:
        """Learn each class.

        Args:
            training: Prepared features and their classes.
            labels: Class labels, in their order.
        """
        problems = [
            BinaryProblem(positive, balanced=self.balance) for positive in range(len(labels))
        ]
        fits = self.estimator.fit_binary(training, problems)
        return collect(one_vs_rest([fit.model for fit in fits]), fits)


def strategy(estimator: Estimator, modelling: ModellingParameters) -> OneVsRest:
    """Return the strategy over an estimator of two sides, with the parameters' `balance`."""
    return OneVsRest(estimator, modelling.balance)
