"""Decoding of JPEG with libjpeg-turbo, which distinguishes lost pixels from harmless warnings.

libjpeg warns of what it puts up with and goes on, and keeps the first warning only, which may hide
a worse one. So a file with a warning is decoded again from the parts alone that carry pixels,
written as every decoder understands them. What libjpeg still warns of has cost pixels.
"""

import re
from collections.abc import Callable
from functools import partial
from io import BytesIO
from typing import NamedTuple, cast

import numpy as np
import simplejpeg
from numpy.typing import NDArray
from PIL import Image, UnidentifiedImageError

from pixelmill.errors import UndecodableImageError
from pixelmill.images.blocks import convert_image
from pixelmill.images.jpeg import JpegHeader, read_header
from pixelmill.images.jpeg_pixel_data import PixelData, pixel_data
from pixelmill.images.jpeg_work import MOST_BLOCKS
from pixelmill.images.limits import Limits, lacks_memory, pillow_bytes
from pixelmill.images.pillow_opening import plainly

Pixels = NDArray[np.uint8]

NO_END = "JPEG without its end marker"
"""Remark on a file that lacks its last bytes, but no pixel."""

_PADDING = re.compile(r"(\d+) extraneous bytes before marker 0x([0-9a-f]{2})")
_NOT_READ = re.compile(r"(?i)unsupported|not (implemented|supported)")
_EXCESS = b"\x5a\xa7" * 32  # no marker, and no run of zeros, which libjpeg makes up itself
_ODD_SAMPLING = "Could not determine subsampling"
_EIGHTH = 8
_MOST_PADDED_PARTS = 64  # the picture is decoded again for each, large ones less often


class Scale(NamedTuple):
    """How far libjpeg-turbo shrinks: the arguments of simplejpeg.

    Attributes:
        min_height: Minimum height in pixels.
        min_width: Minimum width in pixels.
        min_factor: 1, 2, 4 or 8.
    """

    min_height: int = 0
    min_width: int = 0
    min_factor: int = 1


