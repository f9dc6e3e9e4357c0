"""Pixels of one image at its place: decoded, scaled with its aspect ratio, cropped to fit."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Pixels = NDArray[np.uint8]
Box = tuple[int, int, int, int]
"""Left, top, right, bottom in pixels; the last two are the first outside."""

LEAST_SHOWN = 0.4  # of an image, whatever the shape of its place
BACKING = 6  # blurred to so many pixels a side
PALE = 0.45  # how far the backing goes towards white


def shape_of(jpeg: bytes) -> tuple[int, int] | None:
    """Return the height and width from the header of a JPEG file; None where it has none."""
    import simplejpeg

    try:
        height, width, _, _ = simplejpeg.decode_jpeg_header(jpeg)
    except ValueError:
        return None
    return height, width


def decode(jpeg: bytes, size: tuple[int, int]) -> Pixels | None:
    """Return the pixels of a JPEG file, at a reduced scale where the place is much smaller.

    Args:
        jpeg: The file.
        size: Height and width of its place; at least these are decoded where there are as many.

    Returns:
        RGB, uint8 [height, width, 3]; None for a file that is broken.
    """
    import simplejpeg

    try:
        pixels: Pixels = simplejpeg.decode_jpeg(jpeg, min_height=size[0], min_width=size[1])
    except ValueError:
        return None
    return pixels


@dataclass(frozen=True)
class Fit:
    """Where in its place an image is shown.

    Attributes:
        shown: Box in the place that the image fills, centred, in pixels of the place.
        part: Box of the image that is shown, centred, in pixels of the image.
    """

    shown: Box
    part: Box


def fit(image: tuple[int, int], place: tuple[int, int]) -> Fit:
    """Fill the place as far as two fifths of the image are still shown.

    A photo of 4:3 fills a square and loses a quarter. A panorama of 10:1 would lose nine tenths:
    it is between bands, and the middle two fifths of it are seen.

    Args:
        image: Height and width in pixels.
        place: Height and width in pixels.
    """
    ratios = [place[0] / image[0], place[1] / image[1]]
    scale = min(max(ratios), min(ratios) / LEAST_SHOWN)
    shown = [max(1, min(side, round(scale * own))) for side, own in zip(place, image, strict=True)]
    part = [max(1, min(own, round(side / scale))) for side, own in zip(shown, image, strict=True)]
    return Fit(_middle(place, shown), _middle(image, part))


def _middle(outer: tuple[int, int], inner: list[int]) -> Box:
    top, left = ((whole - part) // 2 for whole, part in zip(outer, inner, strict=True))
    return left, top, left + inner[1], top + inner[0]


def fill(pixels: Pixels, place: tuple[int, int], region: Box) -> Pixels:
    """Return a region of the place, filled.

    Args:
        pixels: Pixels of the image, RGB, uint8 [height, width, 3].
        place: Height and width in pixels.
        region: Region of the place to paint; neighbouring regions join without a seam.

    Returns:
        uint8 [height, width, 3] of the region.
    """
    height, width = pixels.shape[:2]
    fitted = fit((height, width), place)
    seen = overlap(fitted.shown, region)
    if seen == region:
        return _scaled(pixels, fitted, region)
    filled = _backing(pixels, place, region)
    if seen is not None:
        filled[inside(seen, region)] = _scaled(pixels, fitted, seen)
    return filled


def overlap(one: Box, other: Box) -> Box | None:
    """Return what two boxes share; None for nothing."""
    left, top = max(one[0], other[0]), max(one[1], other[1])
    right, bottom = min(one[2], other[2]), min(one[3], other[3])
    return (left, top, right, bottom) if left < right and top < bottom else None


def moved(box: Box, outer: Box) -> Box:
    """Return a box in the coordinates of another."""
    left, top = outer[:2]
    return box[0] - left, box[1] - top, box[2] - left, box[3] - top


def inside(box: Box, outer: Box) -> tuple[slice, slice]:
    """Return rows and columns of a box in an array that holds the outer box."""
    left, top = outer[:2]
    return slice(box[1] - top, box[3] - top), slice(box[0] - left, box[2] - left)


def _scaled(pixels: Pixels, fitted: Fit, region: Box) -> Pixels:
    """Return a region of the visible part, in the coordinates of the place."""
    part = pixels[inside(fitted.part, (0, 0, 0, 0))]
    left, top, right, bottom = fitted.shown
    size = bottom - top, right - left
    within = moved(region, fitted.shown)
    if size[0] <= part.shape[0] and size[1] <= part.shape[1]:
        return _shrunk(part, size)[inside(within, (0, 0, 0, 0))]
    return _enlarged(part, size, within)


def _shrunk(pixels: Pixels, size: tuple[int, int]) -> Pixels:
    """Return the mean of the pixels that each new one covers."""
    import cv2

    small: Pixels = cv2.resize(pixels, size[::-1], interpolation=cv2.INTER_AREA)
    return small


def _enlarged(pixels: Pixels, size: tuple[int, int], region: Box) -> Pixels:
    """Enlarge a region by cubic interpolation, without the rest of a huge picture."""
    import cv2

    rows = _positions(pixels.shape[0], size[0], region[1], region[3])
    columns = _positions(pixels.shape[1], size[1], region[0], region[2])
    across, down = np.meshgrid(columns, rows)
    large: Pixels = cv2.remap(
        pixels, across, down, cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE
    )
    return large


def _positions(own: int, size: int, first: int, end: int) -> NDArray[np.float32]:
    """Return where in the image the centres of some of the new pixels are, along one axis."""
    return ((np.arange(first, end) + 0.5) * (own / size) - 0.5).astype(np.float32)


def _backing(pixels: Pixels, place: tuple[int, int], region: Box) -> Pixels:
    """Return the image itself, blurred and pale, behind what is too long to fill its place."""
    blurred = _shrunk(pixels, (min(BACKING, pixels.shape[0]), min(BACKING, pixels.shape[1])))
    pale = (blurred + (255.0 - blurred) * PALE).astype(np.uint8)
    return _enlarged(pale, place, region)
