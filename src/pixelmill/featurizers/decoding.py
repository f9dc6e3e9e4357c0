"""Turns the bytes of an image into pixels, of a network's input size or as many as there are.

JPEG goes through libjpeg-turbo; PNG, WebP, GIF (first frame), BMP, TIFF and the rare kinds of JPEG
through Pillow. Half a picture is an error, never features.
"""

import re
import warnings
from dataclasses import dataclass
from typing import cast

import cv2
import numpy as np
import simplejpeg
from numpy.typing import NDArray
from PIL import Image

from pixelmill.errors import UndecodableImageError
from pixelmill.featurizers import pillow_decoding

Pixels = NDArray[np.uint8]

RESIZE_METHOD = "stretch: scaled JPEG decoding, averaging from 3x, bilinear"
"""Part of the fingerprint: name it anew when the pixels change."""

DECODER_VERSION = 1
"""Stored with each error: raise it when a refused image may be read now, or refused for another
reason. Rows with an error of another version are computed again. Where the pixels of readable
images change too, their fingerprint has to change (`RESIZE_METHOD`, a featurizer's `CONVENTIONS`).
"""

_JPEG = b"\xff\xd8\xff"
_EXIF = b"Exif\x00\x00"
_EXIF_REACH_BYTES = 1 << 16
# Junk before a segment of the header does no harm; inside the picture it is lost data.
_HARMLESS = re.compile(r"\d+ extraneous bytes before marker 0x(?!d[0-9])")
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


@dataclass(frozen=True)
class Decoder:
    """Decodes images to one size, whatever their format.

    Attributes:
        size: Height and width in pixels.
        max_pixels: Images with more are refused from their header, before anything is allocated.
    """

    size: tuple[int, int]
    max_pixels: int

    def __post_init__(self) -> None:
        """Set the libraries up."""
        _set_up_libraries()

    def decode(self, data: bytes, into: Pixels) -> None:
        """Decode, turn upright as EXIF says, and stretch to the size.

        Args:
            data: Content of the file.
            into: uint8 [height, width, 3], filled with RGB.

        Raises:
            UndecodableImageError: "empty file", "not an image: …", "truncated image: …",
                "corrupt image: …" or "too many pixels: …".
        """
        if not data:
            raise UndecodableImageError("empty file")
        if not (data.startswith(_JPEG) and self._decode_jpeg(data, into)):
            pixels, orientation = pillow_decoding.decode(data, self._check)
            self._fit(pixels, orientation, into)

    def _decode_jpeg(self, data: bytes, into: Pixels) -> bool:
        """Decode with libjpeg-turbo; False for what only Pillow knows."""
        stored = _jpeg_size(data)
        if stored is None:
            return False
        self._check(*stored)
        orientation = _exif_orientation(data)
        pixels = _decode_scaled(data, *stored, self._upright_size(orientation))
        self._fit(pixels, orientation, into)
        return True

    def _check(self, side: int, other_side: int) -> None:
        _check_pixels(side * other_side, self.max_pixels)

    def _upright_size(self, orientation: int) -> tuple[int, int]:
        """The size before the image is turned."""
        return self.size[::-1] if orientation >= 5 else self.size

    def _fit(self, pixels: Pixels, orientation: int, into: Pixels) -> None:
        if orientation not in _ORIENTATIONS:
            _stretch(pixels, into)
            return
        # Turning after shrinking moves the fewest pixels.
        small = np.empty((*self._upright_size(orientation), 3), np.uint8)
        _stretch(pixels, small)
        into[:] = _turn(small, orientation)


@dataclass(frozen=True)
class FullSizeDecoder:
    """Decodes every pixel of an image, whatever its format.

    Attributes:
        max_pixels: Images with more are refused from their header, before anything is allocated.
    """

    max_pixels: int

    def __post_init__(self) -> None:
        """Set the libraries up."""
        _set_up_libraries()

    def decode(self, data: bytes) -> Pixels:
        """Decode as stored; an image that EXIF says to turn is not turned.

        Args:
            data: Content of the file.

        Returns:
            RGB, uint8 [height, width, 3].

        Raises:
            UndecodableImageError: "empty file", "not an image: …", "truncated image: …",
                "corrupt image: …" or "too many pixels: …".
        """
        if not data:
            raise UndecodableImageError("empty file")
        stored = _jpeg_size(data) if data.startswith(_JPEG) else None
        if stored is None:
            return pillow_decoding.decode(data, self._check)[0]
        self._check(*stored)
        return _decode_whole_jpeg(data)

    def _check(self, side: int, other_side: int) -> None:
        _check_pixels(side * other_side, self.max_pixels)


