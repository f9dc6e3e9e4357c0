"""Conversion from a file's colour profile to sRGB."""

from functools import lru_cache
from io import BytesIO
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageCms

from pixelmill.images.blocks import convert_pixels

Pixels = NDArray[np.uint8]

DAMAGED = b"damaged"
"""In the place of a profile of which the file has lost a part: as any other that cannot be read."""

_MODES = {1: ("L", "GRAY"), 3: ("RGB", "RGB "), 4: ("CMYK", "CMYK")}  # Pillow's name and ICC's
_SAME = 1  # of 255 steps: less is the rounding of a profile that says sRGB in its own way
_MOST_BYTES = 1 << 22  # larger than the profiles of printing presses; some are kept in memory
_FLAGS = ImageCms.Flags.BLACKPOINTCOMPENSATION


class Conversion(NamedTuple):
    """The way from a profile to sRGB.

    Attributes:
        transform: Transform of LittleCMS; None where values stay as they are.
        is_usable: Whether the profile can be read, and is of such images.
    """

    transform: Any
    is_usable: bool = True


# The profiles of a data set are few, and reading one takes longer than converting a small image.
@lru_cache(maxsize=16)
def find_conversion(profile: bytes, channels: int) -> Conversion:
    """Find the way from a profile to sRGB.

    Args:
        profile: ICC profile; empty means sRGB.
        channels: 1 is grey, 3 is RGB, 4 is CMYK.

    Returns:
        The conversion. A profile of another number of channels, or one that LittleCMS cannot read,
        changes nothing.
    """
    if not profile:
        return Conversion(None)
    if len(profile) > _MOST_BYTES:
        return Conversion(None, is_usable=False)
    mode, space = _MODES[channels]
    try:
        opened = ImageCms.ImageCmsProfile(BytesIO(profile))
        found = opened.profile.xcolor_space
        if channels == 1 and found == _MODES[3][1]:  # a colour photo that was made grey
            return find_conversion(profile, 3)
        if found != space:
            return Conversion(None, is_usable=False)
        srgb, intent = ImageCms.createProfile("sRGB"), ImageCms.Intent.RELATIVE_COLORIMETRIC
        transform = ImageCms.buildTransform(opened, srgb, mode, "RGB", intent, _FLAGS)
    except (OSError, ValueError, ImageCms.PyCMSError):  # of a name that is not ASCII too
        return Conversion(None, is_usable=False)
    return Conversion(None if _changes_nothing(transform, channels) else transform)


def to_rgb(pixels: Pixels, profile: bytes) -> Pixels:
    """Convert pixels to sRGB.

    Args:
        pixels: uint8 [height, width, channels]: grey, RGB or CMYK (255 is full ink).
        profile: ICC profile that the values are of; empty means sRGB.

    Returns:
        sRGB, uint8 [height, width, 3]; the same array where nothing has to change.
    """
    channels = pixels.shape[2]
    transform = find_conversion(profile, channels).transform
    if transform is None:
        if channels == 3:
            return pixels
        return convert_pixels(pixels, lambda block: np.asarray(_image(block).convert("RGB")))
    as_colours = channels == 1 and transform.input_mode == "RGB"

    def apply(block: Pixels) -> Pixels:
        return np.asarray(transform.apply(_image(block.repeat(3, 2) if as_colours else block)))

    return convert_pixels(pixels, apply)


def _changes_nothing(transform: Any, channels: int) -> bool:
    """Return whether a grid of colours is unchanged: names of equal profiles differ."""
    if channels == 4:
        return False
    steps = np.arange(0, 256, 15).astype(np.uint8)
    grid = np.stack(np.meshgrid(*[steps] * channels, indexing="ij"), -1).reshape(1, -1, channels)
    moved = np.asarray(transform.apply(_image(grid))).astype(int)
    return bool(np.abs(moved - grid).max() <= _SAME)


def _image(pixels: Pixels) -> Image.Image:
    height, width, channels = pixels.shape
    mode, data = _MODES[channels][0], np.ascontiguousarray(pixels)
    return Image.frombuffer(mode, (width, height), data, "raw", mode, 0, 1)
