"""Groups of images that are the same picture: connected components of pairs.

A copy of a copy is a copy: where A is like B and B like C, the three are one group, although the
differences of A and C may add up to more than one comparison allows. So no picture of a group has
a copy outside of it, and one picture of each is enough.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pixelmill.duplicates.alignment import overlay
from pixelmill.duplicates.borders import content_places, have_border
from pixelmill.duplicates.candidates import NEAREST, Descriptions, Pairs
from pixelmill.duplicates.differences import has_detail
from pixelmill.duplicates.pictures import Pictures, Positions
from pixelmill.duplicates.similarity import similarities

ROUNDS = 8  # each looks at fewer images than the one before
BLOCK = 4096


@dataclass(frozen=True, eq=False)
class Groups:
    """What each of n images is a copy of.

    Attributes:
        kept: Position of the image to keep in its place; its own where it is kept: intp [n].
        same_bytes: Position of the first to keep of the images with its bytes, intp [n].
        similarities: The highest to another image of its group, float32 [n]; 1 for the kept one
            and for the bytes of another one.
        flat: Images without details but a border, which are copies only by their bytes.
    """

    kept: NDArray[np.intp]
    same_bytes: NDArray[np.intp]
    similarities: NDArray[np.float32]
    flat: int


def find_groups(pictures: Pictures, similarity: float, keep: str) -> Groups:
    """Find the images that are the same picture.

    Args:
        pictures: n images, in any order.
        similarity: Minimum similarity of two images that are the same picture, 0 to 1.
        keep: Image of a group to keep: `largest` or `oldest`.

    Returns:
        The groups; the order of the images does not change them.
    """
    rank = pictures.preference(keep)
    same_bytes = _same_bytes(pictures, rank)
    kept, found = same_bytes.copy(), np.ones(len(pictures), np.float32)
    unique = np.flatnonzero(kept == np.arange(len(pictures)))
    detailed = unique[_detailed(pictures, unique)]
    descriptions = Descriptions(pictures, detailed)
    parts = _Components(pictures, detailed, rank[detailed], similarity)
    queries = alive = np.unique(parts.kept)
    for _ in range(ROUNDS):
        if not parts.add(descriptions.pairs(alive, queries)):
            break
        # An image with as many copies as were compared with it may have more of them.
        alive, sizes = np.unique(parts.kept, return_counts=True)
        queries = alive[sizes > NEAREST // 2]
    kept[detailed], found[detailed] = detailed[parts.kept], parts.found
    # The bytes of a copy are kept where that copy is.
    return Groups(kept[same_bytes], same_bytes, found, len(unique) - len(detailed))


def _same_bytes(pictures: Pictures, rank: NDArray[np.intp]) -> NDArray[np.intp]:
    """Return for each image the first, by rank, of those with its bytes."""
    _, which = np.unique(pictures.digest_keys(), return_inverse=True)
    return _first_of_each(which, rank)


def _first_of_each(which: NDArray[np.intp], rank: NDArray[np.intp]) -> NDArray[np.intp]:
    """Return for each image the first, by rank, with the same `which`: intp [n]."""
    order = np.lexsort((rank, which))
    starts = np.r_[True, np.diff(which[order]) != 0] if len(order) else np.empty(0, bool)
    first = np.empty(len(which), np.intp)
    first[order] = order[np.flatnonzero(starts)[np.cumsum(starts) - 1]]
    return first


def _detailed(pictures: Pictures, positions: Positions) -> NDArray[np.bool_]:
    parts = [
        _have_content(pictures.luma(positions[start : start + BLOCK]))
        for start in range(0, len(positions), BLOCK)
    ]
    return np.concatenate([*parts, np.empty(0, bool)])


def _have_content(luma: NDArray[np.float32]) -> NDArray[np.bool_]:
    """Return which pictures, float32 [n, 64, 64], have details that are not those of a border."""
    found = has_detail(luma)
    framed = np.flatnonzero(found & have_border(luma))
    places = content_places(luma[framed])
    found[framed] = has_detail(overlay(luma[framed], places).pictures)
    return found


class _Components:
    """Connected components of the pairs that were found so far."""

    def __init__(
        self,
        pictures: Pictures,
        positions: Positions,
        rank: NDArray[np.intp],
        similarity: float,
    ) -> None:
        self._pictures = pictures
        self._positions = positions
        self._rank = rank
        self._similarity = similarity
        # Of pictures that are equal one is compared: thousands would be each other's neighbours.
        same = _first_of_each(pictures.equal(positions), rank)
        copies = np.flatnonzero(same != np.arange(len(positions)))
        self._pairs: Pairs = np.stack([copies, same[copies]], axis=1)
        self._best = np.zeros(len(positions), np.float32)
        self._best[self._pairs] = 1
        self.kept = same
        self.found = np.ones(len(positions), np.float32)

    def add(self, pairs: Pairs) -> bool:
        """Look at candidates; return whether any of them are alike, and connect these."""
        first, second = self._positions[pairs].T
        found = similarities(self._pictures, first, second, self._similarity)
        alike = found >= self._similarity
        self._pairs = np.concatenate([self._pairs, pairs[alike]])
        for side in range(2):
            np.maximum.at(self._best, pairs[alike, side], found[alike])
        self.kept = _first_of_each(self._connected(), self._rank)
        is_kept = self.kept == np.arange(len(self.kept))
        self.found = np.where(is_kept, np.float32(1), self._best)
        return bool(alike.any())

    def _connected(self) -> NDArray[np.intp]:
        from scipy.sparse import coo_array
        from scipy.sparse.csgraph import connected_components

        size, (one, other) = len(self.kept), self._pairs.T
        graph = coo_array((np.ones(len(one), bool), (one, other)), (size, size))
        return np.asarray(connected_components(graph, directed=False)[1], np.intp)
