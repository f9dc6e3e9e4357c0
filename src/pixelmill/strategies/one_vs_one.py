"""One fit for each pair of classes, on the images of these two."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

from pixelmill.errors import InputError
from pixelmill.estimators import BinaryProblem, Estimator, Fit, Training
from pixelmill.models.pairwise import pairwise
from pixelmill.parameters import ModellingParameters
from pixelmill.parameters.method import nearest
from pixelmill.strategies._collecting import collect

Pair = tuple[str, str]


@dataclass(frozen=True)
class OneVsOne:
    """Tells every pair of classes apart, or chosen pairs; predicts by votes.

    Attributes:
        estimator: Estimator that separates two classes.
        pairs: Pairs of labels; None is every pair.
    """

    estimator: Estimator
    pairs: tuple[Pair, ...] | None = None

    def fit(self, training: Training, labels: Sequence[str]) -> Fit:
        """Learn each pair.

        Args:
            training: Prepared features and their classes.
            labels: Class labels, in their order.

        Raises:
            InputError: If a pair names a label that no class has.
        """
        pairs = self._positions(labels)
        problems = [BinaryProblem(positive=second, negative=first) for first, second in pairs]
        fits = self.estimator.fit_binary(training, problems)
        model = pairwise(len(labels), pairs, [fit.model for fit in fits])
        return collect(model, fits, _left_out(pairs, labels))

    def _positions(self, labels: Sequence[str]) -> list[tuple[int, int]]:
        """Return the pairs as positions of their labels, each once, the smaller position first."""
        if self.pairs is None:
            return list(combinations(range(len(labels)), 2))
        found = [sorted(_position(label, labels) for label in pair) for pair in self.pairs]
        return sorted({(first, second) for first, second in found})


def strategy(estimator: Estimator, modelling: ModellingParameters) -> OneVsOne:
    """Return the strategy over an estimator of two classes.

    Args:
        estimator: Estimator that separates two classes.
        modelling: Parameters, with `pairs`.

    Raises:
        InputError: If one is of a class with itself.
    """
    pairs = modelling.pairs
    for first, second in pairs or ():
        if first == second:
            raise InputError(
                f"modelling.pairs: [{first}, {second}] is a class and itself: name two classes"
            )
    return OneVsOne(estimator, None if pairs is None else tuple(pairs))


def _position(label: str, labels: Sequence[str]) -> int:
    if label not in labels:
        hint = nearest(label, labels)
        raise InputError(f"modelling.pairs: no training image is labelled '{label}'; {hint}")
    return labels.index(label)


def _left_out(pairs: Sequence[tuple[int, int]], labels: Sequence[str]) -> list[str]:
    unknown = len(labels) - len({position for pair in pairs for position in pair})
    if not unknown:
        return []
    return [f"{unknown:,} of {len(labels):,} classes are in no pair, and are never predicted."]
