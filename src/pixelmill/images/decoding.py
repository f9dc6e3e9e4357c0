"""Decoding of images to pictures: upright, sRGB, 8 bit, alpha on white.

Half a picture is an error, never pixels.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import cv2
import numpy as np
from numpy.typing import NDArray

from pixelmill.errors import UndecodableImageError, UnreadableImageError
from pixelmill.images import colour, jpeg_decoding, pillow_decoding
from pixelmill.images.jpeg import read_header
from pixelmill.images.kinds import (
    AVIF,
    BMP,
    GIF,
    JPEG,
    PNG,
    TIFF,
    WEBP,
    Kind,
    is_web_page,
    kind_of,
)
from pixelmill.images.limits import Limits
from pixelmill.images.sharing import is_shared, once
from pixelmill.untrusted_text import shown_bytes

Pixels = NDArray[np.uint8]

Size = tuple[int, int]
"""Height and width in pixels."""

UNREADABLE_PROFILE = "colour profile that cannot be used, taken as sRGB"
"""Remark on an image with such a profile."""

# What replaces an image that could not be decoded says why.
_NOTE = re.compile(rb"(?P<note>download failed: [^\n]{1,1000})\n?")
_BY_PILLOW = {
    PNG: pillow_decoding.decode_png,
    TIFF: pillow_decoding.decode_tiff,
    WEBP: pillow_decoding.decode_webp,
    GIF: pillow_decoding.decode_gif,
    AVIF: pillow_decoding.decode_avif,
    BMP: pillow_decoding.decode_bmp,
}
_ORIENTATIONS = {
    # (transpose first, then mirror left to right, then mirror top to bottom)
    2: (False, True, False),
    3: (False, True, True),
    4: (False, False, True),
    5: (True, False, False),
    6: (True, True, False),
    7: (True, True, True),
    8: (True, False, True),
}

cv2.setNumThreads(1)  # a worker has one core, and its images are small


@dataclass(frozen=True)
class Picture:
    """Pixels in the colours and the direction of the file, and the way to those that one sees.

    Both are cheaper after shrinking, so the caller shrinks `pixels` first where it wants less.

    Attributes:
        pixels: uint8 [height, width, channels]: grey, RGB or CMYK, perhaps of a reduced scale.
        size: Height and width of the whole image in pixels, upright.
        channels: Channels of the file: 1 is grey, 3 is RGB, 4 is CMYK; grey may be decoded as RGB.
        orientation: EXIF orientation, 1 to 8.
        profile: ICC profile of the values; empty for sRGB.
        remarks: Unusual properties of the file that cost no pixel.
    """

    pixels: Pixels
    size: Size
    channels: int
    orientation: int
    profile: bytes
    remarks: tuple[str, ...]

    def stored_size(self, size: Size) -> Size:
        """Return height and width before the picture is rotated."""
        return _turned_size(size, self.orientation)

    def is_shown_as_stored(self) -> bool:
        """Return whether pixels are RGB, upright and of sRGB as they are."""
        return self.orientation == 1 and not self.profile and self.pixels.shape[2] == 3

    def shown(self, pixels: Pixels) -> Pixels:
        """Convert to sRGB and turn upright.

        Args:
            pixels: `pixels` of this picture, or what they were shrunk to.

        Returns:
            RGB, uint8 [height, width, 3].
        """
        rgb = colour.to_rgb(pixels, self.profile)
        return _turned(rgb, self.orientation) if self.orientation > 1 else rgb


def decode(data: bytes, limits: Limits, cover: Callable[[Size], Size] | None = None) -> Picture:
    """Decode an image of any kind.

    Args:
        data: Content of the file.
        limits: Images beyond them are refused from their header, before anything is allocated.
        cover: Function from the size of the upright image to the smallest sufficient size: JPEG is
            decoded at a reduced scale that covers it. None decodes every pixel.

    Raises:
        UndecodableImageError: "empty file", "not an image: …", "truncated image: …",
            "corrupt image: …", "too many pixels: …", "too much memory: …", "too much work: …" or
            "… is not read: …"; or "download failed: …", where the file is the note of that.
        UnreadableImageError: There was not enough memory this time.
    """
    kind = _kind(data)
    limits.check_bytes(len(data))
    try:
        picture = _decode(data, kind, limits, cover)
    except MemoryError as problem:
        raise UnreadableImageError("not enough memory to decode it: run again") from problem
    if is_shared(data):
        picture.pixels.flags.writeable = False
    return picture


def _decode(
    data: bytes, kind: Kind, limits: Limits, cover: Callable[[Size], Size] | None
) -> Picture:
    if kind is JPEG:
        return _decode_jpeg(data, limits, cover)
    found = once(data, limits, partial(_BY_PILLOW[kind], data, limits))
    stored = (found.pixels.shape[0], found.pixels.shape[1])
    if cover is None:
        _check_shown(limits, stored, found.pixels.shape[2], found.profile, found.orientation)
    channels = found.pixels.shape[2]
    return _picture(found.pixels, stored, channels, found.orientation, found.profile, found.remarks)


def _kind(data: bytes) -> Kind:
    """Return the kind of a file that is read."""
    if not data:
        raise UndecodableImageError("empty file")
    kind = kind_of(data)
    if kind is None:
        raise UndecodableImageError(_no_image(data))
    if not kind.is_read:
        raise UndecodableImageError(kind.refusal)
    return kind


def _no_image(data: bytes) -> str:
    if found := _NOTE.fullmatch(data):
        return found["note"].decode(errors="replace")
    what = "it is a web page" if is_web_page(data) else f"it begins with {shown_bytes(data[:8])}"
    return f"not an image: {what}"


def _decode_jpeg(data: bytes, limits: Limits, cover: Callable[[Size], Size] | None) -> Picture:
    header = read_header(data)
    if header is None:
        raise UndecodableImageError("truncated image: it ends before its pixels")
    if not (header.height and header.width):
        raise UndecodableImageError("corrupt image: its header says no height or no width")
    limits.check_pixels(header.width, header.height)
    stored = (header.height, header.width)
    scale = jpeg_decoding.Scale()
    if cover is None:
        channels = max(header.components, 3)
        _check_shown(limits, stored, channels, header.profile, header.orientation)
    else:
        wanted = cover(_turned_size(stored, header.orientation))
        scale = jpeg_decoding.scale_for(stored, _turned_size(wanted, header.orientation))
    work = partial(jpeg_decoding.decode_jpeg, data, header, scale, limits)
    pixels, remarks = once(data, (scale, limits), work)
    channels, orientation = header.components, header.orientation
    return _picture(pixels, stored, channels, orientation, header.profile, remarks)


def _picture(
    pixels: Pixels,
    stored: Size,
    channels: int,
    orientation: int,
    profile: bytes,
    remarks: tuple[str, ...],
) -> Picture:
    conversion = colour.find_conversion(profile, pixels.shape[2])
    if not conversion.is_usable:
        remarks = (*remarks, UNREADABLE_PROFILE)
    profile = profile if conversion.transform else b""
    size = _turned_size(stored, orientation)
    return Picture(pixels, size, channels, orientation, profile, remarks)


def _turned_size(size: Size, orientation: int) -> Size:
    """Return the upright size of a stored one, and vice versa."""
    return size[::-1] if orientation >= 5 else size


def _check_shown(
    limits: Limits, size: Size, channels: int, profile: bytes, orientation: int
) -> None:
    """Check the memory that a whole picture takes which is converted to sRGB and turned upright."""
    copies = bool(profile or channels != 3) + (orientation > 1)
    limits.check_bytes(size[0] * size[1] * (channels + 3 * copies))


def _turned(pixels: Pixels, orientation: int) -> Pixels:
    transpose, mirror, flip = _ORIENTATIONS[orientation]
    turned = pixels.transpose(1, 0, 2) if transpose else pixels
    return turned[:: -1 if flip else 1, :: -1 if mirror else 1]
