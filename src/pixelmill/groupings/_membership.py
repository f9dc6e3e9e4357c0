"""Clusters of rows that were not fitted: that of the nearest fitted row, if it is near."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pixelmill.exact_neighbours import nearest
from pixelmill.groupings._grouped import NOISE, Clusters, Rows


@dataclass(frozen=True, eq=False)
class NearestMember:
    """Tells groups by the nearest fitted row.

    Attributes:
        rows: [u, d], those of the fitted rows that draw others into their group; u may be 0.
        clusters: int32 [u], their groups.
        reach: float64, for each group the distance from it beyond which a row is noise.
    """

    rows: Rows
    clusters: Clusters
    reach: NDArray[np.float64]

    def __call__(self, rows: Rows) -> Clusters:
        """Return int32 [m] of rows [m, d]."""
        if len(self.rows) == 0 or len(rows) == 0:
            return np.full(len(rows), NOISE, np.int32)
        found, distances = nearest(self.rows, rows, 1)
        clusters = self.clusters[found[:, 0]]
        near = distances[:, 0] <= self.reach[clusters]
        return np.where(near, clusters, NOISE).astype(np.int32)
