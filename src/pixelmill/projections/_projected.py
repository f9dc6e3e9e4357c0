"""The result of a projection, and maps of images that no method can separate."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

Rows = NDArray[np.float32]
Coordinates = NDArray[np.float64]
Place = Callable[[Rows], Coordinates]

GOLDEN_ANGLE = np.pi * (3 - np.sqrt(5))


@dataclass(frozen=True)
class Projected:
    """A map.

    Attributes:
        coordinates: float64 [n, 2], finite, of the rows in their order.
        parameters: Parameters that were used, defaults included, by the library's own names.
        place: Places rows float32 [m, k] on the map, float64 [m, 2]; can be pickled.
        notes: Sentences for the report, as of a perplexity that had to be lowered.
        method: Method that was used; None for the one that was asked for.
    """

    coordinates: Coordinates
    parameters: dict[str, Any]
    place: Place
    notes: list[str] = field(default_factory=list)
    method: str | None = None

    def transform(self, rows: Rows) -> Coordinates:
        """Place rows that were not fitted on the map.

        Args:
            rows: float32 [m, k], finite; m may be 0.

        Returns:
            float64 [m, 2]. The place of a row does not depend on the other rows of the call.
        """
        if len(rows) == 0:
            return np.empty((0, 2))
        return self.place(np.ascontiguousarray(rows, np.float32))


@dataclass(frozen=True)
class OnePlace:
    """Places every row on one point.

    Attributes:
        point: float64 [2].
    """

    point: Coordinates

    def __call__(self, rows: Rows) -> Coordinates:
        """Return float64 [m, 2] of rows [m, k]."""
        return np.tile(self.point, (len(rows), 1))


def centred(coordinates: Coordinates) -> Coordinates:
    """Return places with the middle of their box at zero, float64 [n, 2]."""
    middle: Coordinates = (coordinates.max(axis=0) + coordinates.min(axis=0)) / 2
    return coordinates - middle


def all_equal(rows: Rows) -> bool:
    """Return whether no two rows differ."""
    return bool((rows == rows[0]).all())


def side_by_side(rows: Rows, parameters: dict[str, Any]) -> Projected:
    """Return a map of rows that are all equal: on a spiral, in their order.

    Args:
        rows: float32 [n, k], n ≥ 1, all equal.
        parameters: Method parameters, which have no effect here.
    """
    steps = np.arange(len(rows))
    turned = steps * GOLDEN_ANGLE
    spiral = np.sqrt(steps)[:, None] * np.column_stack([np.cos(turned), np.sin(turned)])
    alike = f"all {len(rows):,} images have the same features: their places on the map say nothing"
    return Projected(spiral, parameters, OnePlace(np.zeros(2)), [alike] if len(rows) > 1 else [])
