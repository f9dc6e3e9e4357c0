"""The directory of a TIFF file, which EXIF uses as well, and its description of the pixels.

Source: TIFF 6.0; EXIF 2.32; the BigTIFF specification.
"""

import re
import struct
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from itertools import islice

ORIENTATION = 274
_OF_CAMERA = 0x8769  # tag of the place of the second directory
_DATES = (0x9003, 0x9004)  # taken, digitized
_DATE = re.compile(rb"(\d{4})[:-](\d\d)[:-](\d\d)(?!\d)")
_SIZES = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8, 13: 4,
          16: 8, 17: 8, 18: 8}  # fmt: skip
_NUMBERS = {1: "B", 3: "H", 4: "I", 6: "b", 8: "h", 9: "i", 11: "f", 12: "d", 13: "I", 16: "Q",
            17: "q", 18: "Q"}  # fmt: skip
_BYTE = 1
_MOST_VALUES = 1 << 22
MOST_TAGS = 4096  # files with all of EXIF and of maps have two hundred


@dataclass(frozen=True)
class Directory:
    """The first directory of a TIFF file.

    Attributes:
        data: Content of the file.
        entries: Type, number of values and place of the values, by tag; of the first `MOST_TAGS`.
        order: "<" or ">", the byte order.
        tags: Number of tags that the file declares.
        repeated: Tags that are there several times, of which the first counts.
        is_cut: Whether the data end within the directory.
    """

    data: bytes
    entries: dict[int, tuple[int, int, int]]
    order: str
    tags: int
    repeated: frozenset[int]
    is_cut: bool

    def numbers(self, tag: int, most: int = _MOST_VALUES) -> tuple[float, ...]:
        """Return values of a tag, perhaps only the first.

        Args:
            tag: Number of the tag.
            most: Maximum number of values.

        Returns:
            The values; empty where the tag is missing, is no number or lies beyond the end.
        """
        kind, count, place = self.entries.get(tag, (0, 0, 0))
        letter = _NUMBERS.get(kind)
        if letter is None or not 0 < count <= _MOST_VALUES:
            return ()
        size = count * _SIZES[kind]
        if place + size > len(self.data):
            return ()
        return struct.unpack_from(f"{self.order}{min(count, most)}{letter}", self.data, place)

    def whole(self, tag: int, default: int = 0) -> int:
        """Return the first value of a tag as a whole number."""
        values = self.numbers(tag, 1)
        return int(values[0]) if values else default

    def count(self, tag: int) -> int:
        """Return how many values a tag says that it has; 0 where it is missing."""
        return self.entries.get(tag, (0, 0, 0))[1]

    def is_number(self, tag: int) -> bool:
        """Return whether a tag is missing, or has a type of whole or real numbers."""
        return tag not in self.entries or self.entries[tag][0] in _NUMBERS

    def is_of_bytes(self, tag: int) -> bool:
        """Return whether the values of a tag are bytes, whatever the standard wants."""
        return self.entries.get(tag, (0, 0, 0))[0] == _BYTE

    def content(self, tag: int) -> bytes:
        """Return bytes of a tag; empty where it is missing or lies beyond the end."""
        _, _, place = self.entries.get(tag, (0, 0, 0))
        end = self.ends(tag)
        return self.data[place:end] if end <= len(self.data) else b""

    def value_bytes(self, tag: int) -> int:
        """Return the size of the values of a tag, as it says; 0 where it is missing."""
        kind, count, _ = self.entries.get(tag, (0, 0, 0))
        return count * _SIZES.get(kind, 1)

    def ends(self, tag: int) -> int:
        """Return where the values of a tag end in the file; 0 where it is missing."""
        _, _, place = self.entries.get(tag, (0, 0, 0))
        return place + self.value_bytes(tag)


def read_directory(data: bytes, start: int | None = None) -> Directory | None:
    """Read a directory of a TIFF file or of a block of EXIF.

    Args:
        data: Begins with the byte order, `II` or `MM`.
        start: Offset of the directory; None is the first one.

    Returns:
        The directory, up to the end of the data; None where it is damaged or lies beyond it.
    """
    order = {b"II": "<", b"MM": ">"}.get(data[:2])
    if order is None or len(data) < 8:
        return None
    try:
        tags, entries = _entries(data, order, start)
        counts = Counter(tag for tag, _ in entries)
        repeated = frozenset(tag for tag, count in counts.items() if count > 1)
        is_cut = len(entries) < min(tags, MOST_TAGS)
        return Directory(data, dict(reversed(entries)), order, tags, repeated, is_cut)
    except (struct.error, OverflowError):  # a place beyond the end, or beyond any memory
        return None


def _entries(
    data: bytes, order: str, start: int | None = None
) -> tuple[int, list[tuple[int, tuple[int, int, int]]]]:
    """Return the number of tags; and the first of them, with type, number and place of values."""
    big = struct.unpack_from(order + "H", data, 2)[0] == 43
    if start is None:
        start = struct.unpack_from(order + ("Q" if big else "I"), data, 8 if big else 4)[0]
    count_of, entry, inline = ("Q", "HHQQ", 8) if big else ("H", "HHII", 4)
    (count,) = struct.unpack_from(order + count_of, data, start)
    start += struct.calcsize(order + count_of)
    size = struct.calcsize(order + entry)
    end = start + min(count, MOST_TAGS, (len(data) - start) // size) * size

    def walk() -> Iterator[tuple[int, tuple[int, int, int]]]:
        for place in range(start, end, size):
            tag, kind, values, offset = struct.unpack_from(order + entry, data, place)
            fits = values * _SIZES.get(kind, 1) <= inline
            yield tag, (kind, values, place + size - inline if fits else offset)

    return count, list(walk())


def exif_orientation(exif: bytes) -> int:
    """Read the orientation from a block of EXIF.

    Args:
        exif: The block, which begins with the byte order; `Exif` and two zeros may precede it.

    Returns:
        1 to 8; 1 if there is none, or the block is damaged.
    """
    for directory in _directories(exif.removeprefix(b"Exif\0\0")):
        if ORIENTATION in directory.entries:
            return valid_orientation(directory.whole(ORIENTATION, 1))
    return 1


def _directories(block: bytes) -> Iterator[Directory]:
    """Yield the first directory of a block of EXIF, and the one of the camera."""
    if first := read_directory(block):
        yield first
        place = first.whole(_OF_CAMERA)
        if place > 0 and (of_camera := read_directory(block, place)):
            yield of_camera


def exif_date(exif: bytes) -> date | None:
    """Read the day on which a photo was taken, or digitized, from a block of EXIF.

    Args:
        exif: The block, which begins with the byte order; `Exif` and two zeros may precede it.

    Returns:
        None where it says none, one that no calendar has, or the block is damaged.
    """
    for of_camera in islice(_directories(exif.removeprefix(b"Exif\0\0")), 1, None):
        for tag in _DATES:
            if found := _DATE.match(of_camera.content(tag)):
                with suppress(ValueError):
                    return date(*map(int, found.groups()))
    return None


def valid_orientation(number: int) -> int:
    """Return the number where it is one of EXIF's eight, else 1: upright."""
    return number if 1 <= number <= 8 else 1