def scale_for(stored: tuple[int, int], wanted: tuple[int, int]) -> Scale:
    """Choose a half, a quarter or an eighth where that still covers a size.

    libjpeg-turbo does these three with less work than the whole; others (5/8) cost more.

    Args:
        stored: Height and width in pixels of the file.
        wanted: Height and width that will do.
    """
    height, width = stored
    room = min(height / wanted[0], width / wanted[1])
    factor = max(f for f in (1, 2, 4, 8) if f == 1 or room >= f)
    return Scale(-(-height // factor), -(-width // factor), factor)


def decode_jpeg(
    data: bytes, header: JpegHeader, scale: Scale, limits: Limits
) -> tuple[Pixels, tuple[str, ...]]:
    """Decode a JPEG that has all its pixels.

    Args:
        data: Content of the file.
        header: Header of the file.
        scale: Minimum size to decode to.
        limits: Memory limits.

    Returns:
        uint8 [height, width, channels]: RGB, CMYK (255 is full ink), or grey where the file has
        a profile of grey; and remarks.

    Raises:
        UndecodableImageError: "truncated image: …", "corrupt image: …", "too much memory: …",
            "too much work: …" or "JPEG … is not read: …".
    """
    colours = _colours(header)
    limits.check_bytes(_needed_bytes(data, header, scale))
    parts = pixel_data(data) if header.several_scans else None
    if parts is not None:
        _check_scans(parts)
    try:
        pixels, ended = _decoded(data, colours, scale), True
    except ValueError:
        parts = parts or pixel_data(data)
        check_fallback = partial(_check_fallback, header, limits)
        pixels, ended = _decoded_parts(parts, colours, scale, check_fallback), parts.ended
    if colours == "CMYK":
        np.subtract(255, pixels, out=pixels)
    return pixels, (() if ended else (NO_END,))


def check_jpeg(data: bytes, components: int, size: tuple[int, int], limits: Limits) -> int:
    """Check that a JPEG has all its pixels, without keeping them.

    Args:
        data: A JPEG, such as a strip of a TIFF file with its tables.
        components: Number of its components.
        size: Height and width in pixels that it must not exceed.
        limits: Memory limits.

    Returns:
        Blocks that its scans go over.

    Raises:
        UndecodableImageError: Pixels are missing.
    """
    header = read_header(data)
    if header is None:
        raise UndecodableImageError("truncated image: a part of it ends before its pixels")
    if header.height > size[0] or header.width > size[1]:
        raise UndecodableImageError("corrupt image: a part of it is larger than its place")
    _check_process(header)
    scale = Scale(min_factor=_EIGHTH)
    limits.check_bytes(_needed_bytes(data, header, scale))
    parts, colours = pixel_data(data), {1: "GRAY", 4: "CMYK"}.get(components, "RGB")
    _decoded_parts(parts, colours, scale, partial(_check_fallback, header, limits))
    return parts.blocks


def _needed_bytes(data: bytes, header: JpegHeader, scale: Scale) -> int:
    """Return bytes of the file, its parts, the coefficients if all are kept, and the pixels."""
    height, width = (-(-side // scale.min_factor) for side in (header.height, header.width))
    coefficients = header.frame.coefficient_bytes if header.several_scans else 0
    return 3 * len(data) + coefficients + height * width * max(header.components, 3)


def _check_fallback(header: JpegHeader, limits: Limits) -> None:
    """Check the memory that `_decoded_by_pillow` takes: an image and three arrays of its size."""
    image = pillow_bytes(header.width, header.height, "CMYK")
    arrays = 3 * header.height * header.width * max(header.components, 3)
    limits.check_bytes(header.frame.coefficient_bytes + image + arrays)


def _colours(header: JpegHeader) -> str:
    """Return what simplejpeg is asked for."""
    _check_process(header)
    if header.components not in (1, 3, 4):
        raise UndecodableImageError(
            f"JPEG of {header.components} components is not read: convert it to RGB"
        )
    grey = "GRAY" if header.profile else "RGB"
    return {1: grey, 4: "CMYK"}.get(header.components, "RGB")


def _check_process(header: JpegHeader) -> None:
    """Refuse what TurboJPEG does not decode to pixels of 8 bits at a scale.

    It cannot shrink a lossless JPEG, does not say so, and writes beyond the end of smaller pixels.
    """
    if header.is_lossless:
        raise UndecodableImageError("lossless JPEG is not read: convert it")
    if header.bits != 8:
        raise UndecodableImageError(
            f"JPEG of {header.bits} bits a sample is not read: convert it to one of 8"
        )


def _check_scans(parts: PixelData) -> None:
    if parts.blocks > MOST_BLOCKS:
        raise UndecodableImageError(
            f"too much work: its {parts.scans} scans go over {parts.blocks} blocks, "
            f"at most {MOST_BLOCKS} are decoded"
        )
    if parts.lacks_components:
        raise UndecodableImageError(_kind(parts) + " image: a colour component is missing")
    if parts.missing:  # which the standard allows, but no encoder does
        raise UndecodableImageError(_kind(parts) + " image: its last scans are missing")


def _decoded(data: bytes, colours: str, scale: Scale) -> Pixels:
    try:
        return cast(Pixels, simplejpeg.decode_jpeg(data, colours, strict=True, **scale._asdict()))
    except ValueError as problem:
        if lacks_memory(problem):
            raise MemoryError(str(problem)) from problem
        raise


def _decoded_parts(
    parts: PixelData, colours: str, scale: Scale, check_fallback: Callable[[], None]
) -> Pixels:
    """Decode the parts that carry pixels; zeros behind all pixels of a part do no harm."""
    _check_scans(parts)
    for _ in range(max(2, min(_MOST_PADDED_PARTS, MOST_BLOCKS // max(parts.blocks, 1)))):
        try:
            return _decoded(parts.file(), colours, scale)
        except ValueError as problem:
            message = " ".join(str(problem).split()).removeprefix("Corrupt JPEG data: ")
        if _ODD_SAMPLING in message:
            check_fallback()
            return _decoded_by_pillow(parts, colours)
        padding = _PADDING.search(message)
        if not padding or not parts.without_padding(int(padding[1]), int(padding[2], 16)):
            break
    if _NOT_READ.search(message):
        raise UndecodableImageError(f"JPEG of this kind is not read: {message}")
    raise UndecodableImageError(f"{_kind(parts)} image: {message}")


def _decoded_by_pillow(parts: PixelData, colours: str) -> Pixels:
    """Decode colours of an unusual resolution, which TurboJPEG's interface does not know.

    Pillow keeps libjpeg's warnings to itself. But where data ends early, libjpeg would go on with
    more of it, and where all pixels have come, it passes over more.
    """
    pixels = _pillow_pixels(parts.file(), colours)
    if (pixels != _pillow_pixels(parts.file(excess=_EXCESS), colours)).any():
        raise UndecodableImageError(f"{_kind(parts)} image: its pixels end early")
    return pixels


def _pillow_pixels(data: bytes, colours: str) -> Pixels:
    try:
        with Image.open(BytesIO(data), formats=("JPEG",)) as image:
            mode = {"GRAY": "L"}.get(colours, colours)
            pixels = convert_image(image, lambda block: np.asarray(block.convert(mode)))
    except UnidentifiedImageError as problem:  # whose message is an address in memory
        raise UndecodableImageError("corrupt image: its header is not valid") from problem
    except (OSError, ValueError, SyntaxError) as problem:
        if lacks_memory(problem):
            raise MemoryError(str(problem)) from problem
        raise UndecodableImageError(f"corrupt image: {plainly(problem)}") from problem
    shaped = pixels.reshape(*pixels.shape[:2], -1)
    return 255 - shaped if colours == "CMYK" else shaped  # as in libjpeg


def _kind(parts: PixelData) -> str:
    return "corrupt" if parts.ended else "truncated"
