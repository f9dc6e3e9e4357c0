"""The grey tile for an image without a thumbnail."""

import math
from functools import lru_cache

import numpy as np
from PIL import Image, ImageDraw

from pixelmill.mosaics.lettering import GREY, LINE, LONGEST, MUTED, broken, write
from pixelmill.mosaics.pixels import Pixels

LARGEST = 512  # pixels of a side that are drawn; a larger tile is made from these
FONT_SIZES = (32, 26, 22, 18, 15, 13, 11, 10, 9, 8, 7)
LETTER = 0.5  # what a letter takes of the square of its line's height, at the least
WORDLESS = 20  # pixels of a side, below which no letter can be read


@lru_cache(maxsize=32)
def missing_tile(reason: str, place: tuple[int, int]) -> Pixels:
    """Write the reason in the largest letters in which it fits; in the smallest it is cut.

    Args:
        reason: Reason why there is no thumbnail.
        place: Height and width of the tile in pixels.

    Returns:
        RGB, uint8, of the size of the place, or of its shape where that is larger than 512 pixels.
    """
    shrink = min(1.0, LARGEST / max(place))
    height, width = (max(1, round(side * shrink)) for side in place)
    tile = Image.new("RGB", (width, height), GREY)
    if min(width, height) < WORDLESS:
        return np.asarray(tile)
    margin = min(width, height) // 12
    size, lines = _lettering(reason, height - 2 * margin, width - 2 * margin)
    pen = ImageDraw.Draw(tile)
    top = (height - len(lines) * size * LINE) / 2
    for number, line in enumerate(lines):
        middle = top + (number + 0.5) * size * LINE
        write(pen, (width / 2, middle), line, size, MUTED, "mm")
    return np.asarray(tile)


def _lettering(reason: str, height: int, width: int) -> tuple[int, list[str]]:
    largest = LINE * math.sqrt(height * width / (LETTER * max(1, min(len(reason), LONGEST))))
    size, lines = FONT_SIZES[-1], [""]
    for size in [each for each in FONT_SIZES if each <= largest] or FONT_SIZES[-1:]:
        lines = broken(reason, size, width, max(1, int(height / (size * LINE))))
        if lines and not lines[-1].endswith("…") and len(lines) * size * LINE <= height:
            break
    return size, lines
