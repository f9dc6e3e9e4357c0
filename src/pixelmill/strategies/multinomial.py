"""One estimator that knows all classes."""

from dataclasses import dataclass

from pixelmill.estimators import Estimator, Fit, Training


@dataclass(frozen=True)
class Multinomial:
    """Leaves all classes to one fit of the estimator."""

    estimator: Estimator

    def fit(self, training: Training) -> Fit:
        """Learns all classes at once.

        Args:
            training: Scaled features and their classes.
        """
        return self.estimator.fit(training)


def strategy(estimator: Estimator) -> Multinomial:
    """The strategy over an estimator of several classes."""
    return Multinomial(estimator)
