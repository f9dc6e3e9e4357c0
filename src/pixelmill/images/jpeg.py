"""Headers of a JPEG file.

Source: ITU-T T.81, annex B; ICC.1, annex B.4 (profiles).
"""

import re
from collections.abc import Iterator
from functools import partial
from typing import NamedTuple

from pixelmill.errors import UndecodableImageError
from pixelmill.images.colour import DAMAGED
from pixelmill.images.jpeg_work import Frame, read_frame
from pixelmill.images.sharing import once
from pixelmill.images.tiff import exif_orientation

SOI, EOI, SOS = b"\xff\xd8", b"\xff\xd9", 0xDA
FRAMES = frozenset({*range(0xC0, 0xD0)} - {0xC4, 0xC8, 0xCC})
PROGRESSIVE = frozenset({0xC2, 0xC6, 0xCA, 0xCE})
LOSSLESS = frozenset({0xC3, 0xC7, 0xCB, 0xCF})
_EXIF, _ICC = b"Exif\0", b"ICC_PROFILE\0"
_LEAST_EXIF = 14  # bytes; a shorter block says nothing, and another one may follow
_APP1, _APP2 = 0xE1, 0xE2
# The next marker with a length, or the end of the image; 0 is no marker, and 0xFF is fill.
_MARKER = re.compile(rb"\xff[^\x00\x01\xd0-\xd8\xff]")
_MOST_SEGMENTS = 1 << 16  # files with much metadata have hundreds


class Segment(NamedTuple):
    """A part of the file that begins with a marker.

    Attributes:
        marker: Second byte of the marker.
        body: Content after the length.
        end: Offset of the next part in the file.
    """

    marker: int
    body: bytes
    end: int


class JpegHeader(NamedTuple):
    """The segments before the pixels.

    Attributes:
        frame: Size and components.
        bits: Bits of a sample.
        components: 1 is grey, 3 is colour, 4 is CMYK.
        exif: First block of EXIF; empty if there is none.
        orientation: Orientation that it says, 1 to 8.
        profile: ICC profile; empty if there is none.
        several_scans: Whether the picture comes in several scans, by component or by detail.
        is_lossless: Whether samples are predicted from their neighbours.
    """

    frame: Frame
    bits: int
    components: int
    exif: bytes = b""
    orientation: int = 1
    profile: bytes = b""
    several_scans: bool = False
    is_lossless: bool = False

    @property
    def height(self) -> int:
        """Height in pixels as stored."""
        return self.frame.height

    @property
    def width(self) -> int:
        """Width in pixels as stored."""
        return self.frame.width


def segments(data: bytes, start: int = 2) -> Iterator[Segment]:
    """Walk from segment to segment up to the first scan, past whatever is between them.

    Args:
        data: Content of the file.
        start: Offset of the first segment.

    Yields:
        Every segment that is whole; the last is the scan's header or the end of the image.

    Raises:
        UndecodableImageError: There are too many.
    """
    for _ in range(_MOST_SEGMENTS):
        if (found := _MARKER.search(data, start)) is None:
            return
        marker, start = found[0][1], found.end()
        if marker == EOI[1]:
            yield Segment(marker, b"", start)
            return
        end = start + int.from_bytes(data[start : start + 2], "big")
        if max(end, start + 2) > len(data):
            return
        if end >= start + 2:
            yield Segment(marker, data[start + 2 : end], end)
            start = end
        if marker == SOS:
            return
    raise UndecodableImageError(f"too much work: it has more than {_MOST_SEGMENTS} segments")


def read_header(data: bytes) -> JpegHeader | None:
    """Read everything before the first scan, in one walk; of a shared file only once.

    Args:
        data: Content of the file.

    Returns:
        The header; None where the file ends before its first scan.
    """
    return once(data, JpegHeader, partial(_read_header, data))


def _read_header(data: bytes) -> JpegHeader | None:
    frame, exif, scan = None, b"", b""
    pieces: list[bytes] = []
    for marker, body, _ in segments(data):
        if marker in FRAMES and frame is None and len(body) >= 6:
            frame = (marker, body)
        elif marker == _APP1:
            exif = exif or _exif_of(body)
        elif marker == _APP2 and body.startswith(_ICC):
            pieces.append(body[len(_ICC) :])
        elif marker == SOS:
            scan = body
    if frame is None or not scan:
        return None
    marker, body = frame
    return JpegHeader(
        frame=read_frame(body),
        bits=body[0],
        components=body[5],
        exif=exif,
        orientation=exif_orientation(exif) if exif else 1,
        profile=_joined(pieces),
        several_scans=marker in PROGRESSIVE or scan[0] < body[5],
        is_lossless=marker in LOSSLESS,
    )


def _exif_of(body: bytes) -> bytes:
    """Return the block of EXIF in a segment for applications; empty if there is none.

    One byte of its name is not looked at, as in browsers.
    """
    is_exif = body.startswith(_EXIF) and len(body) >= _LEAST_EXIF
    return body[len(_EXIF) + 1 :] if is_exif else b""


def _joined(pieces: list[bytes]) -> bytes:
    """Return a profile from its numbered pieces, which may be repeated; empty if there are none."""
    numbered = sorted({(piece[:2], piece[2:]) for piece in pieces if len(piece) > 2})
    numbers = [number for number, _ in numbered]
    whole = [bytes([place, len(numbered)]) for place in range(1, min(len(numbered), 255) + 1)]
    return b"".join(piece for _, piece in numbered) if numbers == whole else DAMAGED
