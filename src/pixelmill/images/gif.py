"""The first frame of a GIF file, without the blocks that carry no pixels.

Source: CompuServe, Graphics Interchange Format, version 89a.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from pixelmill.images.blocks import Box

Pixels = NDArray[np.uint8]

_HEADER_BYTES = 13
_EXTENSION, _IMAGE, _TRAILER = 0x21, 0x2C, b"\x3b"
_CONTROL = 0xF9  # the transparent colour of the frame that follows, and what follows on it
_IS_TRANSPARENT = 0x01
_IMAGE_BYTES = 10
_HAS_COLOURS, _COLOURS = 0x80, 0x07


class FirstFrame(NamedTuple):
    """The first frame of a GIF.

    Attributes:
        file: A GIF of that frame; cut as the file is.
        box: Where the frame is on its screen, in pixels.
        ended: Whether the file has the end of the frame.
    """

    file: bytes
    box: Box
    ended: bool


def first_frame(data: bytes) -> FirstFrame:
    """Take the first frame of a file.

    Comments of a million tiny blocks take Pillow minutes, and later frames are not shown.

    Args:
        data: Content of the file.

    Returns:
        The frame. Its box is empty where there is none.
    """
    box, ended = (0, 0, 0, 0), False
    place = _HEADER_BYTES + _colour_bytes(data[10:11])
    kept, control = [data[:place]], b""
    while place < len(data):
        start = place
        if data[place] == _EXTENSION:
            place = _end_of_blocks(data, place + 2)
            if data[start + 1 : start + 2] == bytes([_CONTROL]):
                control = _control(data[start:place])
        elif data[place] == _IMAGE:
            place += _IMAGE_BYTES + _colour_bytes(data[place + 9 : place + 10])
            place = _end_of_blocks(data, place + 1)  # behind the size of a code
            box, ended = _box(data[start : start + _IMAGE_BYTES]), place <= len(data)
            kept += [control, data[start:place], _TRAILER if ended else b""]
            break
        elif data[place] == _TRAILER[0]:
            ended = True
            break
        else:  # a byte that means nothing
            place += 1
    return FirstFrame(b"".join(kept), box, ended)


def with_white_around(pixels: Pixels, box: Box) -> Pixels:
    """Paint the screen white around a frame, where Pillow has the first colour of a palette.

    Args:
        pixels: uint8 [height, width, channels]; may be changed.
        box: Where the frame is.

    Returns:
        The same array, or a copy.
    """
    left, top, right, bottom = box
    height, width = pixels.shape[:2]
    if (left, top) == (0, 0) and right >= width and bottom >= height:
        return pixels
    framed = pixels if pixels.flags.writeable else pixels.copy()
    framed[:top] = framed[bottom:] = framed[:, :left] = framed[:, right:] = 255
    return framed


def _box(descriptor: bytes) -> Box:
    left, top, width, height = (
        int.from_bytes(descriptor[at : at + 2], "little") for at in range(1, 9, 2)
    )
    return left, top, left + width, top + height


def _control(block: bytes) -> bytes:
    """Return the block without what to do after the frame, for which Pillow allocates at once."""
    return block[:3] + bytes(flags & _IS_TRANSPARENT for flags in block[3:4]) + block[4:]


def _colour_bytes(flags: bytes) -> int:
    """Return the size of the table of colours that flags announce."""
    if not flags or not flags[0] & _HAS_COLOURS:
        return 0
    return 3 << (flags[0] & _COLOURS) + 1


def _end_of_blocks(data: bytes, place: int) -> int:
    """Return where a chain of blocks ends; beyond the end where it is cut."""
    while place < len(data):
        length = data[place]
        place += length + 1
        if not length:
            return place
    return len(data) + 1
