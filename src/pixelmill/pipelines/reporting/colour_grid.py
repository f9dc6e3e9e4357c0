"""Tables of numbers as colours: teal above zero, orange below, stronger for larger ones."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pixelmill.pipelines.reporting.heat_map import cell_size
from pixelmill.records import ClassMeans, Correlation

ROWS = 60
COLUMNS = 64
STRONGEST = 2.5  # standard deviations that get the full colour


@dataclass(frozen=True)
class Tint:
    """A cell.

    Attributes:
        value: The number as it is read; None if there is none.
        opacity: Opacity of its colour, 0 to 1.
        above: Whether the colour is that of numbers above zero.
    """

    value: float | None
    opacity: float
    above: bool


@dataclass(frozen=True)
class ColourGrid:
    """A table whose cells are colours.

    Attributes:
        rows: Names of the rows.
        columns: Names of the columns.
        cells: [rows][columns].
        size: `large`, `medium` or `small` cells.
        left_out: Number of other rows.
    """

    rows: list[str]
    columns: list[str]
    cells: list[list[Tint]]
    size: str
    left_out: int


def correlation_grid(correlation: Correlation | None) -> ColourGrid | None:
    """Return the correlation of features, -1 to 1.

    Args:
        correlation: Correlation of the features; None without named features.

    Returns:
        None for fewer than two features.
    """
    if not correlation or len(correlation["names"]) < 2:
        return None
    names = correlation["names"][:COLUMNS]
    values = _numbers(correlation["values"])[: len(names), : len(names)]
    return _grid(names, names, values, values, len(correlation["names"]))


def means_grid(means: ClassMeans | None) -> ColourGrid | None:
    """Return the mean of each feature in each class, coloured by its distance from the others.

    Args:
        means: Means by class; None without named features.

    Returns:
        The classes in their order; where there are too many, those that differ most. None for
        fewer than two classes, or without features.
    """
    if not means or len(means["labels"]) < 2 or not means["names"]:
        return None
    values = _numbers(means["values"])[:, :COLUMNS]
    colours = standardized(values) / STRONGEST
    farthest = np.argsort(-np.nansum(colours**2, axis=1), kind="stable")[:ROWS]
    shown = sorted(farthest.tolist())
    labels = [means["labels"][row] for row in shown]
    columns = means["names"][:COLUMNS]
    return _grid(labels, columns, values[shown], colours[shown], len(means["labels"]))


def standardized(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return each column with mean 0 and variance 1; a constant one is 0.

    Args:
        values: float64 [rows, columns]; NaN is left out, and stays.
    """
    centred = values - np.nanmean(values, axis=0)
    deviation = np.nanstd(values, axis=0)
    scaled: NDArray[np.float64] = centred / np.where(deviation > 0, deviation, 1)
    return scaled


def _numbers(values: Sequence[Sequence[float | None]]) -> NDArray[np.float64]:
    """Return numbers with NaN for None."""
    return np.array(values, dtype=np.float64)


def _grid(
    rows: list[str],
    columns: list[str],
    values: NDArray[np.float64],
    colours: NDArray[np.float64],
    known: int,
) -> ColourGrid:
    return ColourGrid(
        rows=rows,
        columns=columns,
        cells=[
            [_tint(value, colour) for value, colour in zip(line, painted, strict=True)]
            for line, painted in zip(values.tolist(), colours.tolist(), strict=True)
        ],
        size=cell_size(max(len(rows), len(columns))),
        left_out=known - len(rows),
    )


def _tint(value: float, colour: float) -> Tint:
    if math.isnan(value):
        return Tint(None, 0.0, above=True)
    return Tint(value, round(min(abs(colour), 1.0), 2), above=colour >= 0)
