"""Decodes what Pillow knows to RGB: every mode, 16 bit, alpha on white."""

import re
from collections.abc import Callable
from io import BytesIO
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, UnidentifiedImageError

from pixelmill.errors import UndecodableImageError

# Only these: Pillow also opens formats that start other programs.
_FORMATS = ("JPEG", "PNG", "WEBP", "GIF", "BMP", "TIFF")
_SIGNATURE = re.compile(
    rb"\xff\xd8\xff|\x89PNG\r\n|GIF8[79]a|BM|RIFF....WEBP|II[*+]\0|MM\0[*+]", re.DOTALL
)
_CUT = re.compile(
    r"truncated|broken PNG|unpack requires|not enough|incomplete|cannot load this image|^$",
    re.IGNORECASE,
)
_ORIENTATION_TAG = 0x0112
# What stands in the place of an image of which nothing came says why.
_NOTE = re.compile(rb"(?P<note>download failed: [^\n]{1,1000})\n?")


def decode(data: bytes, check_size: Callable[[int, int], None]) -> tuple[NDArray[np.uint8], int]:
    """Decode an image.

    Args:
        data: Content of the file.
        check_size: Called with width and height before anything is allocated; raises to refuse.

    Returns:
        RGB, uint8 [height, width, 3], as stored; and the EXIF orientation, 1 to 8.

    Raises:
        UndecodableImageError: "not an image: …", "truncated image: …" or "corrupt image: …"; or
            "download failed: …", where the file is the note of that.
    """
    try:
        with Image.open(BytesIO(data), formats=_FORMATS) as image:
            check_size(*image.size)
            image.load()
            return _rgb(image), image.getexif().get(_ORIENTATION_TAG, 1)
    except UndecodableImageError:
        raise
    except Exception as problem:  # a damaged file makes Pillow raise nearly anything
        raise UndecodableImageError(_reason(data, problem)) from problem


def exif_orientation(exif: bytes) -> int:
    """Read the orientation from an EXIF block.

    Args:
        exif: Begins with `Exif` and two zero bytes.

    Returns:
        1 to 8; 1 where there is none, or the block is damaged.
    """
    block = Image.Exif()
    try:
        block.load(exif)
        return int(block.get(_ORIENTATION_TAG, 1))
    except (SyntaxError, TypeError, ValueError, OSError, LookupError):
        return 1


def _rgb(image: Image.Image) -> NDArray[np.uint8]:
    if image.mode.startswith(("I", "F")):
        grey = _eight_bit(np.asarray(image), image.mode)
        return np.repeat(grey[:, :, None], 3, axis=2)
    if image.has_transparency_data:
        return np.asarray(_on_white(image.convert("RGBA")))
    return np.asarray(image.convert("RGB"))


def _on_white(image: Image.Image) -> Image.Image:
    white = Image.new("RGB", image.size, "white")
    white.paste(image, mask=image.getchannel("A"))
    return white


def _eight_bit(values: NDArray[Any], mode: str) -> NDArray[np.uint8]:
    """Scale to 8 bit.

    Values of 32 bit have no range of their own: integers count as 16-bit; floats reach to 1, 255
    or 65,535, the smallest that holds the brightest pixel; either reaches to that where it is more.
    """
    numbers = np.nan_to_num(values.astype(np.float32), posinf=0, neginf=0)
    brightest = float(numbers.max(initial=0))
    ranges = (1.0, 255.0, 65535.0) if mode == "F" else (65535.0,)
    top = next((top for top in ranges if brightest <= top), brightest)
    scaled: NDArray[np.float32] = np.clip(numbers / np.float32(top), 0, 1) * np.float32(255)
    return np.rint(scaled).astype(np.uint8)


def _reason(data: bytes, problem: Exception) -> str:
    message = " ".join(str(problem).split())
    if not isinstance(problem, UnidentifiedImageError):
        kind = "truncated" if _CUT.search(message) or _is_short(data) else "corrupt"
        return f"{kind} image: {message or type(problem).__name__}"
    if found := _NOTE.fullmatch(data):
        return found["note"].decode(errors="replace")
    if _SIGNATURE.match(data):
        return "truncated image: its header is incomplete"
    return f"not an image: it begins with {data[:8]!r}"


def _is_short(data: bytes) -> bool:
    """Whether a WebP file is shorter than it says."""
    return data.startswith(b"RIFF") and len(data) < int.from_bytes(data[4:8], "little") + 8
