"""Quality of clusters, with and without labels, and representative images."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pixelmill.groupings._grouped import NOISE, Rows

SAMPLE = 5000
MEDOID_SAMPLE = 2000


def silhouette(rows: Rows, clusters: NDArray[np.integer], seed: int) -> float | None:
    """Return how much nearer rows are to their own group than to the next, from -1 to 1.

    Args:
        rows: [n, d].
        clusters: int [n]; noise is left out.
        seed: Seed of the sample, which is taken above 5,000 rows.

    Returns:
        The mean of the sample; None where there are not two groups, or no group of two.

    Source: Rousseeuw, Silhouettes: a graphical aid (1987).
    """
    from sklearn.metrics import silhouette_score

    inside = np.flatnonzero(clusters != NOISE)
    if len(inside) > SAMPLE:
        inside = np.sort(np.random.default_rng(seed).choice(inside, SAMPLE, replace=False))
    groups = len(np.unique(clusters[inside]))
    if groups < 2 or groups >= len(inside):
        return None
    return float(silhouette_score(rows[inside], clusters[inside]))


def agreement(
    labels: Sequence[str | None], clusters: NDArray[np.integer]
) -> tuple[float, float] | tuple[None, None]:
    """Return how well groups agree with labels: the adjusted Rand index, and NMI.

    Args:
        labels: Labels of n images; unlabelled images are left out.
        clusters: int [n]; noise counts as one more group.

    Returns:
        Both are 1 for the same division and about 0 for one by chance; None where fewer than two
        images have a label.

    Source: Hubert and Arabie, Comparing partitions (1985); Vinh et al., Information theoretic
        measures for clusterings comparison (2010).

    Example:
        >>> agreement(["cat", "cat", "dog", None], np.array([1, 1, 0, 0]))
        (1.0, 1.0)
    """
    from sklearn.metrics import adjusted_rand_score, normalized_mutual_info_score

    named = np.array([label is not None for label in labels], dtype=bool)
    if np.count_nonzero(named) < 2:
        return None, None
    known = [label for label in labels if label is not None]
    found = clusters[named]
    return (
        float(adjusted_rand_score(known, found)),
        float(normalized_mutual_info_score(known, found)),
    )


def majority_label(labels: Sequence[str | None]) -> str | None:
    """Return the most frequent label, of equally frequent ones the first by alphabet; None without
    any.

    Example:
        >>> majority_label(["dog", None, "cat", "dog"])
        'dog'
    """
    counts = Counter(label for label in labels if label is not None)
    return min(counts, key=lambda label: (-counts[label], label), default=None)


def purity(labels: Sequence[str | None]) -> float | None:
    """Return the share of labelled images that have the most frequent label; None without any.

    Example:
        >>> purity(["dog", None, "cat", "dog", "dog"])
        0.75
    """
    counts = Counter(label for label in labels if label is not None)
    return max(counts.values()) / counts.total() if counts else None


@dataclass(frozen=True)
class Representatives:
    """Rows that represent a group; none of them twice.

    Attributes:
        medoid: Position of the row with the smallest sum of distances to the others.
        typical: Positions of the rows nearest to it, nearest first.
        unusual: Positions of the rows farthest from it, farthest first.
    """

    medoid: int
    typical: list[int]
    unusual: list[int]


def representatives(
    rows: Rows, clusters: NDArray[np.integer], count: int
) -> dict[int, Representatives]:
    """Return the rows that represent each group.

    Args:
        rows: [n, d].
        clusters: int [n]; noise has no representatives.
        count: Typical and unusual rows of a group at most; a small group is divided among them.

    Returns:
        By group, in the order of their numbers.
    """
    order = np.argsort(clusters, kind="stable")
    numbers, starts = np.unique(clusters[order], return_index=True)
    groups = zip(numbers, np.split(order, starts[1:]), strict=True)
    return {
        int(number): _of_group(rows, members, count)
        for number, members in groups
        if number != NOISE
    }


def _of_group(rows: Rows, members: NDArray[np.intp], count: int) -> Representatives:
    inside = np.asarray(rows[members], np.float64)
    medoid = _medoid(inside)
    distances = np.sqrt(np.square(inside - inside[medoid]).sum(axis=1))
    order = np.argsort(distances, kind="stable")
    others = [int(member) for member in members[order[order != medoid]]]
    typical = min(count, (len(others) + 1) // 2)
    unusual = min(count, len(others) - typical)
    return Representatives(
        int(members[medoid]), others[:typical], others[len(others) - unusual :][::-1]
    )


def _medoid(rows: NDArray[np.float64]) -> int:
    """Return the row with the smallest sum of distances, among 2,000 near the mean."""
    from scipy.spatial.distance import cdist

    if len(rows) <= MEDOID_SAMPLE:
        return int(cdist(rows, rows).sum(axis=1).argmin())
    from_mean = np.square(rows - rows.mean(axis=0)).sum(axis=1)
    candidates = np.sort(np.argsort(from_mean, kind="stable")[:MEDOID_SAMPLE])
    against = np.random.default_rng(0).choice(len(rows), MEDOID_SAMPLE, replace=False)
    return int(candidates[cdist(rows[candidates], rows[against]).sum(axis=1).argmin()])
