"""Each image in a cell of its own, as near to its place on the map as can be."""

import math

import numpy as np
from numpy.typing import NDArray

from pixelmill.mosaics.assignment import assign_cells
from pixelmill.mosaics.mosaic import Mosaic, Tiles
from pixelmill.mosaics.scene import Scene
from pixelmill.mosaics.shapes import shapes_of

SQUARENESS = 1.5  # a cell is at most so many times as wide as high, or as high as wide
EMPTY_WEIGHS = 1.5  # a picture that is half empty, against cells twice as long as the images


def draw(scene: Scene, size: int) -> Mosaic:
    """Fills the picture with cells of the shape that most images have, without gaps.

    What number and shape of the cells leave over is at the end of the last row.

    Args:
        scene: The images.
        size: Of a side, in pixels.
    """
    return Mosaic(size, size, scene, grid_tiles(scene, size, size))


def grid_tiles(scene: Scene, width: int, height: int) -> Tiles:
    """Where the images lie in a grid of that size; the tiles have no frames.

    Args:
        scene: The images.
        width: Of the grid in pixels.
        height: Of the grid in pixels.
    """
    count = len(scene)
    if not count:
        return no_tiles()
    shape = grid_shape(count, width / height, float(np.median(shapes_of(scene))))
    boxes = cell_boxes(_assigned(scene, shape), shape, (width, height))
    return Tiles(boxes, np.arange(count, dtype=np.int32), 0, np.zeros((count, 3), np.uint8))


def grid_fractions(scene: Scene) -> NDArray[np.float64]:
    """The middles of the cells in a square grid: float64 [n, 2], n > 0, 0 to 1."""
    shape = grid_shape(len(scene), 1.0, 1.0)
    middles: NDArray[np.float64] = (_assigned(scene, shape) + 0.5) / shape
    return middles


def _assigned(scene: Scene, shape: tuple[int, int]) -> NDArray[np.int64]:
    """Column and row of each image: int64 [n, 2]."""
    order = np.arange(len(scene))
    cells = np.stack([order % shape[0], order // shape[0]], axis=1)
    places: NDArray[np.float64] = scene.fractions() * np.array(shape, np.float64)
    found: NDArray[np.int64] = cells[assign_cells(places, cells + np.array([0.5, 0.5]))]
    return found


def no_tiles() -> Tiles:
    """Those of a scene without images."""
    nothing = np.zeros((0, 4), np.int32)
    return Tiles(nothing, np.zeros(0, np.int32), 0, np.zeros((0, 3), np.uint8))


def grid_shape(count: int, picture: float, image: float) -> tuple[int, int]:
    """Columns and rows: few cells left over, and cells shaped like the images.

    Args:
        count: Images, 1 or more.
        picture: Width over height of the grid.
        image: Width over height of most images.
    """
    wanted = min(max(image, 1 / SQUARENESS), SQUARENESS)
    best = math.sqrt(count * picture / wanted)
    choices = range(max(1, int(best / 1.6)), min(count, math.ceil(best * 1.6)) + 1)

    def regret(columns: int) -> float:
        rows = -(-count // columns)
        empty = (rows * columns - count) / (rows * columns)
        return 2 * EMPTY_WEIGHS * empty + abs(math.log2(picture * rows / columns / wanted))

    columns = min(choices, key=regret)
    return columns, -(-count // columns)


def cell_boxes(
    cells: NDArray[np.int64], shape: tuple[int, int], size: tuple[int, int]
) -> NDArray[np.int32]:
    """The boxes of cells that share their borders, whatever the pixels divide into.

    Args:
        cells: int64 [n, 2]: column and row of each.
        shape: Columns and rows.
        size: Width and height in pixels.

    Returns:
        int32 [n, 4]: left, top, right, bottom.
    """
    first, end = cells * size // shape, (cells + 1) * size // shape
    return np.concatenate([first, end], axis=1).astype(np.int32)
