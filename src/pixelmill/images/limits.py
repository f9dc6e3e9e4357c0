"""Limits of images: pixels and decoding memory, both by the header."""

import re
from dataclasses import dataclass

import numpy as np

from pixelmill.errors import UndecodableImageError

TOO_LARGE = ("too many pixels", "too much memory")
"""Beginnings of the reasons that a higher limit changes."""

FIXED_BYTES = 40_000_000
"""Memory of a decoding that does not grow with the image: blocks, tables of a codec, its stack."""

_REFUSED = re.compile(r"(?i)out of memory|insufficient memory|failed to allocate|bad_?alloc")
_GREYS = ("1", "L", "LA", "La")
_SMALL_PIXELS = ("1", "L", "P")
_ROW_POINTER = 8  # bytes; Pillow keeps one for each row


@dataclass(frozen=True)
class Limits:
    """What refuses an image before it is decoded. A number is written here and nowhere else.

    Attributes:
        max_pixels: Images with more pixels are refused.
        max_decoded_bytes: Images that take more memory to decode are refused: the file, what the
            codec allocates, and the pixels.
        max_seconds: CPU time after which the process that works on an image is ended, and the
            image refused.
    """

    max_pixels: int = 100_000_000
    max_decoded_bytes: int = 750_000_000
    max_seconds: int = 60

    def check_pixels(self, width: int, height: int) -> None:
        """Refuse an image of too many pixels.

        Raises:
            UndecodableImageError: "too many pixels: …"
        """
        if width * height > self.max_pixels:
            raise UndecodableImageError(
                f"{TOO_LARGE[0]}: {width * height}, max_pixels is {self.max_pixels}"
            )

    def check_bytes(self, wanted: int) -> None:
        """Refuse an image that takes too much memory.

        Args:
            wanted: Maximum of bytes allocated at the same time, without `FIXED_BYTES`.

        Raises:
            UndecodableImageError: "too much memory: …"
        """
        if wanted + FIXED_BYTES > self.max_decoded_bytes:
            raise UndecodableImageError(
                f"{TOO_LARGE[1]}: decoding it takes {wanted + FIXED_BYTES} bytes, "
                f"max_decoded_bytes is {self.max_decoded_bytes}"
            )


def lacks_memory(problem: Exception, wanted: int = 0) -> bool:
    """Tell whether a codec failed because it was refused memory, and not because of the file.

    Some codecs do not say; then the same amount is asked for once more.

    Args:
        problem: Error that the codec raised.
        wanted: Bytes that decoding takes.
    """
    if isinstance(problem, MemoryError) or _REFUSED.search(str(problem)):
        return True
    try:
        np.empty(wanted, np.uint8)  # which touches none of it
    except MemoryError:
        return True
    return False


def pillow_bytes(width: int, height: int, mode: str) -> int:
    """Return the memory of a Pillow image in bytes: rows of whole words, and a pointer to each.

    Args:
        width: Width in pixels.
        height: Height in pixels.
        mode: Pillow's; most modes take 4 bytes a pixel, also where they have fewer channels.
    """
    pixel = 1 if mode in _SMALL_PIXELS else 2 if mode.startswith("I;16") else 4
    return height * (_ROW_POINTER + -(-width * pixel // 4) * 4)


def array_bytes(mode: str) -> int:
    """Return bytes a pixel of the arrays that a Pillow image becomes: 8-bit, and samples of more
    bits.
    """
    if mode.startswith(("I", "F")):
        return 1 + (2 if mode.startswith("I;16") else 4)
    return 1 if mode in _GREYS else 4 if mode == "CMYK" else 3
