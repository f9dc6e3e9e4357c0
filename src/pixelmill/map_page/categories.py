"""Groups and labels as numbered categories, largest first, each with a place for its name."""

from collections import Counter
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

NAMED = 1000  # only the largest categories have a place; more are unreadable


@dataclass(frozen=True, eq=False)
class Categories:
    """How the points divide.

    Attributes:
        codes: Shape [n], int32; the category of each point, -1 for none.
        names: Name of each category.
        sizes: Points of each category.
        centres: Index of the point that is nearest to the middle of each category; as many as
            have a name on the map.
    """

    codes: npt.NDArray[np.int32]
    names: list[str]
    sizes: list[int]
    centres: list[int]

    def described(self) -> list[dict[str, Any]]:
        """Return one entry for each category, as the page reads them."""
        centres: list[int | None] = [*self.centres, *[None] * (len(self.names) - NAMED)]
        return [
            {"name": name, "size": size, "centre": centre}
            for name, size, centre in zip(self.names, self.sizes, centres, strict=True)
        ]


def label_categories(labels: list[str | None], coordinates: npt.NDArray[np.float64]) -> Categories:
    """Number labels from the most frequent to the rarest, equal ones by name.

    Args:
        labels: Label of each point, or None.
        coordinates: Shape [n, 2].
    """
    counted = Counter(label for label in labels if label is not None)
    names = sorted(counted, key=lambda name: (-counted[name], name))
    number: dict[str | None, int] = {name: code for code, name in enumerate(names)}
    codes = np.fromiter((number.get(label, -1) for label in labels), np.int32, len(labels))
    return _measured(codes, names, coordinates)


def group_categories(
    clusters: npt.NDArray[np.integer[Any]],
    names: dict[int, str],
    coordinates: npt.NDArray[np.float64],
) -> Categories:
    """Number groups in the order of their clusters, the largest of which is 0.

    Of a whole map, whose clusters have no gaps, a group's number is that of its cluster, and so
    its colour is the one that it has on the mosaics.

    Args:
        clusters: Shape [n]; -1 is noise.
        names: Name of each cluster; one without a name is called by its number, from 1.
        coordinates: Shape [n, 2].
    """
    present = np.unique(clusters[clusters >= 0])
    codes = np.where(clusters >= 0, np.searchsorted(present, clusters), -1).astype(np.int32)
    called = [names.get(int(one)) or f"group {one + 1}" for one in present]
    return _measured(codes, called, coordinates)


def _measured(
    codes: npt.NDArray[np.int32], names: list[str], coordinates: npt.NDArray[np.float64]
) -> Categories:
    sizes = np.bincount(codes[codes >= 0], minlength=len(names))
    ordered = np.argsort(codes, kind="stable")
    ends = np.cumsum(sizes) + np.count_nonzero(codes < 0)
    members = (ordered[end - size : end] for end, size in zip(ends, sizes, strict=True))
    centres = [
        _nearest_to_middle(rows, coordinates)
        for _, rows in zip(range(NAMED), members, strict=False)
    ]
    return Categories(codes, names, sizes.tolist(), centres)


def _nearest_to_middle(rows: npt.NDArray[np.intp], coordinates: npt.NDArray[np.float64]) -> int:
    places = coordinates[rows]
    # The median: a few members that ended elsewhere must not draw the name into empty space.
    return int(rows[np.square(places - np.median(places, axis=0)).sum(axis=1).argmin()])
