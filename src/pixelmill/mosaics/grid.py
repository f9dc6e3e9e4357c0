"""A mosaic with each image in its own grid cell, near its place on the map."""

import math

import numpy as np
from numpy.typing import NDArray

from pixelmill.mosaics.assignment import PASSES, assign_cells
from pixelmill.mosaics.mosaic import Mosaic, Tiles
from pixelmill.mosaics.scene import Scene
from pixelmill.mosaics.shapes import shapes_of

SQUARENESS = 1.5  # a cell is at most so many times as wide as high, or as high as wide
STEP = 0.1  # rows of two lengths, against cells 7% longer than the images

Lengths = NDArray[np.int64]
"""Cells of each row: int64 [rows], from the top."""


def draw(scene: Scene, size: int) -> Mosaic:
    """Fill the picture with cells of the shape that most images have, without gaps.

    Each row is as wide as the picture. Where the images don't divide into rows of one length, the
    lower rows have a cell more than the upper ones: no cell stays empty.

    Args:
        scene: The images.
        size: Side length in pixels.
    """
    return Mosaic(size, size, scene, grid_tiles(scene, size, size))


def grid_tiles(scene: Scene, width: int, height: int) -> Tiles:
    """Return the positions of the images in a grid of that size; the tiles have no frames.

    Args:
        scene: The images.
        width: Width of the grid in pixels.
        height: Height of the grid in pixels.
    """
    count = len(scene)
    if not count:
        return no_tiles()
    lengths = row_lengths(count, width / height, float(np.median(shapes_of(scene))))
    boxes = cell_boxes(lengths, width, height)[_assigned(scene, lengths)]
    return Tiles(boxes, np.arange(count, dtype=np.int32), 0, np.zeros((count, 3), np.uint8))


def grid_fractions(scene: Scene, passes: int = PASSES) -> NDArray[np.float64]:
    """Return the middles of the cells in a square grid: float64 [n, 2], n > 0, 0 to 1.

    Args:
        scene: The images.
        passes: Number of passes of `assign_cells`.
    """
    lengths = row_lengths(len(scene), 1.0, 1.0)
    return _middles(lengths)[_assigned(scene, lengths, passes)]


def _assigned(scene: Scene, lengths: Lengths, passes: int = PASSES) -> NDArray[np.int64]:
    """Return the cell of each image: int64 [n]."""
    unit = np.array([lengths.mean(), len(lengths)])
    return assign_cells(scene.fractions() * unit, _middles(lengths) * unit, passes)


def no_tiles() -> Tiles:
    """Return those of a scene without images."""
    nothing = np.zeros((0, 4), np.int32)
    return Tiles(nothing, np.zeros(0, np.int32), 0, np.zeros((0, 3), np.uint8))


def row_lengths(count: int, picture: float, image: float) -> Lengths:
    """Divide images into rows whose cells are shaped like them, preferably of one length.

    Args:
        count: Images, 1 or more.
        picture: Width over height of the grid.
        image: Width over height of most images.

    Returns:
        The longer rows, with one cell more, come last.
    """
    wanted = min(max(image, 1 / SQUARENESS), SQUARENESS)
    best = math.sqrt(count * wanted / picture)

    def regret(rows: int) -> float:
        lengths = _divided(count, rows)
        stretched = np.abs(np.log2(picture * rows / lengths / wanted))
        return float(np.average(stretched, weights=lengths)) + STEP * bool(np.ptp(lengths))

    choices = range(max(1, int(best / 1.6)), min(count, math.ceil(best * 1.6)) + 1)
    return _divided(count, min(choices, key=regret))


def _divided(count: int, rows: int) -> Lengths:
    return (count + np.arange(rows)) // rows


def cell_boxes(lengths: Lengths, width: int, height: int) -> NDArray[np.int32]:
    """Return the boxes of cells that share their borders, whatever the pixels divide into.

    Args:
        lengths: Cells of each row.
        width: Width of the grid in pixels.
        height: Height of the grid in pixels.

    Returns:
        int32 [n, 4]: left, top, right, bottom, row after row.
    """
    column, row, length = _cells(lengths)
    edges = [
        (position + end) * side // parts
        for end in (0, 1)
        for position, side, parts in ((column, width, length), (row, height, len(lengths)))
    ]
    return np.stack(edges, axis=1).astype(np.int32)


def _middles(lengths: Lengths) -> NDArray[np.float64]:
    """Return the middles of the cells, row after row: float64 [n, 2], 0 to 1."""
    column, row, length = _cells(lengths)
    return np.stack([(column + 0.5) / length, (row + 0.5) / len(lengths)], axis=1)


def _cells(lengths: Lengths) -> tuple[Lengths, Lengths, Lengths]:
    """Return column, row, and number of cells in the row of each cell: int64 [n]."""
    row = np.repeat(np.arange(len(lengths)), lengths)
    column = np.arange(len(row)) - (np.cumsum(lengths) - lengths)[row]
    return column, row, lengths[row]
