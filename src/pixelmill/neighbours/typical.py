"""Typical distances between neighbours of a data set, to judge whether a search found any."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from pixelmill.neighbours.index import Index, Neighbour

SAMPLED = 400  # images
FEWEST = 20  # images, of which nothing is learnt
LOOKED_AT = 24  # nearest images, of which the first that is no copy counts
NEAR_SHARE = 0.95
SAME = 1e-6  # distance: the same vector


@dataclass(frozen=True)
class Typical:
    """Distances within a data set.

    Attributes:
        nearest: Distance within which 19 of 20 images have a nearest image that is no copy.
        chance: Median distance of two images that are drawn by chance.
    """

    nearest: float
    chance: float

    @property
    def similar_within(self) -> float:
        """The largest distance at which an image is called similar.

        Images without anything like them have their nearest one about as far away as any other.
        """
        return min(self.nearest, self.chance)


def typical_distances(index: Index, groups: Mapping[str, int]) -> Typical | None:
    """Measure how near the images of an index are, on a sample that is always the same.

    Args:
        index: Index with the images.
        groups: Number of the group of near-duplicates of each path that is in one.

    Returns:
        None for fewer than 20 images, or where all are copies of each other.
    """
    if len(index) < FEWEST:
        return None
    drawn = np.random.default_rng(0).permutation(len(index))[:SAMPLED]
    paths = index.images.paths_at(np.sort(drawn))
    answers = index.nearest_many(paths, LOOKED_AT)
    near = [_first(path, found, groups) for path, found in zip(paths, answers, strict=True)]
    known = [distance for distance in near if distance is not None]
    if not known:
        return None
    # Each image with the next of the sample, in an order that has nothing to do with the paths.
    order = np.random.default_rng(1).permutation(len(paths))
    one = [paths[number] for number in order]
    chance = index.distances(one, [*one[1:], one[0]])
    return Typical(float(np.quantile(known, NEAR_SHARE)), float(np.median(chance)))


def _first(path: str, found: list[Neighbour], groups: Mapping[str, int]) -> float | None:
    """Return the distance of the nearest image that is no copy."""
    own = groups.get(path)
    for one in found:
        if one.distance > SAME and (own is None or groups.get(one.path) != own):
            return one.distance
    return None
