"""The frames of an AVIF's streams are found wherever they are."""

import struct

import numpy as np
import pytest
from PIL import Image

from pixelmill.errors import UndecodableImageError
from pixelmill.images.avif import largest_frame
from tests.images.pictures import file_of, scene

SIDE = 64


def box(kind, body):
    return struct.pack(">I", 8 + len(body)) + kind + body


def part_of(data, kind):
    """A box from a file, without its header."""
    place = data.index(kind) + 4
    return data[place : place - 8 + int.from_bytes(data[place - 8 : place - 4], "big")]


def grid(tile, rows, columns):
    """An AVIF that shows a picture of 64x64 pixels as tiles, each an item of its own."""
    tiles = list(range(2, 2 + rows * columns))
    shape = struct.pack(">BBBBHH", 0, 0, rows - 1, columns - 1, SIDE * columns, SIDE * rows)
    items = [(1, b"grid"), *((number, b"av01") for number in tiles)]
    entries = [box(b"infe", struct.pack(">IHH", 2 << 24, n, 0) + k + b"\0") for n, k in items]
    properties = [
        box(b"ispe", struct.pack(">III", 0, SIDE * columns, SIDE * rows)),
        box(b"ispe", struct.pack(">III", 0, SIDE, SIDE)),
        *(box(kind, part_of(tile, kind)) for kind in (b"pixi", b"av1C", b"colr")),
    ]
    used = [struct.pack(">HB3B", 1, 3, 1, 3, 5)]
    used += [struct.pack(">HB4B", number, 4, 2, 3, 0x84, 5) for number in tiles]
    joined = box(b"iprp", box(b"ipco", b"".join(properties)) + box(
        b"ipma", struct.pack(">II", 0, len(used)) + b"".join(used)
    ))  # fmt: skip
    refer = box(b"dimg", struct.pack(f">HH{len(tiles)}H", 1, len(tiles), *tiles))
    stream = part_of(tile, b"mdat")

    listed = box(b"iinf", struct.pack(">IH", 0, len(items)) + b"".join(entries))

    def meta(start):
        places = [struct.pack(">HHHHII", 1, 1, 0, 1, 0, len(shape))]
        for place, number in enumerate(tiles):
            where = start + place * len(stream)
            places.append(struct.pack(">HHHHII", number, 0, 0, 1, where, len(stream)))
        located = struct.pack(">IBBH", 1 << 24, 0x44, 0, len(places)) + b"".join(places)
        return box(b"meta", b"".join([
            bytes(4), box(b"hdlr", part_of(tile, b"hdlr")), box(b"pitm", struct.pack(">IH", 0, 1)),
            box(b"iloc", located), listed,
            box(b"iref", bytes(4) + refer), joined, box(b"idat", shape),
        ]))  # fmt: skip

    head = box(b"ftyp", part_of(tile, b"ftyp"))
    start = len(head) + len(meta(0)) + 8
    return head + meta(start) + box(b"mdat", stream * len(tiles))


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


@pytest.mark.parametrize("share", [0.1, 0.3, 0.5, 0.7, 0.9, 0.99])
def test_a_cut_file_has_no_frame_that_it_did_not_have(tile, share):
    data = grid(tile, 2, 2)
    assert largest_frame(data[: int(share * len(data))]) in ((0, 0), (SIDE, SIDE))


@pytest.mark.parametrize("share", [0.05, 0.2, 0.5, 0.9, 0.99])
def test_a_cut_file_is_called_truncated_wherever_it_ends(rgb, tile, share):
    """A collection asks again for what is truncated, and never for what is corrupt."""
    with pytest.raises(UndecodableImageError, match=r"^truncated image: \S"):
        rgb(tile[: int(share * len(tile))])
