"""Chunks of a WebP file, and the part of it that carries pixels.

Source: Google, WebP Container Specification.
"""

from typing import NamedTuple

from pixelmill.errors import UndecodableImageError
from pixelmill.images.tiff import exif_orientation

_PIXELS = (b"VP8 ", b"VP8L", b"ANMF")
_BESIDE = (b"VP8X", b"ALPH", b"ANIM")  # needed to understand them
_MOST_SIDE = 0x3FFF  # sizes of pictures have 14 bits
_TOLD = (b"VP8X", b"EXIF", b"ICCP")
_MOST_BEFORE_PIXELS = 16
_ANIMATION, _EXIF, _ALPHA = 0x02, 0x08, 0x10  # flags of VP8X; the others announce metadata


class Webp(NamedTuple):
    """A WebP file without the chunks that carry no pixels.

    Attributes:
        file: The picture, or its first frame.
        height: Height of the canvas, in pixels as stored.
        width: Width of the canvas, in pixels as stored.
        orientation: EXIF orientation, 1 to 8.
        profile: ICC profile; empty if there is none.
        ended: Whether the file is as long as it says.
    """

    file: bytes
    height: int
    width: int
    orientation: int
    profile: bytes
    ended: bool


def read_webp(data: bytes) -> Webp:
    """Read the chunks of a file up to its first whole picture, and its metadata.

    Args:
        data: Content of the file.

    Raises:
        UndecodableImageError: The file ends before its first picture does, or says no size.
    """
    size = int.from_bytes(data[4:8], "little") + 8
    found: dict[bytes, bytes] = {}
    kept, whole, place = [], False, 12
    while place + 8 <= min(size, len(data)):
        kind, length = (
            data[place : place + 4],
            int.from_bytes(data[place + 4 : place + 8], "little"),
        )
        chunk, place = data[place : place + 8 + length], place + 8 + length + (length & 1)
        if len(chunk) < 8 + length:
            break
        if not whole and kind in (*_PIXELS, *_BESIDE):
            kept.append(_without_metadata(chunk).ljust(len(chunk) + (length & 1), b"\0"))
            whole = kind in _PIXELS
            if len(kept) > _MOST_BEFORE_PIXELS:
                raise UndecodableImageError("too much work: it has too many chunks before pixels")
        if kind in _TOLD:
            found.setdefault(kind, chunk[8:])
    ended = len(data) >= size
    if not whole:
        kind_of_loss = "corrupt" if ended else "truncated"
        raise UndecodableImageError(f"{kind_of_loss} image: it ends before its pixels do")
    if not ended and b"EXIF" not in found and (found.get(b"VP8X") or b"\0")[0] & _EXIF:
        raise UndecodableImageError("truncated image: it ends before it says which side is up")
    body = b"WEBP" + b"".join(kept)
    height, width = _canvas(kept[0])
    return Webp(
        b"RIFF" + len(body).to_bytes(4, "little") + body,
        height,
        width,
        exif_orientation(found.get(b"EXIF", b"")),
        found.get(b"ICCP", b""),
        ended,
    )


def _canvas(chunk: bytes) -> tuple[int, int]:
    """Return the height and width by the first chunk, for which libwebp allocates at once."""
    kind, body = chunk[:4], chunk[8:]
    if kind == b"VP8X" and len(body) >= 10:
        width, height = (int.from_bytes(body[at : at + 3], "little") + 1 for at in (4, 7))
    elif kind == b"VP8L" and len(body) >= 5:
        bits = int.from_bytes(body[1:5], "little")
        width, height = (bits & _MOST_SIDE) + 1, (bits >> 14 & _MOST_SIDE) + 1
    elif kind == b"VP8 " and len(body) >= 10:
        width, height = (int.from_bytes(body[at : at + 2], "little") & _MOST_SIDE for at in (6, 8))
    else:
        raise UndecodableImageError("corrupt image: its first chunk does not tell its size")
    return height, width


def _without_metadata(chunk: bytes) -> bytes:
    """Return the chunk; the header no longer announces what was left out."""
    if not chunk.startswith(b"VP8X"):
        return chunk
    return (
        chunk[:8] + bytes([chunk[8] & (_ANIMATION | _ALPHA)]) + chunk[9:]
        if len(chunk) > 8
        else chunk
    )
