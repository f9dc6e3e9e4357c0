"""Pixels of 8 bits, with what is transparent on white."""

from functools import partial

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from pixelmill.images.blocks import boxes, convert_image
from pixelmill.images.colour import find_conversion, to_rgb

Pixels = NDArray[np.uint8]

_GREYS = ("1", "L", "LA", "La")


def on_white(image: Image.Image, profile: bytes) -> tuple[Pixels, bytes]:
    """Return the pixels of an image, with what is transparent on white.

    White shines through colours of sRGB, as in browsers. So half transparent ones of a profile are
    converted first; where there are none, it costs less to shrink the picture before.

    Args:
        image: Loaded image of a mode of 8 bits.
        profile: ICC profile of its values; empty means sRGB.

    Returns:
        uint8 [height, width, 1, 3 or 4], and the profile of these pixels.
    """
    channels = 1 if image.mode in _GREYS else 3
    is_converted = (
        image.has_transparency_data
        and find_conversion(profile, channels).transform is not None
        and _is_half_transparent(image)
    )
    shown = profile if is_converted else b""
    pixels = convert_image(image, partial(_block_on_white, profile=shown))
    return pixels, b"" if is_converted else profile


def _is_half_transparent(image: Image.Image) -> bool:
    """Return whether any pixel is neither opaque nor invisible."""
    alphas = (_in_colours(image.crop(box)).getchannel("A") for box in boxes(*image.size))
    return any(any(alpha.histogram()[1:255]) for alpha in alphas)


def _block_on_white(image: Image.Image, profile: bytes) -> Pixels:
    if not image.has_transparency_data:
        if image.mode in _GREYS:
            return np.asarray(image.convert("L"))[:, :, None]
        return np.asarray(image if image.mode in ("RGB", "CMYK") else image.convert("RGB"))
    colours = _in_colours(image)
    white = Image.new("RGB", image.size, "white")
    white.paste(_in_srgb(colours, image.mode, profile), mask=colours.getchannel("A"))
    if image.mode in _GREYS and not profile:
        return np.asarray(white.convert("L"))[:, :, None]
    return np.asarray(white)


def _in_colours(image: Image.Image) -> Image.Image:
    """Return an image as RGBA."""
    # Pillow converts grey by whose opacity it is multiplied to nothing else.
    return (image.convert("LA") if image.mode == "La" else image).convert("RGBA")


def _in_srgb(image: Image.Image, mode: str, profile: bytes) -> Image.Image:
    """Return the colours of an RGBA image, which was of a mode, in sRGB."""
    if not profile:
        return image
    pixels = np.asarray(image)[:, :, : 1 if mode in _GREYS else 3]
    return Image.fromarray(to_rgb(pixels, profile))
