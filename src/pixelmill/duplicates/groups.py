"""Groups of images that are the same picture, each around the one to keep.

Likeness is no chain here: where A is like B, and B like C, but A is not like C, the three are no
group. Every member of a group is like the image that is kept, and no two kept images are alike.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pixelmill.duplicates.candidates import NEIGHBOURS, Pairs, Rows, describe, near_pairs
from pixelmill.duplicates.pictures import Pictures, Positions
from pixelmill.duplicates.similarity import has_detail, similarities

LEAST_COSINE = 0.4  # of the descriptions of two images that are worth a close look
LEAST_FEATURE_COSINE = 0.6  # the same of a network's features
ROUNDS = 3
BLOCK = 4096


@dataclass(frozen=True)
class Groups:
    """What each of n images is a copy of.

    Attributes:
        kept: Position of the image to keep in its place; its own where it is kept: intp [n].
        similarities: To that image, float32 [n]; 1 for itself and for the same bytes.
        flat: Images without details, which only their bytes can tell to be copies.
    """

    kept: NDArray[np.intp]
    similarities: NDArray[np.float32]
    flat: int


def find_groups(pictures: Pictures, features: Rows | None, similarity: float, keep: str) -> Groups:
    """Finds the images that are the same picture.

    Args:
        pictures: n images, in any order.
        features: A network's features, float32 [n, d], each of length 1 (rows of zeros where
            there are none); a second way to pairs that are worth a look. None: there are none.
        similarity: From which on two images are the same picture, 0 to 1.
        keep: Which of a group: `largest` or `oldest`.

    Returns:
        The groups; the order of the images does not change them.
    """
    rank = pictures.preference(keep)
    kept = _same_bytes(pictures, rank)
    found = np.ones(len(pictures), np.float32)
    unique = np.flatnonzero(kept == np.arange(len(pictures)))
    detailed = unique[_detailed(pictures, unique)]
    ways = [(describe(pictures, detailed), LEAST_COSINE)]
    if features is not None:
        ways.append((features[detailed], LEAST_FEATURE_COSINE))
    stars = _Stars(pictures, detailed, rank, similarity)
    queries = np.arange(len(detailed))
    alive = queries
    for _ in range(ROUNDS):
        pairs = [_among(rows, alive, queries, least) for rows, least in ways]
        if not stars.add(np.concatenate(pairs)):
            break
        centres, sizes = np.unique(stars.kept, return_counts=True)
        # An image with as many copies as neighbours were asked for may have more of them.
        alive, queries = centres, centres[sizes > NEIGHBOURS // 2]
    kept[detailed], found[detailed] = detailed[stars.kept], stars.found
    copies = np.flatnonzero(kept[kept] != kept)  # of an image that is a copy itself
    found[copies] = found[kept[copies]]
    return Groups(kept[kept], found, len(unique) - len(detailed))


def _same_bytes(pictures: Pictures, rank: NDArray[np.intp]) -> NDArray[np.intp]:
    """For each image the first, by rank, of those with its bytes."""
    _, which = np.unique(pictures.digest_keys(), return_inverse=True)
    order = np.lexsort((rank, which))
    starts = np.r_[True, np.diff(which[order]) != 0] if len(order) else np.empty(0, bool)
    kept = np.empty(len(pictures), np.intp)
    kept[order] = order[np.flatnonzero(starts)[np.cumsum(starts) - 1]]
    return kept


def _detailed(pictures: Pictures, positions: Positions) -> NDArray[np.bool_]:
    parts = [
        has_detail(pictures.luma(positions[start : start + BLOCK]))
        for start in range(0, len(positions), BLOCK)
    ]
    return np.concatenate([*parts, np.empty(0, bool)])


def _among(rows: Rows, alive: Positions, queries: Positions, least: float) -> Pairs:
    """Pairs of the queries with those that are alive."""
    if len(alive) == len(rows):
        return near_pairs(rows, queries, least)
    return alive[near_pairs(rows[alive], np.searchsorted(alive, queries), least)]


class _Stars:
    """Images around those that are kept, of the pairs that were found so far."""

    def __init__(
        self,
        pictures: Pictures,
        positions: Positions,
        rank: NDArray[np.intp],
        similarity: float,
    ) -> None:
        self._pictures = pictures
        self._positions = positions
        self._rank = rank[positions]
        self._similarity = similarity
        self._pairs: Pairs = np.empty((0, 2), np.intp)
        self.kept = np.arange(len(positions))
        self.found = np.ones(len(positions), np.float32)

    def add(self, pairs: Pairs) -> bool:
        """Looks at candidates; returns whether any of them are alike, and makes the stars anew."""
        pairs = np.unique(pairs, axis=0)
        alike = pairs[self._similar(pairs[:, 0], pairs[:, 1]) >= self._similarity]
        self._pairs = np.concatenate([self._pairs, alike])
        if len(alike):
            self._gather()
        return len(alike) > 0

    def _gather(self) -> None:
        """The best of each connected part takes what is like it; then the best of the rest."""
        part = self._parts()
        self.kept[:], self.found[:] = np.arange(len(part)), 1
        left = np.flatnonzero(np.bincount(part)[part] > 1)
        while len(left):
            left = left[np.lexsort((self._rank[left], part[left]))]
            first = np.r_[True, np.diff(part[left]) != 0]
            centre = left[np.flatnonzero(first)[np.cumsum(first) - 1]]
            others, around = left[~first], centre[~first]
            found = self._similar(around, others)
            joins = found >= self._similarity
            self.kept[others[joins]] = around[joins]
            self.found[others[joins]] = found[joins]
            left = others[~joins]

    def _parts(self) -> NDArray[np.int32]:
        from scipy.sparse import coo_array
        from scipy.sparse.csgraph import connected_components

        size, (one, other) = len(self.kept), self._pairs.T
        graph = coo_array((np.ones(len(one), bool), (one, other)), (size, size))
        parts: NDArray[np.int32] = connected_components(graph, directed=False)[1]
        return parts

    def _similar(self, first: Positions, second: Positions) -> NDArray[np.float32]:
        return similarities(self._pictures, self._positions[first], self._positions[second])
