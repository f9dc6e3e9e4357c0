"""Which pairs of images are worth a close look: near neighbours among some numbers of each.

Up to 50,000 images every pair is compared, by blocked matrix products; beyond, an HNSW index
finds the neighbours in bounded memory.

Source: Malkov and Yashunin, Efficient and Robust Approximate Nearest Neighbor Search Using
Hierarchical Navigable Small World Graphs, 2018.
"""

from functools import cache

import numpy as np
from numpy.typing import NDArray

from pixelmill.duplicates.pictures import Pictures, Positions
from pixelmill.featurizers.picture_signature import LUMA

NEIGHBOURS = 16
EXACT = 50_000
BLOCK = 1024  # queries at once: with 50,000 images 200 MB of products
FREQUENCIES = 12
# Photographs have ever less power at higher frequencies; this gives all of them a say.
EMPHASIS = 0.75

Rows = NDArray[np.float32]
Pairs = NDArray[np.intp]


def describe(pictures: Pictures, positions: Positions) -> Rows:
    """The lower frequencies of the lumas, by which copies are near each other.

    Args:
        pictures: The images.
        positions: Of those to describe, intp [m].

    Returns:
        float32 [m, 143], each of length 1.
    """
    cosines, emphasis = _cosines(), _emphasis()
    rows = np.empty((len(positions), FREQUENCIES**2 - 1), np.float32)
    for start in range(0, len(positions), BLOCK):
        luma = pictures.luma(positions[start : start + BLOCK])
        found = (cosines @ luma @ cosines.T) * emphasis
        rows[start : start + BLOCK] = found.reshape(len(luma), -1)[:, 1:]  # but for the mean
    return unit_rows(rows)


def unit_rows(rows: Rows) -> Rows:
    """Gives each row the length 1, in place; rows of zeros stay."""
    rows /= np.linalg.norm(rows, axis=1, keepdims=True) + 1e-6
    return rows


def near_pairs(rows: Rows, queries: Positions, least: float, exact: int = EXACT) -> Pairs:
    """The nearest neighbours of some rows among all of them.

    Args:
        rows: float32 [n, d], each of length 1.
        queries: Positions of the rows whose neighbours are wanted, intp [q].
        least: Cosine from which on a neighbour counts.
        exact: Rows up to which every pair is compared.

    Returns:
        intp [m, 2]: pairs of positions, the smaller first, each pair once, in order.
    """
    if len(rows) < 2 or not len(queries):
        return np.empty((0, 2), np.intp)
    find = _compared if len(rows) <= exact else _indexed
    pairs = find(rows, queries, least)
    pairs = pairs[pairs[:, 0] != pairs[:, 1]]
    return np.unique(np.sort(pairs, axis=1), axis=0)


def _compared(rows: Rows, queries: Positions, least: float) -> Pairs:
    found = []
    for start in range(0, len(queries), BLOCK):
        block = queries[start : start + BLOCK]
        cosines = rows[block] @ rows.T
        cosines[np.arange(len(block)), block] = -1  # itself
        near = cosines >= least
        for crowded in np.flatnonzero(near.sum(axis=1) > NEIGHBOURS):
            nearest = np.partition(cosines[crowded], -NEIGHBOURS)[-NEIGHBOURS]
            near[crowded] = cosines[crowded] >= nearest
        query, neighbour = np.nonzero(near)
        found.append(np.stack([block[query], neighbour], axis=1))
    return np.concatenate(found)


def _indexed(rows: Rows, queries: Positions, least: float) -> Pairs:
    from usearch.index import Index

    index = Index(ndim=rows.shape[1], metric="cos", dtype="f16", expansion_search=64)
    index.add(np.arange(len(rows)), rows)
    found = []
    for start in range(0, len(queries), BLOCK):
        block = queries[start : start + BLOCK]
        matches = index.search(rows[block], NEIGHBOURS + 1)
        near = np.atleast_2d(matches.distances) <= 1 - least
        query, place = np.nonzero(near)
        neighbours = np.atleast_2d(matches.keys)[query, place].astype(np.intp)
        found.append(np.stack([block[query], neighbours], axis=1))
    return np.concatenate(found)


@cache
def _cosines() -> Rows:
    """The first cosines of a side, float32 [12, 64], of length 1."""
    places = (np.arange(LUMA) + 0.5) * np.pi / LUMA
    waves = np.cos(np.arange(FREQUENCIES)[:, None] * places)
    cosines: Rows = (waves / np.linalg.norm(waves, axis=1, keepdims=True)).astype(np.float32)
    return cosines


@cache
def _emphasis() -> Rows:
    across, down = np.mgrid[:FREQUENCIES, :FREQUENCIES]
    weights: Rows = (np.hypot(across, down) ** EMPHASIS).astype(np.float32)
    return weights
