"""Quality of a map: how well it keeps neighbourhoods."""

from collections import Counter
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from pixelmill.exact_neighbours import nearest, without_own
from pixelmill.projections._projected import Coordinates

SAMPLE = 3000  # the measure takes the square of it in time and memory
QUERIES = 5000


def trustworthiness(
    rows: NDArray[np.floating], coordinates: Coordinates, seed: int
) -> float | None:
    """Return the share of near images on the map that are also near by their features, by rank.

    Args:
        rows: float32 or float64 [n, k].
        coordinates: float64 [n, 2], of the same images.
        seed: Seed of the sample, which is taken above 3,000 images.

    Returns:
        From 0 to 1, of 5 neighbours (fewer below 12 images); None below 4 images.

    Source: Venna and Kaski, Neighborhood preservation in nonlinear projection methods (2001).
    """
    from sklearn.manifold import trustworthiness as share

    if len(rows) < 4:
        return None
    some = _sample(len(rows), SAMPLE, seed)
    k = min(5, (len(some) - 1) // 2)
    return float(share(rows[some], coordinates[some], n_neighbors=k))


def neighbour_count(labels: Sequence[str | None], k: int) -> int:
    """Return how many neighbours of an image are compared: k, or all others where they are fewer.

    Args:
        labels: Labels of all images; unlabelled images do not count.
        k: Neighbours wanted.

    Returns:
        At least 1.

    Example:
        >>> neighbour_count(["a", "a", None, "b"], 10)
        2
    """
    return max(1, min(k, sum(label is not None for label in labels) - 1))


def label_agreement(
    rows: NDArray[np.floating], labels: Sequence[str | None], k: int, seed: int
) -> float | None:
    """Return the share of the k nearest neighbours that have the same label.

    Args:
        rows: [n, d]: features, or places on the map.
        labels: Labels of n images; unlabelled images neither query nor count as neighbours.
        k: Neighbours of each image, all others where there are fewer.
        seed: Seed of the 5,000 query images, where there are more.

    Returns:
        From 0 to 1; None where fewer than two images have a label.

    Example:
        >>> label_agreement(np.float32([[0], [1], [9], [10]]), ["a", "a", "b", None], 1, 0)
        0.6666666666666666
    """
    named = np.array([label is not None for label in labels], dtype=bool)
    if np.count_nonzero(named) < 2:
        return None
    known = np.ascontiguousarray(rows[named])
    codes = np.unique([str(label) for label in labels if label is not None], return_inverse=True)[1]
    asking = _sample(len(known), QUERIES, seed)
    k = neighbour_count(labels, k)
    found, _ = nearest(known, known[asking], k + 1)
    others = found[without_own(found, asking)].reshape(len(found), k)
    return float((codes[others] == codes[asking][:, None]).mean())


def most_agreement(labels: Sequence[str | None], k: int) -> float | None:
    """Return what `label_agreement` would be if no other label came between: small classes run out.

    Args:
        labels: Labels of all images; unlabelled images are left out.
        k: Neighbours of each image, all others where there are fewer.

    Returns:
        From 0 to 1; None where fewer than two images have a label.

    Example:
        >>> most_agreement(["a", "a", "a", "b", "b", "b"], 4)
        0.5
    """
    sizes = list(Counter(label for label in labels if label is not None).values())
    known = sum(sizes)
    if known < 2:
        return None
    k = neighbour_count(labels, k)
    # An image of a class of `size` images has at most size - 1 neighbours of its label.
    return sum(size * min(k, size - 1) for size in sizes) / (known * k)


def _sample(count: int, size: int, seed: int) -> NDArray[np.intp]:
    if count <= size:
        return np.arange(count)
    return np.sort(np.random.default_rng(seed).choice(count, size, replace=False))
