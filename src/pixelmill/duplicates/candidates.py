"""Candidate pairs for a comparison: near neighbours by several descriptors of each image.

Up to 10,000 images every pair is compared, by blocked matrix products; beyond, an HNSW index
finds the neighbours in bounded memory. Of these, smooth pictures are near each other by their
outlines alone, which any two skies share: a pair counts where a view agrees in its upper
frequencies as well.

Source: Malkov and Yashunin, Efficient and Robust Approximate Nearest Neighbor Search Using
Hierarchical Navigable Small World Graphs, 2018.
"""

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from pixelmill.duplicates.alignment import overlay
from pixelmill.duplicates.borders import content_places, have_border
from pixelmill.duplicates.pictures import Pictures, Positions
from pixelmill.duplicates.views import COARSE, DIMENSION, FREQUENCIES, VIEWS, describe

NEIGHBOURS = 16
EXACT = 10_000
BLOCK = 1024  # queries at once: with 10,000 images 40 MB of products
# Cosines from which on two descriptions are worth a close look: of every view, of the coarse ones.
# Those of an original and a copy are 0.77 and 0.63 at least (`benchmarks.near_duplicates`).
LEAST_COSINE = 0.65
LEAST_COARSE = 0.5
# The least cosine of the frequencies from UPPER on: of an original and a copy 0.54 at least. A view
# nearly without them (FAINT, of its length of 1) says nothing by them.
UPPER = 6  # half waves along a diagonal of the picture
LEAST_UPPER = 0.4
FAINT = 0.01

Rows = NDArray[np.float32]
Pairs = NDArray[np.intp]
Views = Callable[[Positions], Sequence[Rows]]
"""What is asked for in the place of some rows: float32 [m, d] for each view."""


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
        self._rows = np.empty((len(self._owners), DIMENSION), np.float32)
        for start in range(0, len(self._rows), BLOCK):
            block = np.arange(start, min(start + BLOCK, len(self._rows)))
            self._rows[block] = describe(self._seen(block))

    def pairs(self, alive: Positions, queries: Positions) -> Pairs:
        """Return pairs of pictures whose descriptions are near each other.

        Args:
            alive: Numbers among the positions of those to look at, intp [a].
            queries: Numbers of those whose neighbours are wanted, of them.

        Returns:
            intp [p, 2]: numbers among the positions.
        """
        entries = np.flatnonzero(np.isin(self._owners, alive))
        asking = np.flatnonzero(np.isin(self._owners[entries], queries))
        is_exact = len(entries) <= EXACT
        chosen = range(VIEWS) if is_exact else COARSE

        def views(block: Positions) -> list[Rows]:
            seen = self._seen(entries[block])
            return [describe(seen, view) for view in chosen]

        least = LEAST_COSINE if is_exact else LEAST_COARSE
        found = entries[near_pairs(self._rows[entries], asking, least, views)]
        agree = self._agree(found) | self._agree(found[:, ::-1])
        return _each_once(self._owners[found[agree]])

    def _agree(self, pairs: Pairs) -> NDArray[np.bool_]:
        """Return which first entries have a view that is like the second entry: bool [p]."""
        agree = np.zeros(len(pairs), np.bool_)
        order = np.argsort(pairs[:, 0], kind="stable")
        firsts, starts = np.unique(pairs[order, 0], return_index=True)
        ends = np.append(starts[1:], len(order))
        for at in range(0, len(firsts), BLOCK):
            block = slice(at, at + BLOCK)
            seen = self._seen(firsts[block])
            views = np.stack([describe(seen, view) for view in range(VIEWS)], axis=1)
            part = order[starts[block][0] : ends[block][-1]]
            counts = ends[block] - starts[block]
            agree[part] = _have_like_view(views, self._rows[pairs[part, 1]], counts)
        return agree

    def _luma(self, numbers: Positions) -> NDArray[np.float32]:
        return self._pictures.luma(self._positions[numbers])

    def _seen(self, entries: Positions) -> NDArray[np.float32]:
        """Return the pictures of some entries, whole or inside their border."""
        luma = self._luma(self._owners[entries])
        inner = self._is_content[entries]
        luma[inner] = overlay(luma[inner], content_places(luma[inner])).pictures
        return luma


