"""The parts of a JPEG file that carry pixels.

Source: ITU-T T.81, annex B; Adobe Technical Note 5116 (APP14).
"""

import re
from dataclasses import dataclass, field
from itertools import chain

from pixelmill.errors import UndecodableImageError
from pixelmill.images.jpeg import EOI, FRAMES, PROGRESSIVE, SOI, SOS, Segment, segments
from pixelmill.images.jpeg_work import MOST_SCANS, Frame, read_frame

_JFIF, _ADOBE = b"JFIF\0", b"Adobe"
_APP0, _APP14 = 0xE0, 0xEE
_TABLES = frozenset({0xC4, 0xCC, 0xDB, 0xDD})  # Huffman, arithmetic, quantization, restarts
_SEQUENTIAL = frozenset({0xC0, 0xC1, 0xC9})
_MOST_RESTARTS = 1 << 18  # encoders write one for each row of units, or fewer
# In entropy-coded data 0xFF is followed by 0, by more of itself (fill), or by a restart.
_DATA_END = re.compile(rb"\xff[^\x00\xff\xd0-\xd7]")
_RESTART = re.compile(rb"(\xff[\xd0-\xd7])")
_PLAIN_JFIF = b"\xff\xe0\0\x10JFIF\0\1\1\0\0\1\0\1\0\0"
_PLAIN_ADOBE = b"\xff\xee\0\x0eAdobe\0\x64\0\0\0\0"
_MOST_ZEROS = 32  # bytes that pixels and the decoder's reading ahead take of the padding
_NOTHING = 99  # in the place of the lowest bit of a coefficient that no scan has brought
_KNOWN_TRANSFORMS = {3: (0, 1), 4: (0, 2)}  # by components: none, and the one of Y, Cb and Cr


@dataclass
class PixelData:
    """The parts of a JPEG that carry pixels, each scan cut at its restart markers.

    What carries none (metadata, junk between segments, what follows the end) is left out, and what
    decoders disagree about is written plainly: the revision of JFIF, unknown codes of Adobe, the
    parameters of a scan that a sequential JPEG does not use.

    Attributes:
        parts: Bytes in their order. Parts at odd places are entropy-coded data.
        scans: Number of scans.
        blocks: Number of blocks of all scans.
        ended: Whether the file has an end marker.
        lacks_components: Whether nothing has come of a component.
        missing: Whether the scans have not brought all bits of all coefficients.
    """

    parts: list[bytes] = field(default_factory=list)
    scans: int = 0
    blocks: int = 0
    ended: bool = False
    lacks_components: bool = False
    missing: bool = False

    def file(self, excess: bytes = b"") -> bytes:
        """Return a JPEG of these parts alone, optionally with bytes after each part of data."""
        ends = (excess if place % 2 else b"" for place in range(len(self.parts)))
        return b"".join([SOI, *chain(*zip(self.parts, ends, strict=True)), EOI])

    def without_padding(self, amount: int, marker: int) -> bool:
        """Drop zeros that were found before a marker.

        Args:
            amount: Number of bytes that the decoder had no use for.
            marker: Second byte of the marker that followed them.

        Returns:
            Whether there were as many zeros before such a marker, and hardly more. Other bytes are
            pixels that were lost; and where data is missing, zeros may pass for it.
        """
        following = [part[1] for part in self.parts[2::2]] + [EOI[1]]
        for place, found in zip(range(1, len(self.parts), 2), following, strict=True):
            data = self.parts[place]
            zeros = len(data) - len(data.rstrip(b"\0"))
            if found == marker and 0 <= zeros - amount <= _MOST_ZEROS:
                self.parts[place] = data[: len(data) - amount]
                return True
        return False


