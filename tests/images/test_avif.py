"""The frames of an AVIF's streams are found wherever they are."""

import struct

import numpy as np
import pytest
from PIL import Image

from pixelmill.errors import UndecodableImageError
from pixelmill.images.avif import largest_frame
from pixelmill.images.pillow_decoding import OTHER_COLOURS
from tests.images.pictures import file_of, scene

SIDE = 64


def box(kind, body):
    return struct.pack(">I", 8 + len(body)) + kind + body


def part_of(data, kind):
    """A box from a file, without its header."""
    place = data.index(kind) + 4
    return data[place : place - 8 + int.from_bytes(data[place - 8 : place - 4], "big")]


def avif(tile, items, properties, refer=b""):
    """An AVIF of items (number, kind, content, properties); equal content is there once."""
    contents = list(dict.fromkeys(content for _, _, content, _ in items))
    entries = [box(b"infe", struct.pack(">IHH", 2 << 24, n, 0) + k + b"\0") for n, k, *_ in items]
    used = [struct.pack(f">HB{len(own)}B", n, len(own), *own) for n, _, _, own in items]
    joined = box(b"iprp", box(b"ipco", b"".join(properties)) + box(
        b"ipma", struct.pack(">II", 0, len(used)) + b"".join(used)
    ))  # fmt: skip
    listed = box(b"iinf", struct.pack(">IH", 0, len(items)) + b"".join(entries))

    def meta(start):
        before = {one: len(b"".join(contents[:place])) for place, one in enumerate(contents)}
        places = b"".join(
            struct.pack(">HHHII", number, 0, 1, start + before[content], len(content))
            for number, _, content, _ in items
        )
        return box(b"meta", b"".join([
            bytes(4), box(b"hdlr", part_of(tile, b"hdlr")), box(b"pitm", struct.pack(">IH", 0, 1)),
            box(b"iloc", struct.pack(">IBBH", 0, 0x44, 0, len(items)) + places), listed,
            box(b"iref", bytes(4) + refer), joined,
        ]))  # fmt: skip

    head = box(b"ftyp", part_of(tile, b"ftyp"))
    return head + meta(len(head) + len(meta(0)) + 8) + box(b"mdat", b"".join(contents))


def described(tile, width, height):
    """Properties of a picture, and of the tile."""
    sizes = [struct.pack(">III", 0, width, height), struct.pack(">III", 0, SIDE, SIDE)]
    return [
        *(box(b"ispe", size) for size in sizes),
        *(box(kind, part_of(tile, kind)) for kind in (b"pixi", b"av1C", b"colr")),
    ]


def grid(tile, rows, columns):
    """An AVIF that shows a picture of 64x64 pixels as tiles, each an item of its own."""
    tiles = range(2, 2 + rows * columns)
    shape = struct.pack(">BBBBHH", 0, 0, rows - 1, columns - 1, SIDE * columns, SIDE * rows)
    stream = part_of(tile, b"mdat")
    items = [(1, b"grid", shape, (1, 3, 5))]
    items += [(number, b"av01", stream, (2, 3, 0x84, 5)) for number in tiles]
    refer = box(b"dimg", struct.pack(f">HH{len(tiles)}H", 1, len(tiles), *tiles))
    return avif(tile, items, described(tile, SIDE * columns, SIDE * rows), refer)


@pytest.fixture(scope="module")
def tile():
    return file_of(scene((SIDE, SIDE)), "AVIF", quality=90, subsampling="4:4:4")


@pytest.mark.parametrize("size", [(64, 48), (1000, 700)])
def test_a_picture_is_as_large_as_its_frame(size):
    assert largest_frame(file_of(Image.new("RGBA", size), "AVIF", speed=10)) == size


def test_a_frame_of_a_sequence_may_be_as_large_as_its_bits_allow():
    frames = [Image.new("RGB", (600, 500), colour) for colour in ("red", "blue")]
    data = file_of(frames[0], "AVIF", speed=10, save_all=True, append_images=frames[1:])
    assert largest_frame(data) == (1024, 512)


def test_a_grid_is_read_and_its_tiles_are_found(rgb, tile):
    data = grid(tile, 2, 3)
    assert rgb(data).shape == (2 * SIDE, 3 * SIDE, 3)
    np.testing.assert_array_equal(rgb(data)[SIDE:, SIDE : 2 * SIDE], rgb(tile))
    assert largest_frame(data) == (SIDE, SIDE)


@pytest.mark.parametrize("share", [0.05, 0.3, 0.5, 0.7, 0.9, 0.99])
def test_a_cut_file_has_no_frame_that_it_did_not_have(tile, share):
    data = grid(tile, 2, 2)
    assert largest_frame(data[: int(share * len(data))]) in ((0, 0), (SIDE, SIDE))