def _set_up_libraries() -> None:
    """One thread, one limit of pixels, no remarks."""
    cv2.setNumThreads(1)  # a worker has one core, and its images are small
    Image.MAX_IMAGE_PIXELS = None  # max_pixels stands in its place
    # What Pillow remarks on a broken file stands in the image's error.
    warnings.filterwarnings("ignore", category=UserWarning, module=r"PIL\.")


def _check_pixels(pixels: int, most: int) -> None:
    if pixels > most:
        raise UndecodableImageError(f"too many pixels: {pixels}, max_pixels is {most}")


def _jpeg_size(data: bytes) -> tuple[int, int] | None:
    """Height and width; None for what only Pillow knows: CMYK, a broken header."""
    try:
        height, width, colours, _ = simplejpeg.decode_jpeg_header(data)
    except ValueError:
        return None
    return (height, width) if colours in ("YCbCr", "Gray", "RGB") else None


def _decode_scaled(data: bytes, height: int, width: int, size: tuple[int, int]) -> Pixels:
    """Decode to a half, a quarter or an eighth where that still covers the size.

    libjpeg-turbo does these three with less work than the whole; others (5/8) cost more.
    """
    factor = max(f for f in (1, 2, 4, 8) if f == 1 or min(height / size[0], width / size[1]) >= f)
    options = {
        "min_height": -(-height // factor),
        "min_width": -(-width // factor),
        "min_factor": factor,
    }
    return _decode_whole_jpeg(data, **options)


def _decode_whole_jpeg(data: bytes, **scale: int) -> Pixels:
    """Decode a JPEG that is there from its beginning to its end, or raise."""
    try:
        return _decode_jpeg(data, strict=True, **scale)
    except ValueError as problem:
        if not _HARMLESS.search(str(problem)):
            raise UndecodableImageError(_jpeg_reason(str(problem))) from problem
    # The first warning is harmless, and hides those after it: look for the end of the picture.
    if data.rfind(b"\xff\xd9") < data.rfind(b"\xff\xda"):
        raise UndecodableImageError("truncated image: no end of image marker")
    return _decode_jpeg(data, strict=False, **scale)


def _decode_jpeg(data: bytes, *, strict: bool, **scale: int) -> Pixels:
    return cast(Pixels, simplejpeg.decode_jpeg(data, strict=strict, **scale))


def _jpeg_reason(message: str) -> str:
    kind = "truncated" if "remature end" in message else "corrupt"
    return f"{kind} image: {message.removeprefix('Corrupt JPEG data: ')}"


def _exif_orientation(data: bytes) -> int:
    start = data.find(_EXIF, 0, _EXIF_REACH_BYTES)
    if start < 0:
        return 1
    return pillow_decoding.exif_orientation(data[start : start + _EXIF_REACH_BYTES])


def _stretch(pixels: Pixels, into: Pixels) -> None:
    """Resize; sides more than three times too long are averaged first, by whole factors."""
    height, width = pixels.shape[:2]
    rows, columns = _whole_factor(height, into.shape[0]), _whole_factor(width, into.shape[1])
    if rows > 1 or columns > 1:
        pixels = cv2.resize(
            pixels[: height // rows * rows, : width // columns * columns],
            (width // columns, height // rows),
            interpolation=cv2.INTER_AREA,
        )
    cv2.resize(pixels, (into.shape[1], into.shape[0]), dst=into, interpolation=cv2.INTER_LINEAR)


def _whole_factor(length: int, target: int) -> int:
    """2 from three times the target on, and so on: bilinear alone skips pixels from 2 on."""
    return max(1, int(length / target / 1.5))


def _turn(pixels: Pixels, orientation: int) -> Pixels:
    transpose, mirror, flip = _ORIENTATIONS[orientation]
    turned = pixels.transpose(1, 0, 2) if transpose else pixels
    return turned[:: -1 if flip else 1, :: -1 if mirror else 1]
