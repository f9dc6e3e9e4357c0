"""Fitted rows and their places, by which other rows are placed."""

from dataclasses import dataclass

import numpy as np

from pixelmill.exact_neighbours import Found, nearest
from pixelmill.projections._projected import Coordinates, Rows


@dataclass(frozen=True, eq=False)
class Reference:
    """The fitted rows and their places; equal rows are one.

    Attributes:
        rows: float32 [u, d], no two equal.
        coordinates: float64 [u, 2]; of equal rows the mean of their places.
    """

    rows: Rows
    coordinates: Coordinates

    @classmethod
    def of(cls, rows: Rows, coordinates: Coordinates) -> "Reference":
        """Return the reference of rows float32 [n, d] and their places float64 [n, 2]."""
        unique, group = np.unique(rows, axis=0, return_inverse=True)
        sums = np.zeros((len(unique), 2))
        np.add.at(sums, group.ravel(), coordinates)
        return cls(unique, sums / np.bincount(group.ravel())[:, None])

    def nearest(self, queries: Rows, k: int) -> Found:
        """Return the k nearest at most: positions and distances [m, min(k, u)]."""
        return nearest(self.rows, queries, min(k, len(self.rows)))
