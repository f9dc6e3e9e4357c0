"""Only the first frame of a GIF is decoded, as Pillow shows it."""

import io
import struct

import numpy as np
import pytest
from PIL import Image

from pixelmill.errors import UndecodableImageError
from pixelmill.images.gif import first_frame
from tests.images.pictures import file_of, scene

BLOCKS = {
    "comment": b"\x21\xfe\x05hello\0",
    "application": b"\x21\xff\x0bNETSCAPE2.0\x03\x01\0\0\0",
    "text": b"\x21\x01\x0c" + bytes(12) + b"\x02hi\0",
    "bytes without meaning": b"\0\0\0",
}


def animation(**options):
    frames = [scene((48, 36)).quantize(20 + place) for place in range(3)]
    return file_of(frames[0], "GIF", save_all=True, append_images=frames[1:], **options)


def as_pillow_shows(data):
    with Image.open(io.BytesIO(data)) as image:
        shown = image.convert("RGBA")
    white = Image.new("RGBA", shown.size, "white")
    return np.asarray(Image.alpha_composite(white, shown).convert("RGB"))


@pytest.mark.parametrize("options", [{}, {"transparency": 3, "disposal": 2}, {"loop": 0}])
def test_the_first_frame_is_the_picture(rgb, options):
    data = animation(**options)
    np.testing.assert_array_equal(rgb(data), as_pillow_shows(data))
    assert len(first_frame(data).file) < 0.7 * len(data)


@pytest.mark.parametrize("block", BLOCKS.values(), ids=BLOCKS)
def test_blocks_before_it_are_left_out(rgb, block):
    data = animation(transparency=3)
    place = data.index(b"\x21\xf9")
    assert first_frame(data[:place] + block + data[place:]) == first_frame(data)
    assert (rgb(data[:place] + block + data[place:]) == rgb(data)).all()


def test_a_file_that_ends_before_its_frame_is_an_error(rgb):
    data = animation()
    start = data.index(b"\x2c\0\0\0\0")
    for broken in (data[:start], data[: start - 3] + b";" + data[start:]):
        with pytest.raises(UndecodableImageError):
            rgb(broken)


def screen(size, left, top):
    """A GIF whose only frame is smaller than its screen."""
    frame = scene((48, 36)).quantize(20)
    data = bytearray(file_of(frame, "GIF"))
    place = data.index(b"\x2c\0\0\0\0")
    data[6:10] = struct.pack("<HH", *size)
    data[place + 1 : place + 5] = struct.pack("<HH", left, top)
    return bytes(data), np.asarray(frame.convert("RGB"))


@pytest.mark.parametrize("size", [(80, 60), (900, 700)])
def test_the_screen_around_a_frame_is_white(rgb, size):
    data, frame = screen(size, 5, 7)
    expected = np.full((size[1], size[0], 3), 255, np.uint8)
    expected[7:43, 5:53] = frame
    np.testing.assert_array_equal(rgb(data), expected)


@pytest.mark.parametrize("length", [40, 90, 300])
def test_a_cut_file_is_called_truncated_wherever_it_ends(rgb, length):
    """A collection asks again for what is truncated, and never for what is corrupt."""
    with pytest.raises(UndecodableImageError, match=r"^truncated image: \S"):
        rgb(animation()[:length])
