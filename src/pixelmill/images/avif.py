"""AV1 streams of an AVIF file: its largest frame.

The size of its picture is in the boxes of the file, and libavif scales what it decodes to that.
But what is decoded, and allocated, is as large as the header of each stream allows.

Source: ISO/IEC 14496-12 (boxes); AV1 Bitstream and Decoding Process Specification, 5.3 to 5.5.
"""

from collections.abc import Iterator
from itertools import chain

from pixelmill.errors import UndecodableImageError
from pixelmill.images.avif_boxes import MOST_PARTS, Box, Numbers, boxes, limited
from pixelmill.images.avif_properties import is_item, item_number

_SEQUENCE_HEADER = 1
_SHARED = 2  # times its size that the items of a file may have together
_HEADER_BYTES = 1024  # more than any sequence header has

Pieces = tuple[tuple[int, int], ...]
"""Place and length of each piece of an item."""


class _Bits:
    """Numbers of any length from the front of some bytes."""

    def __init__(self, data: memoryview) -> None:
        self._value = int.from_bytes(data, "big")
        self._left = 8 * len(data)

    def take(self, length: int) -> int:
        """Return the next bits as a number; zeros beyond the end."""
        self._left -= length
        shifted = self._value >> self._left if self._left >= 0 else self._value << -self._left
        return shifted & (1 << length) - 1

    def skip_variable(self) -> None:
        """Skip a number that begins with as many zeros as its length."""
        zeros = 0
        while zeros < 32 and not self.take(1):
            zeros += 1
        self.take(zeros)


def largest_frame(data: bytes) -> tuple[int, int]:
    """Find the largest frame that the streams of the first picture may hold.

    Args:
        data: Content of the file.

    Returns:
        Width and height in pixels; 0 where there is no stream.

    Raises:
        UndecodableImageError: The file has too many parts.
    """
    whole = memoryview(data)
    found = list(boxes(whole))
    streams = chain(_item_streams(whole, found), _first_samples(whole, found))
    units = limited(unit for stream in streams for unit in _units(stream))
    sizes = (_sequence_size(_Bits(body)) for kind, body in units if kind == _SEQUENCE_HEADER)
    return max(sizes, key=lambda size: size[0] * size[1], default=(0, 0))


def _item_streams(data: memoryview, found: list[Box]) -> Iterator[memoryview]:
    """Return the streams of the items that are AV1, wherever their pieces are.

    Equal tiles of a grid, and layers of one picture, are items of one stream.
    """
    left, seen = _SHARED * len(data), set()
    items = {item_number(box.body) for box in found if is_item(box, b"av01")}
    inside = next((box.body for box in found if box.kind == b"idat"), memoryview(b""))
    places = (box.body for box in found if box.kind == b"iloc")
    for number, method, pieces in chain.from_iterable(map(_locations, places)):
        if number in items and (method, pieces) not in seen:
            seen.add((method, pieces))
            stream = _joined(inside if method == 1 else data, pieces)
            left -= len(stream)
            if left < 0:
                raise UndecodableImageError("corrupt image: its items are longer than it")
            yield stream


def _locations(body: memoryview) -> Iterator[tuple[int, int, Pieces]]:
    """Return the number of each item, how its pieces are stored, and their places and lengths."""
    numbers = Numbers(body, 4)
    sizes = numbers.take(2)
    offset, length, base, index = (sizes >> shift & 15 for shift in (12, 8, 4, 0))
    version, pieces = body[0] if body else 0, 0
    wide = 2 if version < 2 else 4
    for _ in limited(range(numbers.take(wide))):
        number = numbers.take(wide)
        method = numbers.take(2) & 15 if version else 0
        numbers.take(2)
        start, count = numbers.take(base), numbers.take(2)
        pieces += count
        if numbers.ended or pieces > MOST_PARTS:
            raise UndecodableImageError("corrupt image: it does not tell where its items are")
        found = []
        for _ in range(count):
            numbers.take(index if version else 0)
            found.append((start + numbers.take(offset), numbers.take(length)))
        yield number, method, tuple(found)


def _joined(data: memoryview, pieces: Pieces) -> memoryview:
    """Return the pieces one after another, up to the size of the file; libavif reads no longer
    item.
    """
    parts, left = [], len(data)
    for place, length in pieces:
        part = data[place : place + min(length or left, left)]
        parts.append(part)
        left -= len(part)
    return memoryview(b"".join(parts))


def _first_samples(data: memoryview, found: list[Box]) -> Iterator[memoryview]:
    """Return the first frame of each track of a sequence, which is the one that is shown."""
    places = [_first_place(box) for box in found if box.kind in (b"stco", b"co64")]
    sizes = [box.body for box in found if box.kind == b"stsz"]
    if len(places) != len(sizes):
        raise UndecodableImageError("corrupt image: a track does not tell its frames")
    for place, body in zip(places, sizes, strict=True):
        same = int.from_bytes(body[4:8], "big")
        yield data[place : place + (same or int.from_bytes(body[12:16], "big"))]


def _first_place(box: Box) -> int:
    return int.from_bytes(box.body[8 : 16 if box.kind == b"co64" else 12], "big")


def _units(stream: memoryview) -> Iterator[tuple[int, memoryview]]:
    """Yield kind and content of each unit of a stream."""
    place = 0
    while place < len(stream):
        head = stream[place]
        place += 2 if head & 4 else 1
        size = len(stream) - place
        if head & 2:
            size, place = _leb128(stream, place)
        yield head >> 3 & 15, stream[place : place + min(size, _HEADER_BYTES)]
        place += size


def _leb128(data: memoryview, place: int) -> tuple[int, int]:
    """Return a number of seven bits a byte, the lowest first; and the place behind it."""
    value = 0
    for shift in range(0, 56, 7):
        byte = data[place] if place < len(data) else 0
        value |= (byte & 127) << shift
        place += 1
        if not byte & 128:
            break
    return value, place


def _sequence_size(bits: _Bits) -> tuple[int, int]:
    """Return the size of a still picture's frame; otherwise the largest that a frame may choose."""
    bits.take(3 + 1)
    reduced = bits.take(1)
    if reduced:
        bits.take(5)
    else:
        _skip_operating_points(bits)
    across, down = bits.take(4) + 1, bits.take(4) + 1
    width, height = bits.take(across) + 1, bits.take(down) + 1
    return (width, height) if reduced else (1 << across, 1 << down)


def _skip_operating_points(bits: _Bits) -> None:
    delay_length = 0
    if bits.take(1):  # timing
        bits.take(64)
        if bits.take(1):
            bits.skip_variable()
        if bits.take(1):
            delay_length = bits.take(5) + 1
            bits.take(32 + 5 + 5)
    has_delay = bits.take(1)
    for _ in range(bits.take(5) + 1):
        bits.take(12)
        if bits.take(5) > 7:
            bits.take(1)
        if delay_length and bits.take(1):
            bits.take(2 * delay_length + 1)
        if has_delay and bits.take(1):
            bits.take(4)
