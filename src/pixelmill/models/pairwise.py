"""One-vs-one: a model for each pair of classes, and votes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pixelmill.models import ARRAYS, Array, Files, Model, read_arrays, write_arrays
from pixelmill.models._members import Members, gather, members_from_files

# Below what a class gets that loses all its votes, 0 - 1/3; a number that JSON can hold.
UNKNOWN = -1.0
MARGINS_AT_ONCE = 2**22


@dataclass(frozen=True, eq=False)
class PairwiseModel:
    """Each pair's model votes for one of its classes; margins decide between equal votes.

    Attributes:
        classes: Number of classes.
        pairs: int64 [m, 2], the classes of each pair; a positive margin means the second.
        members: The pairs' models.
    """

    classes: int
    pairs: NDArray[np.int64]
    members: Members

    kind = "pairwise"
    probabilities = False

    def margins(self, features: Array) -> Array:
        """Return how far images are on the side of the second class of each pair.

        Args:
            features: float64 [n, d].

        Returns:
            float64 [n, m]; negative on the side of the first class.
        """
        return self.members.margins(features)

    def scores(self, features: Array) -> Array:
        """Return votes of the pairs, and in (-1/3, 1/3) the sum of the margins that breaks ties.

        Source: scikit-learn's `OneVsOneClassifier.decision_function`.

        Args:
            features: float64 [n, d].

        Returns:
            float64 [n, classes]; -1 for classes that are in no pair.
        """
        at_once = max(1, MARGINS_AT_ONCE // len(self.pairs))  # margins are many more than scores
        starts = range(0, max(1, len(features)), at_once)
        parts = [features[start : start + at_once] for start in starts]
        return np.concatenate([self._votes(self.margins(part)) for part in parts])

    def _votes(self, margins: Array) -> Array:
        scores = np.full((len(margins), self.classes), UNKNOWN)
        for label in np.unique(self.pairs):
            # The margins of the label's pairs, turned so that positive is for the label.
            first, second = (self.pairs[:, side] == label for side in (0, 1))
            against, towards = margins[:, first], margins[:, second]
            votes = (against <= 0).sum(axis=1) + (towards > 0).sum(axis=1)
            confidence = towards.sum(axis=1) - against.sum(axis=1)
            # x / (3 (|x| + 1)) rises with x from -1/3 to 1/3: two classes that differ by a vote
            # stay in that order, whatever their margins.
            scores[:, label] = votes + confidence / (3 * (np.abs(confidence) + 1))
        return scores

    def to_files(self) -> Files:
        """Return the content of the model's files by name."""
        arrays = write_arrays(classes=self.classes, pairs=self.pairs)
        return {ARRAYS: arrays, **self.members.to_files()}


def pairwise(classes: int, pairs: Sequence[tuple[int, int]], models: Sequence[Model]) -> Model:
    """Return a model of all classes out of one for each pair.

    Args:
        classes: Number of classes.
        pairs: The first and the second class of each.
        models: Models of the pairs, with the pair's second class as the positive side.
    """
    return PairwiseModel(classes, np.array(pairs, dtype=np.int64), gather(models))


def from_files(files: Mapping[str, bytes], trusted: bool = False) -> PairwiseModel:
    """Return the model of which these are the files."""
    arrays = read_arrays(files[ARRAYS])
    members = members_from_files(files, trusted)
    return PairwiseModel(int(arrays["classes"]), arrays["pairs"], members)
