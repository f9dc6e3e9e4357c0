"""Items of an AVIF file and their properties: what of its picture is shown, and in which colours.

Source: ISO/IEC 23008-12, 6.5 (properties) and 9.3 (associations); ISO/IEC 14496-12, 12.1.4 (clean
aperture).
"""

import struct
from collections import defaultdict
from collections.abc import Iterator
from itertools import chain

from pixelmill.images.avif_boxes import Box, Numbers, boxes, limited
from pixelmill.images.blocks import Box as Frame
from pixelmill.images.colour import are_like_srgb

_SEQUENCE = b"avis"
_EXIF, _NOTHING = b"Exif", b"\0\0\0\0"


def is_item(box: Box, kind: bytes) -> bool:
    """Return whether a box describes an item of a kind."""
    return box.kind == b"infe" and bytes(_item_kind(box.body)) == kind


def item_number(body: memoryview) -> int:
    """Return the number of an item.

    Args:
        body: Body of the box that describes it.
    """
    return int.from_bytes(body[4:8] if _is_wide(body) else body[4:6], "big")


def without_metadata(data: bytes) -> bytes:
    """Return the file without EXIF, and with alpha as large as the picture where it says no size.

    libavif refuses a file whose EXIF is damaged. Early encoders left the size of alpha out.

    Args:
        data: Content of the file.
    """
    changed = bytearray(data)
    found = list(boxes(memoryview(changed)))
    for box in found:
        if is_item(box, _EXIF):
            _item_kind(box.body)[:] = _NOTHING
    owned = _properties(found)
    size = next((name for box, name in owned[_picture(found)] if box.kind == b"ispe"), b"")
    for properties in owned.values():
        names = {box.kind: name for box, name in properties}
        if size and b"auxC" in names and b"ispe" not in names and b"pixi" in names:
            names[b"pixi"][:] = size
    return bytes(changed)


def clean_aperture(data: bytes, width: int, height: int) -> Frame:
    """Return the part of the stored picture that is shown, before it is turned.

    Args:
        data: Content of the file.
        width: Width of the stored picture in pixels.
        height: Height of the stored picture in pixels.

    Returns:
        All of it, unless the file names whole pixels within it.
    """
    whole = (0, 0, width, height)
    apertures = (box.body for box in _of_picture(data) if box.kind == b"clap")
    values = next((body for body in apertures if len(body) >= 32), None)
    if values is None or data[8:12] == _SEQUENCE:
        return whole
    numbers = struct.unpack_from(">8i", values)
    if min(numbers[1::2]) < 1:
        return whole
    across, down, right, below = (
        top / bottom for top, bottom in zip(numbers[::2], numbers[1::2], strict=True)
    )
    # The offset is that of the middle.
    left, top = (width - across) / 2 + right, (height - down) / 2 + below
    part = (left, top, left + across, top + down)
    is_inside = 0 <= left < part[2] <= width and 0 <= top < part[3] <= height
    if not is_inside or any(edge != int(edge) for edge in part):
        return whole
    return int(left), int(top), int(part[2]), int(part[3])


def has_other_colours(data: bytes) -> bool:
    """Return whether code points of the picture name other colours than those of sRGB.

    Args:
        data: Content of the file.
    """
    named = (box.body for box in _of_picture(data) if box.kind == b"colr")
    points = (struct.unpack_from(">4sHH", body) for body in named if len(body) >= 8)
    return any(form == b"nclx" and not are_like_srgb(*both) for form, *both in points)


def _is_wide(body: memoryview) -> bool:
    return bytes(body[:1]) == b"\3"


def _item_kind(body: memoryview) -> memoryview:
    return body[10:14] if _is_wide(body) else body[8:12]


def _picture(found: list[Box]) -> int:
    """Return the number of the item that is the picture."""
    first = next((box.body for box in found if box.kind == b"pitm"), memoryview(b""))
    return int.from_bytes(first[4:], "big")


def _of_picture(data: bytes) -> list[Box]:
    """Return the properties of the picture itself, not those of its alpha or gain map."""
    found = list(boxes(memoryview(data)))
    return [box for box, _ in _properties(found).get(_picture(found), ())]


def _properties(found: list[Box]) -> dict[int, list[tuple[Box, memoryview]]]:
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
