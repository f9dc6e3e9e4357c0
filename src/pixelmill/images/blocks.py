"""Conversions of large pictures block by block, with small intermediate copies."""

from collections.abc import Callable, Iterator
from itertools import chain
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

Values = NDArray[Any]
Box = tuple[int, int, int, int]
"""Left, top, right and bottom in pixels."""

_BLOCK_PIXELS = 1 << 18


def boxes(width: int, height: int) -> Iterator[Box]:
    """Divide a picture into blocks of whole rows, or of parts of rows that are very long.

    Args:
        width: Width in pixels.
        height: Height in pixels.
    """
    columns = max(1, min(width, _BLOCK_PIXELS))
    rows = _BLOCK_PIXELS // columns
    for top in range(0, height, rows):
        for left in range(0, width, columns):
            yield left, top, min(left + columns, width), min(top + rows, height)


def convert_image(image: Image.Image, convert: Callable[[Image.Image], Values]) -> Values:
    """Convert a Pillow image to an array.

    Args:
        image: Any mode.
        convert: Function from an image to [height, width, channels], pixel by pixel.

    Returns:
        What `convert` makes of the whole image.
    """
    if image.width * image.height <= _BLOCK_PIXELS:
        return convert(image)
    return _assembled(image.size, lambda box: convert(image.crop(box)))


def convert_pixels(pixels: Values, convert: Callable[[Values], Values]) -> Values:
    """Convert an array.

    Args:
        pixels: [height, width, channels].
        convert: Function from such an array to one of the same height and width, pixel by pixel.

    Returns:
        What `convert` makes of the whole array.
    """
    height, width = pixels.shape[:2]
    if height * width <= _BLOCK_PIXELS:
        return convert(pixels)
    return _assembled(
        (width, height),
        lambda box: convert(pixels[box[1] : box[3], box[0] : box[2]]),
    )


def _assembled(size: tuple[int, int], part: Callable[[Box], Values]) -> Values:
    width, height = size
    places = boxes(width, height)
    first = next(places)
    block = part(first)
    whole = np.empty((height, width, *block.shape[2:]), block.dtype)
    for left, top, right, bottom in chain([first], places):
        if (left, top) != first[:2]:
            block = part((left, top, right, bottom))
        whole[top:bottom, left:right] = block
    return whole
