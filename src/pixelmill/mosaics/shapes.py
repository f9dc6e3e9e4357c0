"""Aspect ratios of a scene's images, from the headers of their thumbnails."""

import numpy as np
from numpy.typing import NDArray

from pixelmill.mosaics.pixels import shape_of
from pixelmill.mosaics.scene import Scene


def shapes_of(scene: Scene) -> NDArray[np.float64]:
    """Return the width over height of each image: float64 [n]; 1 for one without a thumbnail."""
    return np.array([_aspect(jpeg) for jpeg in scene.thumbnails], np.float64)


def largest_side(scene: Scene) -> int:
    """Return pixels of the longest side of the largest thumbnail; 0 if there is none."""
    shapes = (shape_of(jpeg) for jpeg in scene.thumbnails if jpeg is not None)
    return max((max(shape) for shape in shapes if shape is not None), default=0)


def _aspect(jpeg: bytes | None) -> float:
    shape = None if jpeg is None else shape_of(jpeg)
    return 1.0 if shape is None else shape[1] / shape[0]