@pytest.mark.parametrize("share", [0.05, 0.2, 0.5, 0.9, 0.99])
def test_a_cut_file_is_called_truncated_wherever_it_ends(rgb, tile, share):
    """A collection asks again for what is truncated, and never for what is corrupt."""
    with pytest.raises(UndecodableImageError, match=r"^truncated image: \S"):
        rgb(tile[: int(share * len(tile))])


CLAPS = {
    "middle": ((32, 1, 16, 1, 0, 1, 0, 1), (16, 48, 24, 40)),
    "corner": ((20, 1, 30, 1, -22, 1, 17, 1), (0, 20, 34, 64)),
    "halves": ((21, 1, 64, 1, 1, 2, 0, 1), (22, 43, 0, 64)),
    "whole": ((64, 1, 64, 1, 0, 1, 0, 1), (0, 64, 0, 64)),
    "half a pixel": ((21, 1, 64, 1, 0, 1, 0, 1), (0, 64, 0, 64)),
    "beyond the edge": ((32, 1, 32, 1, 17, 1, 0, 1), (0, 64, 0, 64)),
    "empty": ((0, 1, 64, 1, 0, 1, 0, 1), (0, 64, 0, 64)),
    "negative": ((-8, 1, 64, 1, 0, 1, 0, 1), (0, 64, 0, 64)),
    "no number": ((32, 0, 32, 1, 0, 1, 0, 1), (0, 64, 0, 64)),
}


@pytest.mark.parametrize(("numbers", "part"), CLAPS.values(), ids=CLAPS)
@pytest.mark.parametrize("turns", [0, 1])
def test_what_is_cut_off_a_picture_is_not_shown(rgb, tile, numbers, part, turns):
    """It is cut before the picture is turned; a part that is no part of it means nothing."""
    properties = described(tile, SIDE, SIDE)
    properties += [box(b"clap", struct.pack(">8i", *numbers)), box(b"irot", bytes([turns]))]
    items = [(1, b"av01", part_of(tile, b"mdat"), (1, 3, 0x84, 5, 0x86, 0x87))]
    left, right, top, bottom = part
    expected = np.rot90(rgb(tile)[top:bottom, left:right], turns)
    np.testing.assert_array_equal(rgb(avif(tile, items, properties)), expected)


@pytest.mark.parametrize("exif", [b"", b"abc", b"\xff" * 12])
def test_damaged_exif_costs_no_picture(rgb, tile, exif):
    items = [(1, b"av01", part_of(tile, b"mdat"), (1, 3, 0x84, 5)), (2, b"Exif", exif, ())]
    refer = box(b"cdsc", struct.pack(">HHH", 2, 1, 1))
    data = avif(tile, items, described(tile, SIDE, SIDE), refer)
    np.testing.assert_array_equal(rgb(data), rgb(tile))


ALPHA = box(b"auxC", bytes(4) + b"urn:mpeg:mpegB:cicp:systems:auxiliary:alpha\0")


@pytest.mark.parametrize("alpha", [(0x86, 7, 8), (1, 0x86, 7, 8)], ids=["no size", "size"])
def test_alpha_without_a_size_is_as_large_as_its_picture(rgb, tile, alpha):
    """Early encoders wrote it so, and browsers show it."""
    half = file_of(scene((SIDE, SIDE)).convert("L").point(lambda level: 255 * (level > 99)), "AVIF")
    properties = [
        *described(tile, SIDE, SIDE),
        *(box(kind, part_of(half, kind)) for kind in (b"av1C", b"pixi")),
        ALPHA,
    ]
    items = [
        (1, b"av01", part_of(tile, b"mdat"), (1, 3, 0x84, 5)),
        (2, b"av01", part_of(half, b"mdat"), alpha),
    ]
    found = rgb(avif(tile, items, properties, box(b"auxl", struct.pack(">HHH", 2, 1, 1))))
    opaque = rgb(half)[:, :, :1] > 127
    np.testing.assert_allclose(found, np.where(opaque, rgb(tile), 255), atol=40)


def test_colours_of_other_items_are_no_remark(remarks, tile):
    """A gain map has colours of its own, of high dynamic range."""
    stream = part_of(tile, b"mdat")
    properties = [
        *described(tile, SIDE, SIDE),
        box(b"colr", b"nclx" + bytes([0, 9, 0, 16, 0, 9, 0])),
    ]
    own, other = (1, 3, 0x84, 5), (1, 3, 0x84, 6)
    items = [(1, b"av01", stream, own), (2, b"av01", stream, other)]
    assert remarks(avif(tile, items, properties)) == ()
    items = [(1, b"av01", stream, other), (2, b"av01", stream, own)]
    assert remarks(avif(tile, items, properties)) == (OTHER_COLOURS,)
