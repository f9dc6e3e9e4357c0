"""Candidate pairs for a comparison: near neighbours by several descriptors of each image.

Up to 10,000 images every pair is compared, by blocked matrix products; beyond, an HNSW index
finds the neighbours in bounded memory. Of these, smooth pictures are near each other by their
outlines alone, which any two skies share: a pair counts where a view agrees in its upper
frequencies as well. Among a million pictures each has many such neighbours; a copy is nearer
than they are, so that only the nearest ones are compared.

Source: Malkov and Yashunin, Efficient and Robust Approximate Nearest Neighbor Search Using
Hierarchical Navigable Small World Graphs, 2018.
"""

from functools import cache
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from pixelmill.duplicates.alignment import overlay
from pixelmill.duplicates.borders import content_places, have_border
from pixelmill.duplicates.pictures import Pictures, Positions
from pixelmill.duplicates.views import COARSE, DIMENSION, FREQUENCIES, VIEWS, describe

NEIGHBOURS = 16  # that the index is asked for, by each coarse view
# Of them so many are compared. Among 60,000 crops of 48 pixels, most of them soft, more neighbours
# bring four times as many pairs and no further copy (`benchmarks.crowded_copies`).
NEAREST = 4
EXACT = 10_000
BLOCK = 1024  # queries at once: with 10,000 images 40 MB of products
# Cosines from which on two descriptions are worth a close look: of every view, of the coarse ones.
# Those of a photo and a copy are 0.77 and 0.63 at least (`benchmarks.near_duplicates`).
LEAST_COSINE = 0.65
LEAST_COARSE = 0.5
# The least cosine of the frequencies from UPPER on: of a photo and a copy 0.69 at least. A view
# nearly without them (FAINT, of its length of 1) says nothing by them.
UPPER = 6  # half waves along a diagonal of the picture
LEAST_UPPER = 0.4
FAINT = 0.01

Rows = NDArray[np.float32]
HalfRows = NDArray[np.float16]
Pairs = NDArray[np.intp]


class Search(Protocol):
    """Rows among which neighbours are looked for."""

    def near(self, views: Rows) -> tuple[Positions, Positions]:
        """Return the nearest rows of some queries, a row of its own among them.

        Args:
            views: Views of m queries, float32 [m, v, d], each of length 1.

        Returns:
            Numbers of queries, rising, and of their rows: intp [p] each.
        """


class Descriptions:
    """Descriptions of pictures; one inside a border has a second one, of its content."""

    def __init__(self, pictures: Pictures, positions: Positions) -> None:
        """Describe pictures.

        Args:
            pictures: The images.
            positions: Positions of the pictures to describe, intp [m].
        """
        self._pictures = pictures
        self._positions = positions
        parts = [
            np.arange(at, min(at + BLOCK, len(positions))) for at in range(0, len(positions), BLOCK)
        ]
        bordered = [part[have_border(self._luma(part))] for part in parts]
        none = np.empty(0, np.intp)
        contents = np.concatenate([*bordered, none])
        self._owners = np.concatenate([np.arange(len(positions)), contents])
        self._is_content = np.arange(len(self._owners)) >= len(positions)
        self._rows = np.empty((len(self._owners), DIMENSION), np.float16)  # half the memory
        for start in range(0, len(self._rows), BLOCK):
            block = np.arange(start, min(start + BLOCK, len(self._rows)))
            self._rows[block] = describe(self._seen(block))

    def pairs(self, alive: Positions, queries: Positions, exact: int = EXACT) -> Pairs:
        """Return pairs of pictures whose descriptions are near each other.

        Args:
            alive: Numbers among the positions of those to look at, intp [a].
            queries: Numbers of those whose neighbours are wanted, of them.
            exact: Pictures up to which every pair is compared.

        Returns:
            intp [p, 2]: numbers among the positions.
        """
        entries = np.flatnonzero(np.isin(self._owners, alive))
        asking = entries[np.isin(self._owners[entries], queries)]
        everything = len(entries) == len(self._rows)
        search = new_search(self._rows if everything else self._rows[entries], exact)
        blocks = (asking[start : start + BLOCK] for start in range(0, len(asking), BLOCK))
        found = [self._nearest(search, entries, block) for block in blocks]
        return _each_once(np.concatenate([*found, np.empty((0, 2), np.intp)]))

    def _nearest(self, search: Search, entries: Positions, block: Positions) -> Pairs:
        """Return owners of some entries, and the owners of those whose views are nearest."""
        seen = self._seen(block)
        views = np.stack([describe(seen, view) for view in range(VIEWS)], axis=1)
        query, near = search.near(views)
        pairs: Pairs = self._owners[np.stack([block[query], entries[near]], axis=1)]
        others = pairs[:, 0] != pairs[:, 1]
        query, near, pairs = query[others], near[others], pairs[others]
        cosines = view_cosines(views, self._rows[entries[near]].astype(np.float32), query)
        return np.asarray(pairs[are_nearest(query, cosines)], np.intp)

    def _luma(self, numbers: Positions) -> NDArray[np.float32]:
        return self._pictures.luma(self._positions[numbers])

    def _seen(self, entries: Positions) -> NDArray[np.float32]:
        """Return the pictures of some entries, whole or inside their border."""
        luma = self._luma(self._owners[entries])
        inner = self._is_content[entries]
        luma[inner] = overlay(luma[inner], content_places(luma[inner])).pictures
        return luma


