"""Clustering methods for the map, one module each, found by name.

A module `pixelmill.groupings.<name>` has the functions `check` and `fit` of a `Grouping`.
"""

from collections.abc import Mapping
from typing import Any, Protocol, cast

from pixelmill.groupings._grouped import NOISE, Clusters, Grouped, Predict, Rows
from pixelmill.parameters.method import find_method

__all__ = ["AUTO", "NOISE", "Clusters", "Grouped", "Grouping", "Predict", "Rows", "find_grouping"]

AUTO = "auto"  # the method's name if none is given; see `groupings.choosing`


class Grouping(Protocol):
    """A method that makes groups of rows that are near each other."""

    def check(self, parameters: Mapping[str, Any]) -> None:
        """Refuse unknown and impossible parameters, before any work.

        Raises:
            InputError: One sentence about the first of them.
        """

    def fit(self, rows: Rows, seed: int, parameters: Mapping[str, Any]) -> Grouped:
        """Make groups of rows: the same rows, the same groups.

        Args:
            rows: float32 or float64 [n, d], finite; n ≥ 1, and all may be equal.
            seed: Seed of all random choices.
            parameters: Method parameters, by its library's own names.
        """


def find_grouping(method: str) -> Grouping:
    """Return the grouping of that name; nothing heavy is loaded.

    Args:
        method: A module of this package.

    Raises:
        InputError: There is none of this name; the message lists the names.
    """
    return cast(Grouping, find_method(__name__, "mapping.grouping.method", method, [AUTO]))