def _have_like_view(views: Rows, others: Rows, counts: Positions) -> NDArray[np.bool_]:
    """Return which others are like a view of theirs: bool [p].

    Args:
        views: Views of n pictures, float32 [n, v, d], each of length 1.
        others: float32 [p, d], each of length 1; the first ones belong to the first picture.
        counts: How many belong to each, intp [n].
    """
    upper = np.hypot(*np.divmod(np.arange(1, FREQUENCIES**2), FREQUENCIES)) >= UPPER
    cosines = _products(views, others, counts)
    views, others = views[:, :, upper], others[:, upper]
    lengths = np.repeat(np.linalg.norm(views, axis=2), counts, axis=0)
    other_lengths = np.linalg.norm(others, axis=1)[:, None]
    agree = _products(views, others, counts) >= LEAST_UPPER * lengths * other_lengths
    agree |= np.maximum(lengths, other_lengths) < FAINT
    return np.asarray((agree & (cosines >= LEAST_COSINE)).any(axis=1), np.bool_)


def _products(views: Rows, others: Rows, counts: Positions) -> Rows:
    """Return the products of others with the views of their picture: float32 [p, v]."""
    ends = np.cumsum(counts).tolist()
    found = np.empty((len(others), views.shape[1]), np.float32)
    for of_picture, start, end in zip(views, [0, *ends], ends, strict=False):
        np.matmul(others[start:end], of_picture.T, out=found[start:end])
    return found


def near_pairs(
    rows: Rows,
    queries: Positions,
    least: float,
    views: Views | None = None,
    exact: int = EXACT,
) -> Pairs:
    """Return the nearest neighbours of some rows among all of them.

    Args:
        rows: float32 [n, d], each of length 1.
        queries: Positions of the rows whose neighbours are wanted, intp [q].
        least: Cosine from which on a neighbour counts.
        views: What is asked for in the place of rows; the best of them counts. None: the rows.
        exact: Rows up to which every pair is compared.

    Returns:
        intp [m, 2]: pairs of positions, the smaller first, each pair once, in order.
    """
    if len(rows) < 2 or not len(queries):
        return np.empty((0, 2), np.intp)
    find = _compared if len(rows) <= exact else _indexed
    return _each_once(find(rows, queries, least, views or (lambda block: [rows[block]])))


def _each_once(pairs: Pairs) -> Pairs:
    """Return pairs of two different ones, the smaller first, in order."""
    smaller, larger = pairs.min(axis=1), pairs.max(axis=1)
    count = int(larger.max(initial=0)) + 1
    keys = np.unique((smaller * count + larger)[smaller != larger])  # sorts faster than rows
    return np.stack(np.divmod(keys, count), axis=1)


def _compared(rows: Rows, queries: Positions, least: float, views: Views) -> Pairs:
    found = []
    for start in range(0, len(queries), BLOCK):
        block = queries[start : start + BLOCK]
        seen = views(block)
        cosines = seen[0] @ rows.T
        for view in seen[1:]:
            np.maximum(cosines, view @ rows.T, out=cosines)
        cosines[np.arange(len(block)), block] = -1  # itself
        near = cosines >= least
        for crowded in np.flatnonzero(near.sum(axis=1) > NEIGHBOURS):
            nearest = np.partition(cosines[crowded], -NEIGHBOURS)[-NEIGHBOURS]
            near[crowded] = cosines[crowded] >= nearest
        query, neighbour = np.nonzero(near)
        found.append(np.stack([block[query], neighbour], axis=1))
    return np.concatenate(found)


def _indexed(rows: Rows, queries: Positions, least: float, views: Views) -> Pairs:
    from usearch.index import Index

    index = Index(
        ndim=rows.shape[1], metric="cos", dtype="i8", expansion_add=64, expansion_search=32
    )
    index.add(np.arange(len(rows)), rows)
    found = []
    for start in range(0, len(queries), BLOCK):
        block = queries[start : start + BLOCK]
        for view in views(block):
            matches = index.search(view, NEIGHBOURS + 1)
            near = np.atleast_2d(matches.distances) <= 1 - least
            query, place = np.nonzero(near)
            neighbours = np.atleast_2d(matches.keys)[query, place].astype(np.intp)
            found.append(np.stack([block[query], neighbours], axis=1))
    return np.concatenate(found)
