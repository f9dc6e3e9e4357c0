"""Items of an AVIF file and their properties: what of its picture is shown, and in which colours.

Source: ISO/IEC 23008-12, 6.5 (properties) and 9.3 (associations); ISO/IEC 14496-12, 12.1.4 (clean
aperture).
"""

import struct
from collections import defaultdict
from collections.abc import Iterator
from itertools import chain
from operator import truediv
from typing import NamedTuple

from pixelmill.images.avif_boxes import Box, Numbers, boxes, limited
from pixelmill.images.blocks import Box as Frame
from pixelmill.images.code_points import CodePoints

_SEQUENCE = b"avis"
_EXIF, _NOTHING = b"Exif", b"\0\0\0\0"

Property = tuple[Box, memoryview]
"""A property of an item, and the bytes of the item that name it."""


class Avif(NamedTuple):
    """An AVIF file without metadata.

    Attributes:
        file: The file as it is decoded.
        aperture: Body of the box that says which part is shown; empty if there is none.
        points: Code points of the picture's colours; unspecified if there are none.
    """

    file: bytes
    aperture: bytes
    points: CodePoints

    def shown_part(self, width: int, height: int) -> Frame:
        """Return the part of the stored picture that is shown, before it is turned.

        Args:
            width: Width of the stored picture in pixels.
            height: Height of the stored picture in pixels.

        Returns:
            All of it, unless the file names whole pixels within it.
        """
        whole = (0, 0, width, height)
        numbers = struct.unpack_from(">8i", self.aperture.ljust(32, b"\0"))
        if min(numbers[1::2]) < 1:
            return whole
        across, down, right, below = map(truediv, numbers[::2], numbers[1::2])
        # The offset is that of the middle.
        left, top = (width - across) / 2 + right, (height - down) / 2 + below
        part = (left, top, left + across, top + down)
        is_inside = 0 <= left < part[2] <= width and 0 <= top < part[3] <= height
        if not is_inside or any(edge != int(edge) for edge in part):
            return whole
        return int(left), int(top), int(part[2]), int(part[3])


def is_item(box: Box, kind: bytes) -> bool:
    """Return whether a box describes an item of a kind."""
    return box.kind == b"infe" and bytes(_item_kind(box.body)) == kind


def item_number(body: memoryview) -> int:
    """Return the number of an item.

    Args:
        body: Body of the box that describes it.
    """
    return int.from_bytes(body[4:8] if _is_wide(body) else body[4:6], "big")


def read_avif(data: bytes) -> Avif:
    """Read the properties of the picture, and leave out what costs it for nothing.

    libavif refuses a file whose EXIF is damaged, or whose alpha says no size, as early encoders
    wrote it: it is that of the picture.

    Args:
        data: Content of the file.
    """
    changed = bytearray(data)
    found = list(boxes(memoryview(changed)))
    for box in found:
        if is_item(box, _EXIF):
            _item_kind(box.body)[:] = _NOTHING
    owned = _properties(found)
    picture = owned[_picture(found)]
    size = next((name for box, name in picture if box.kind == b"ispe"), b"")
    for properties in owned.values():
        names = {box.kind: name for box, name in properties}
        spare = names.get(b"pixi", b"") if b"auxC" in names and b"ispe" not in names else b""
        if isinstance(spare, memoryview) and len(spare) == len(size):
            spare[:] = size
    apertures = (bytes(box.body) for box, _ in picture if box.kind == b"clap")
    is_sequence = data[8:12] == _SEQUENCE  # of which a track is shown
    return Avif(bytes(changed), b"" if is_sequence else next(apertures, b""), _points(picture))


def _points(properties: list[Property]) -> CodePoints:
    named = (box.body for box, _ in properties if box.kind == b"colr")
    forms = (struct.unpack_from(">4sHH", body) for body in named if len(body) >= 8)
    return next((CodePoints(*both) for form, *both in forms if form == b"nclx"), CodePoints())


def _is_wide(body: memoryview) -> bool:
    return bytes(body[:1]) == b"\3"


def _item_kind(body: memoryview) -> memoryview:
    return body[10:14] if _is_wide(body) else body[8:12]


def _picture(found: list[Box]) -> int:
    """Return the number of the item that is the picture."""
    first = next((box.body for box in found if box.kind == b"pitm"), memoryview(b""))
    return int.from_bytes(first[4:], "big")


def _properties(found: list[Box]) -> dict[int, list[Property]]:
    """Return the properties of each item, each with the bytes that name it."""
    listed = next((box.body for box in found if box.kind == b"ipco"), memoryview(b""))
    properties, owned = list(boxes(listed)), defaultdict(list)
    for item, name in chain.from_iterable(
        _associations(b.body) for b in found if b.kind == b"ipma"
    ):
        place = int.from_bytes(name, "big") & ((0x80 << 8 * (len(name) - 1)) - 1)
        if 0 < place <= len(properties):
            owned[item].append((properties[place - 1], name))
    return owned


def _associations(body: memoryview) -> Iterator[tuple[int, memoryview]]:
    """Return the number of an item, and the bytes that name one of its properties.

    Their highest bit says that the property is needed.
    """
    numbers, flags = Numbers(body, 4), int.from_bytes(body[:4], "big")
    item_bytes, name_bytes = (4 if flags >> 24 else 2), (2 if flags & 1 else 1)
    for _ in limited(range(numbers.take(4))):
        item = numbers.take(item_bytes)
        for _ in range(numbers.take(1)):
            start = numbers.place
            numbers.take(name_bytes)
            if numbers.ended:
                return
            yield item, body[start : numbers.place]
