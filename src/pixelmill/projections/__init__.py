"""Projections to two dimensions: one module for each method, found by name.

A module `pixelmill.projections.<name>` has the functions `check` and `fit` of a `Projection`.
"""

from collections.abc import Mapping
from typing import Any, Protocol, cast

import numpy as np
from numpy.typing import NDArray

from pixelmill.parameters.method import find_method
from pixelmill.projections._projected import Coordinates, Place, Projected, Rows

__all__ = ["Coordinates", "Place", "Projected", "Projection", "Rows", "find_projection"]


class Projection(Protocol):
    """A method that brings rows to two dimensions."""

    def check(self, parameters: Mapping[str, Any]) -> None:
        """Refuse unknown and impossible parameters, before any work.

        Raises:
            InputError: One sentence about the first of them.
        """

    def fit(self, rows: NDArray[np.float32], seed: int, parameters: Mapping[str, Any]) -> Projected:
        """Make a map of rows: the same rows in the same order, the same map.

        A method that goes on by small steps makes another map of another order: whoever calls
        it sorts the rows.

        Args:
            rows: float32 [n, k], finite; n ≥ 1, and all may be equal.
            seed: Seed of all random choices.
            parameters: Method parameters, by its library's own names.
        """


def find_projection(method: str) -> Projection:
    """Return the projection of that name; nothing heavy is loaded.

    Args:
        method: A module of this package.

    Raises:
        InputError: There is none of this name; the message lists the names.
    """
    return cast(Projection, find_method(__name__, "mapping.projection.method", method))
