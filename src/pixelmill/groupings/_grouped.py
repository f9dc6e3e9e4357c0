"""The result of a clustering."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

Rows = NDArray[np.floating]
Clusters = NDArray[np.int32]
Predict = Callable[[Rows], Clusters]

NOISE = -1


@dataclass(frozen=True, eq=False)
class Grouped:
    """Groups of rows.

    Attributes:
        clusters: int32 [n]: 0 is the largest group, -1 is noise.
        parameters: Parameters that were used, defaults included, by the library's own names.
        members: Picklable function from rows [m, d] to their clusters, int32 [m].
        notes: Sentences for the report, as of images that are all noise.
        eps: The distance within which images are neighbours, of DBSCAN.
        k_distances: float64, sorted, 200 at most: the curve that `eps` was read from.
        knee: Position in `k_distances`.
    """

    clusters: Clusters
    parameters: dict[str, Any]
    members: Predict
    notes: list[str] = field(default_factory=list)
    eps: float | None = None
    k_distances: NDArray[np.float64] = field(default_factory=lambda: np.empty(0))
    knee: int | None = None

    def predict(self, rows: Rows) -> Clusters:
        """Tell the groups of rows that were not fitted.

        Args:
            rows: [m, d], finite; m may be 0.

        Returns:
            int32 [m], -1 for noise. The group of a row does not depend on the other rows.
        """
        return self.members(rows)


def by_size(labels: NDArray[np.integer]) -> Clusters:
    """Renumber clusters, the largest first; of equal ones that of the earliest row.

    Args:
        labels: [n], negative for noise.

    Example:
        >>> by_size(np.array([7, 3, -1, 3])).tolist()
        [1, 0, -1, 0]
    """
    names, firsts, sizes = np.unique(labels, return_index=True, return_counts=True)
    groups = names >= 0
    order = np.lexsort((firsts[groups], -sizes[groups]))
    numbers = np.full(len(names), NOISE, np.int32)
    numbers[np.flatnonzero(groups)[order]] = np.arange(len(order))
    return numbers[np.searchsorted(names, labels)]


def remarks(clusters: Clusters) -> list[str]:
    """Return the note on groups that are none."""
    count = clusters.max(initial=NOISE) + 1
    if count == 0:
        return ["no images lie close enough together to make a group: all are noise"]
    if count == 1 and len(clusters) > 1:
        share = np.count_nonzero(clusters == 0)
        return [f"there is one group alone: {share:,} of {len(clusters):,} images are in it"]
    return []
