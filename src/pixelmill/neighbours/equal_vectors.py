"""Images of equal vectors: the graph holds one of each, which stands for all.

Equal vectors are linked to each other, since nothing is nearer: of thousands, most would be reached
by no link from anywhere else.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pixelmill.neighbours.graph import Keys

Places = NDArray[np.int64]


def first_keys(keys: Keys, checksums: NDArray[np.uint64]) -> Keys:
    """Return the first key of each vector.

    Args:
        keys: uint64 [n], rising.
        checksums: Checksums of the vectors, uint64 [n].

    Returns:
        uint64 [at most n], rising.
    """
    _, first = np.unique(checksums, return_index=True)
    return np.asarray(keys[np.sort(first)], np.uint64)


class EqualVectors:
    """Finds the images whose vectors are equal, by their places."""

    def __init__(self, checksums: NDArray[np.uint64]) -> None:
        """Sort the places.

        Args:
            checksums: Checksums of the vectors, uint64 [n].
        """
        self._checksums = checksums
        self._places = np.argsort(checksums, kind="stable")
        self._sorted = checksums[self._places]

    def extended(
        self, places: Places, distances: NDArray[np.float64], most: int
    ) -> tuple[Places, NDArray[np.float64]]:
        """Put all images of equal vectors in the place of each.

        Args:
            places: int64 [m], of different vectors.
            distances: Distances from a query, float64 [m], rising.
            most: Number of images at most.

        Returns:
            Places and distances of the images.
        """
        wanted = self._checksums[places]
        starts, ends = (np.searchsorted(self._sorted, wanted, side) for side in ("left", "right"))
        counts = np.minimum(ends - starts, most)
        firsts = np.repeat(starts - (counts.cumsum() - counts), counts)
        at = firsts + np.arange(counts.sum())
        return self._places[at][:most], np.repeat(distances, counts)[:most]
