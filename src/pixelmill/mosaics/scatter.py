"""Thumbnails at their places on the map."""

import numpy as np
from numpy.typing import NDArray

from pixelmill.mosaics.grid import grid_fractions
from pixelmill.mosaics.mosaic import Mosaic, Tiles
from pixelmill.mosaics.scene import Scene
from pixelmill.mosaics.shapes import shapes_of
from pixelmill.mosaics.visibility import Boxes, layers, least_hidden_on_top

LAYERS = 1.9  # thumbnails that overlap on average: half of one is seen
LARGEST = 0.25  # of the picture's side
LEAST = 0.45  # of the side that thumbnails would have if they filled the picture side by side
ENOUGH = 0.95  # of that side: nearly half of the picture is covered
SPREAD = (0.25, 0.45, 0.6)  # of the way to the grid
SMALLEST = 1 / 160  # of the picture's side: what can be recognised
LONGEST = 2.5  # of the side of a square as large as the thumbnail
FRAMED = 16  # pixels of a side, from which on a thumbnail can spare some for a white edge
TRIES = 8  # to find the size
SLACK = 1.05  # what rounding to pixels may add to the layers
WHITE = 255


def draw(scene: Scene, size: int) -> Mosaic:
    """Lay thumbnails of one area, each in its own aspect, at their places.

    They are as large as they can be with less than two overlapping on average, within
    bounds: at most a quarter of the picture's side, and never too small to be recognised. Of a map
    whose images are in few places, which would leave the picture white and its thumbnails tiny, the
    places are spread: a part of the way, at most 0.6, to where the grid has them. Islands grow
    then, and stay apart. The least hidden are on top.

    Args:
        scene: The images.
        size: Side length in pixels.
    """
    boxes = _boxes(scene, size) if len(scene) else np.zeros((0, 4), np.int32)
    order = least_hidden_on_top(boxes) if len(scene) else np.zeros(0, np.int64)
    side = _side(boxes)
    frame = max(1, round(side / 40)) if side >= FRAMED else 0
    colours = np.full((len(scene), 3), WHITE, np.uint8)
    tiles = Tiles(boxes[order], order.astype(np.int32), frame, colours)
    return Mosaic(size, size, scene, tiles)


def _boxes(scene: Scene, size: int) -> Boxes:
    """Return boxes of thumbnails at their places, moved as little as needed: int32 [n, 4]."""
    aspects = shapes_of(scene)
    places = scene.fractions()
    enough = ENOUGH * min(size * LARGEST, size / np.sqrt(len(scene)))
    boxes = _largest(places, aspects, size)
    if not _readable(boxes, enough):
        cells = grid_fractions(scene, passes=1)  # which only a part of the way leads to
        for share in SPREAD:
            boxes = _largest((1 - share) * places + share * cells, aspects, size)
            if _readable(boxes, enough):
                break
    return boxes


def _readable(boxes: Boxes, side: float) -> bool:
    return _side(boxes) >= side and layers(boxes) <= LAYERS * SLACK


def _largest(places: NDArray[np.float64], aspects: NDArray[np.float64], size: int) -> Boxes:
    """Return boxes of the largest thumbnails that overlap little: int32 [n, 4]."""
    side_by_side = size / np.sqrt(len(places))
    high = min(size * LARGEST, side_by_side * LAYERS)
    low = min(high, max(size * SMALLEST, side_by_side * LEAST))
    for _ in range(TRIES):
        middle = (low + high) / 2
        if layers(_placed(places, aspects, middle, size)) <= LAYERS:
            low = middle
        else:
            high = middle
    return _placed(places, aspects, low, size)


def _placed(
    places: NDArray[np.float64], aspects: NDArray[np.float64], side: float, size: int
) -> Boxes:
    """Return boxes with the area of a square of that side, inside the picture.

    Args:
        places: float64 [n, 2], 0 to 1.
        aspects: float64 [n], width over height.
        side: Pixels.
        size: Side length of the picture in pixels.
    """
    longest = side * LONGEST
    sides = side * np.stack([np.sqrt(aspects), 1 / np.sqrt(aspects)], axis=1)
    sides *= np.minimum(1, np.minimum(longest, size) / sides.max(axis=1))[:, None]
    sides = np.maximum(1, np.round(sides))
    corners = np.round(places * (size - sides))
    return np.concatenate([corners, corners + sides], axis=1).astype(np.int32)


def _side(boxes: Boxes) -> float:
    sides = boxes[:, 2:] - boxes[:, :2]
    return float(np.sqrt(np.median(sides[:, 0] * sides[:, 1]))) if len(boxes) else 0.0