def view_cosines(views: Rows, others: Rows, which: Positions) -> Rows:
    """Return how near others are to the nearest view of a picture.

    Args:
        views: Views of m pictures, float32 [m, v, d], each of length 1.
        others: float32 [p, d], each of length 1.
        which: The picture that each is compared with, rising, intp [p].

    Returns:
        float32 [p]; -1 where no view agrees in its upper frequencies.
    """
    cosines = _products(views, others, which)
    upper = upper_frequencies()
    views, others = views[:, :, upper], others[:, upper]
    lengths = np.linalg.norm(views, axis=2)[which]
    other_lengths = np.linalg.norm(others, axis=1)[:, None]
    agree = _products(views, others, which) >= LEAST_UPPER * lengths * other_lengths
    agree |= np.maximum(lengths, other_lengths) < FAINT
    return np.asarray(np.where(agree, cosines, -1).max(axis=1), np.float32)


def are_nearest(which: Positions, cosines: Rows) -> NDArray[np.bool_]:
    """Return which others are worth a comparison: near a picture, and among the nearest ones.

    Args:
        which: The picture that each is a neighbour of, rising, intp [p].
        cosines: How near it is, float32 [p].

    Returns:
        bool [p]; all that are as near as the last that counts.
    """
    order = np.lexsort((-cosines, which))
    starts = np.searchsorted(which, which)
    ends = np.searchsorted(which, which, side="right")
    last = cosines[order[np.minimum(starts + NEAREST, ends) - 1]]
    return np.asarray((cosines >= LEAST_COSINE) & (cosines >= last), np.bool_)


@cache
def upper_frequencies() -> NDArray[np.bool_]:
    """Return which numbers of a description are upper frequencies: bool [d]."""
    across, down = np.divmod(np.arange(1, FREQUENCIES**2), FREQUENCIES)  # but for the mean
    return np.asarray(np.hypot(across, down) >= UPPER, np.bool_)


def _products(views: Rows, others: Rows, which: Positions) -> Rows:
    """Return the products of others with the views of their picture: float32 [p, v]."""
    found = np.empty((len(others), views.shape[1]), np.float32)
    ends = np.searchsorted(which, np.arange(len(views) + 1)).tolist()
    for of_picture, start, end in zip(views, ends, ends[1:], strict=False):
        np.matmul(others[start:end], of_picture.T, out=found[start:end])
    return found


def _each_once(pairs: Pairs) -> Pairs:
    """Return pairs of two different ones, the smaller first, in order."""
    smaller, larger = pairs.min(axis=1), pairs.max(axis=1)
    count = int(larger.max(initial=0)) + 1
    keys = np.unique((smaller * count + larger)[smaller != larger])  # sorts faster than rows
    return np.stack(np.divmod(keys, count), axis=1)


def new_search(rows: HalfRows, exact: int) -> Search:
    """Return a search among some rows.

    Args:
        rows: float16 [n, d], each of length 1.
        exact: Rows up to which every pair is compared.
    """
    return _Compared(rows) if len(rows) <= exact else _Indexed(rows)


class _Compared:
    """Rows that are all compared with every query."""

    def __init__(self, rows: HalfRows) -> None:
        self._rows = rows.astype(np.float32)

    def near(self, views: Rows) -> tuple[Positions, Positions]:
        cosines = views[:, 0] @ self._rows.T
        for view in range(1, views.shape[1]):
            np.maximum(cosines, views[:, view] @ self._rows.T, out=cosines)
        near = cosines >= LEAST_COSINE
        for crowded in np.flatnonzero(near.sum(axis=1) > NEIGHBOURS + 1):
            nearest = np.partition(cosines[crowded], -NEIGHBOURS - 1)[-NEIGHBOURS - 1]
            near[crowded] = cosines[crowded] >= nearest
        query, row = np.nonzero(near)
        return query, row


class _Indexed:
    """Rows in an index, which is asked for the neighbours of the coarse views."""

    def __init__(self, rows: HalfRows) -> None:
        from usearch.index import Index

        # Neighbours are compared by their rows afterwards: 8 bits are enough to find them.
        self._index = Index(
            ndim=rows.shape[1], metric="cos", dtype="i8", expansion_add=64, expansion_search=32
        )
        self._index.add(np.arange(len(rows)), rows)
        self._count = len(rows)

    def near(self, views: Rows) -> tuple[Positions, Positions]:
        found = [np.empty(0, np.intp)]
        for view in COARSE:
            matches = self._index.search(views[:, view], NEIGHBOURS + 1)
            near = np.atleast_2d(matches.distances) <= 1 - LEAST_COARSE
            query, place = np.nonzero(near)
            rows = np.atleast_2d(matches.keys)[query, place].astype(np.intp)
            found.append(query * self._count + rows)
        query, row = np.divmod(np.unique(np.concatenate(found)), self._count)
        return query, row