def pixel_data(data: bytes) -> PixelData:
    """Take the parts of a JPEG that carry pixels.

    Args:
        data: Content of the file.

    Raises:
        UndecodableImageError: The file has too many scans, segments or restarts.
    """
    found, coverage, head, place = PixelData(), _Coverage(), [], 2
    while True:
        scan = None
        for segment in segments(data, place):
            place = segment.end
            if segment.marker == EOI[1]:
                found.ended = True
            elif segment.marker == SOS:
                scan = segment
            else:
                head.append(coverage.frame(segment) or _plain(segment, coverage.components))
        if scan is None:
            found.lacks_components, found.missing = coverage.lacks_components, coverage.missing
            return found
        found.scans += 1
        found.blocks += coverage.visited(scan.body)
        if found.scans > MOST_SCANS:
            raise UndecodableImageError(
                f"too much work: it has more than {MOST_SCANS} scans of one picture"
            )
        head.append(_written(SOS, coverage.scan(scan.body)))
        place = _entropy(data, scan.end, b"".join(head), found)
        head = []


def _entropy(data: bytes, start: int, head: bytes, found: PixelData) -> int:
    """Append a scan; return where the segment after it begins."""
    end = _DATA_END.search(data, start)
    stop = end.start() if end else len(data)
    # What is left of 0xFF at the end is fill before the marker.
    pieces = _RESTART.split(data[start:stop].rstrip(b"\xff"), _MOST_RESTARTS)
    found.parts += [head, *pieces]
    if len(found.parts) > 2 * _MOST_RESTARTS:
        raise UndecodableImageError(f"too much work: it has more than {_MOST_RESTARTS} restarts")
    return stop


def _written(marker: int, body: bytes) -> bytes:
    return bytes([0xFF, marker]) + (len(body) + 2).to_bytes(2, "big") + body


def _plain(segment: Segment, components: int) -> bytes:
    """Return the segment as every decoder understands it; empty where it carries no pixels."""
    marker, body, _ = segment
    if marker in _TABLES:
        return _written(marker, body)
    if marker == _APP0 and body.startswith(_JFIF):
        return _PLAIN_JFIF
    if marker == _APP14 and body.startswith(_ADOBE) and len(body) >= 12:
        known = _KNOWN_TRANSFORMS.get(components, (0, 1))
        return _PLAIN_ADOBE + bytes([body[11] if body[11] in known else known[1]])
    return b""


class _Coverage:
    """Which coefficients the scans have brought, to which bit."""

    def __init__(self) -> None:
        self.components = 3
        self._frame = Frame(0, 0, ())
        self._sequential = self._progressive = False
        self._bits: dict[int, list[int]] = {}  # the lowest bit of each of 64

    def frame(self, segment: Segment) -> bytes:
        """Take the header of the picture; empty for other segments."""
        marker, body, _ = segment
        if marker not in FRAMES or len(body) < 6:
            return b""
        self.components, self._frame = body[5], read_frame(body)
        self._sequential, self._progressive = marker in _SEQUENTIAL, marker in PROGRESSIVE
        self._bits = {number: [_NOTHING] * 64 for number in body[6::3]}
        return _written(marker, body)

    def visited(self, body: bytes) -> int:
        """Return the blocks that a scan with this header visits."""
        return self._frame.visited(body)

    def scan(self, body: bytes) -> bytes:
        """Take the header of a scan, and return it with the parameters that count."""
        count = body[0] if body else 0
        if len(body) < 4 + 2 * count:
            return body
        parameters = body[1 + 2 * count :][:3]
        first, last, bits = parameters if self._progressive else (0, 63, 0)
        for number in body[1 : 1 + 2 * count : 2]:
            known = self._bits.setdefault(number, [_NOTHING] * 64)
            for coefficient in range(first, min(last, 63) + 1):
                known[coefficient] = bits & 15
        return body[: 1 + 2 * count] + (
            bytes([first, last, bits]) if self._sequential else parameters
        )

    @property
    def lacks_components(self) -> bool:
        """Whether no scan has brought the mean values of a component."""
        return not self._bits or any(bits[0] == _NOTHING for bits in self._bits.values())

    @property
    def missing(self) -> bool:
        """Whether bits of a coefficient are missing."""
        return any(max(bits) > 0 for bits in self._bits.values())
