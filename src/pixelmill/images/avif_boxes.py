"""Boxes of an AVIF file.

Source: ISO/IEC 14496-12.
"""

from collections.abc import Iterable, Iterator
from itertools import repeat
from typing import NamedTuple, TypeVar

from pixelmill.errors import UndecodableImageError

MOST_PARTS = 1 << 16
"""Boxes, items, or units of streams."""

_CONTAINERS = {
    *(b"moov", b"trak", b"mdia", b"minf", b"stbl"),
    *(b"meta", b"iinf", b"iprp", b"ipco"),
}
_HEADS = {b"meta": 4, b"iinf": 6}  # bytes before the boxes inside; one more pair where many
_LEAST_BOX = 8  # bytes

Part = TypeVar("Part")


class Box(NamedTuple):
    """A box.

    Attributes:
        kind: Its name, 4 bytes.
        body: Content after the header, a part of the memory in which the box was found.
    """

    kind: bytes
    body: memoryview


class Numbers:
    """Numbers of whole bytes, from a place on; zeros beyond the end.

    Attributes:
        place: Offset of the next number.
    """

    def __init__(self, data: memoryview, place: int) -> None:
        """Begin at a place."""
        self.place = place
        self._data = data

    @property
    def ended(self) -> bool:
        """Whether numbers were taken from beyond the end."""
        return self.place > len(self._data)

    def take(self, length: int) -> int:
        """Return the next number of as many bytes."""
        self.place += length
        return int.from_bytes(self._data[self.place - length : self.place], "big")


def is_cut(data: bytes) -> bool:
    """Return whether the file ends within one of its outermost boxes.

    Args:
        data: Content of the file.
    """
    place = 0
    for _ in limited(repeat(None)):
        head = data[place : place + 16]
        size = int.from_bytes(head[:4], "big")
        if size == 1:
            size = int.from_bytes(head[8:], "big")
        if len(head) < _LEAST_BOX or size < _LEAST_BOX:  # the last box need not tell its size
            break
        place += size
    return place > len(data) or 0 < len(data) - place < _LEAST_BOX


def limited(parts: Iterable[Part]) -> Iterator[Part]:
    """Yield parts of a file.

    Raises:
        UndecodableImageError: There are too many.
    """
    for number, part in enumerate(parts):
        if number == MOST_PARTS:
            raise UndecodableImageError(f"too much work: it has more than {MOST_PARTS} parts")
        yield part


def boxes(data: memoryview) -> Iterator[Box]:
    """Yield all boxes, those inside of others behind them."""
    waiting = [data]
    for _ in limited(repeat(None)):
        if not waiting:
            return
        rest = waiting.pop()
        size, head = int.from_bytes(rest[:4], "big"), 8
        if size == 1:
            size, head = int.from_bytes(rest[8:16], "big"), 16
        kind, end = bytes(rest[4:8]), size or len(rest)
        if len(rest) < head or end < head:
            continue
        if end < len(rest):
            waiting.append(rest[end:])
        body = rest[head:end]
        yield Box(kind, body)
        if kind in _CONTAINERS:
            more = 2 if kind == b"iinf" and bytes(body[:1]) != b"\0" else 0
            waiting.append(body[_HEADS.get(kind, 0) + more :])
