"""The two leading principal components."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pixelmill.parameters.method import MethodParameters, read_parameters
from pixelmill.projections._projected import Coordinates, Projected, Rows, all_equal, side_by_side


class PcaParameters(MethodParameters):
    """There are none."""


def check(parameters: Mapping[str, Any]) -> None:
    """Refuse every parameter, before any work.

    Raises:
        InputError: If there is one.
    """
    read_parameters(PcaParameters, "mapping.projection.parameters of pca", parameters)


def fit(rows: Rows, seed: int, parameters: Mapping[str, Any]) -> Projected:  # noqa: ARG001
    """Project on the two directions in which rows differ most.

    Args:
        rows: float32 [n, k], finite; n ≥ 1.
        seed: Unused: nothing is random.
        parameters: None.

    Raises:
        InputError: For a parameter.

    Example:
        >>> fit(np.float32([[0, 0, 1], [0, 0, 5]]), 0, {}).coordinates.tolist()
        [[-2.0, 0.0], [2.0, 0.0]]
    """
    check(parameters)
    if all_equal(rows):
        return side_by_side(rows, {})
    place = leading_components(rows)
    return Projected(place(rows), {}, place)


@dataclass(frozen=True, eq=False)
class Components:
    """Places rows by their two leading components.

    Attributes:
        centre: float64 [k].
        directions: float64 [2, k]; a row of zeros where one component is all there is.
    """

    centre: NDArray[np.float64]
    directions: NDArray[np.float64]

    def __call__(self, rows: Rows) -> Coordinates:
        """Return float64 [m, 2] of rows [m, k]."""
        centred = rows.astype(np.float64) - self.centre
        # A product of matrices would round in another way for another number of rows.
        return np.stack([(centred * one).sum(axis=1) for one in self.directions], axis=1)


def leading_components(rows: Rows) -> Components:
    """Return the two directions of most variance; the largest part of each is positive.

    Args:
        rows: float32 [n, k], n ≥ 2, not all equal.
    """
    wide = rows.astype(np.float64)
    centre = wide.mean(axis=0)
    centred = wide - centre
    _, vectors = np.linalg.eigh(centred.T @ centred)
    directions = vectors[:, ::-1][:, :2].T
    largest = np.abs(directions).argmax(axis=1)
    signs = np.sign(directions[np.arange(len(directions)), largest])
    return Components(centre, _two(directions * signs[:, None]))


def _two(directions: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return directions [1 or 2, k] as two."""
    return np.vstack([directions, np.zeros((2 - len(directions), directions.shape[1]))])
