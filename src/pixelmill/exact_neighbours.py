"""Exact nearest neighbours by Euclidean distance.

In the 50 dimensions that PCA leaves they take less time than an approximate index, and they are
the same whatever the number of threads and however the rows are divided into calls.
"""

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

Indexes = NDArray[np.intp]
Distances = NDArray[np.float64]
Found = tuple[Indexes, Distances]

# Candidates beyond those that are wanted: the fast search rounds in another way for another
# division of rows into calls, and can take one of two almost equal distances for the smaller.
SPARE = 16
FEW_DIMENSIONS = 8  # in which a tree is faster than a product of matrices
BLOCK_BYTES = 64 * 2**20


def neighbours_among(rows: NDArray[np.floating], k: int) -> Found:
    """Return the k nearest others of every row.

    Args:
        rows: float32 or float64 [n, d].
        k: Number of neighbours, 1 to n - 1.

    Returns:
        Positions [n, k] and distances float64 [n, k], nearest first; of equal distances the row
        that comes first.
    """
    found, distances = nearest(rows, rows, min(k + 1, len(rows)))
    others = without_own(found, np.arange(len(rows)))
    return found[others].reshape(-1, k), distances[others].reshape(-1, k)


def without_own(found: Indexes, asking: Indexes) -> NDArray[np.bool_]:
    """Mark all but one of the rows found for each query: those that are not the query itself.

    Args:
        found: Positions [m, k].
        asking: Positions [m] of the queries.

    Returns:
        bool [m, k], k - 1 true in each row. Of many equal rows, a query need not be among its
        own nearest: then the last is left out.
    """
    own = found == asking[:, None]
    own[~own.any(axis=1), -1] = True
    others: NDArray[np.bool_] = ~own
    return others


def nearest(rows: NDArray[np.floating], queries: NDArray[np.floating], k: int) -> Found:
    """Return the k rows nearest to each query.

    Args:
        rows: float32 or float64 [n, d].
        queries: float32 or float64 [m, d].
        k: Number of neighbours, 1 to n.

    Returns:
        Positions [m, k] and distances float64 [m, k], nearest first; of equal distances the row
        that comes first.
    """
    from sklearn.neighbors import NearestNeighbors

    wide = np.asarray(rows, np.float64)
    algorithm = "kd_tree" if rows.shape[1] <= FEW_DIMENSIONS else "brute"
    search = NearestNeighbors(n_neighbors=min(k + SPARE, len(rows)), algorithm=algorithm).fit(wide)
    parts = [_nearest(search, wide, block, k) for block in _blocks(queries, k)]
    return np.concatenate([one[0] for one in parts]), np.concatenate([one[1] for one in parts])


def _nearest(search: Any, rows: Distances, queries: NDArray[np.floating], k: int) -> Found:
    # The search computes |q|² - 2 q·x + |x|², whose rounding depends on the block; the k + SPARE
    # candidates [m, k + SPARE] are ranked again by Σ (x - q)², which does not.
    wide = np.asarray(queries, np.float64)
    candidates = search.kneighbors(wide, return_distance=False)
    candidates.sort(axis=1)
    squares = np.square(rows[candidates] - wide[:, None]).sum(axis=2)
    order = np.argsort(squares, axis=1, kind="stable")[:, :k]
    return (
        np.take_along_axis(candidates, order, axis=1),
        np.sqrt(np.take_along_axis(squares, order, axis=1)),
    )


def _blocks(queries: NDArray[np.floating], k: int) -> Iterator[NDArray[np.floating]]:
    step = max(1, BLOCK_BYTES // (8 * (k + SPARE) * queries.shape[1]))
    for start in range(0, len(queries), step):
        yield queries[start : start + step]
