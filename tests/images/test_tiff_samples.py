"""Samples and layouts of TIFF that Pillow takes for others."""

import struct
import zlib

import numpy as np
import pytest

from pixelmill.errors import UndecodableImageError
from pixelmill.images.pillow_decoding import THUMBNAIL
from tests.images.pictures import difference, file_of, tiff_file

SHORT, BITS, COMPRESSION, COLOURS, MAP, FORMAT = 3, 258, 259, 262, 320, 339
DEFLATE = 8
KINDS = {
    "signed of 16 bits": (np.int16, 32767, 2),
    "signed of 32 bits": (np.int32, 2**31 - 1, 2),
    "floats": (np.float32, 1, 3),
}


def grey(picture):
    """Grey levels up to 255 as float64 [height, width]."""
    levels = np.asarray(picture.convert("L")).astype(float)
    return levels * (255 / levels.max())


@pytest.mark.parametrize("pack", [bytes, zlib.compress])
@pytest.mark.parametrize("order", "<>")
@pytest.mark.parametrize("kind", KINDS)
def test_samples_have_the_order_of_their_file(rgb, picture, kind, order, pack):
    dtype, top, number = KINDS[kind]
    values = (grey(picture) / 255 * top).astype(dtype)
    tags = [(FORMAT, SHORT, number), (COMPRESSION, SHORT, 1 if pack is bytes else DEFLATE)]
    assert difference(rgb(tiff_file(values, tags, order, pack))[..., 0], grey(picture)) < 1


@pytest.mark.parametrize("pack", [bytes, zlib.compress])
def test_unsigned_samples_of_32_bits_reach_beyond_signed_ones(rgb, picture, pack):
    values = (grey(picture) / 255 * (2**32 - 1)).astype(np.uint32)
    tags = [(COMPRESSION, SHORT, 1 if pack is bytes else DEFLATE)]
    assert difference(rgb(tiff_file(values, tags, pack=pack))[..., 0], grey(picture)) < 1


def test_signed_samples_of_8_bits_reach_to_half(rgb):
    """As those of 16 bits do."""
    values = np.array([[-128, -1, 0, 64, 127]], np.int8)
    found = rgb(tiff_file(values, [(FORMAT, SHORT, 2)]))
    assert found[0, :, 0].tolist() == [0, 0, 0, 129, 255]


def test_a_palette_of_8_bits_is_no_black_picture(rgb, picture):
    few = picture.quantize(256)
    data = bytearray(file_of(few, "TIFF"))
    wide = np.array(few.getpalette(), np.uint16).reshape(-1, 3).T.tobytes()
    stored = (np.frombuffer(wide, np.uint16) << 8).tobytes()
    place = data.index(stored[:40])
    data[place : place + len(wide)] = wide
    assert (rgb(bytes(data)) == np.asarray(few.convert("RGB"))).all()


def test_grey_with_premultiplied_alpha_is_on_white(rgb):
    values = np.array([[[100, 255], [50, 128], [0, 0]]], np.uint8)
    tags = [(277, SHORT, 2), (338, SHORT, 1), (BITS, SHORT, 8), (257, 4, 1), (256, 4, 3)]
    data = tiff_file(values.reshape(1, 6), tags)
    assert difference(rgb(data)[0, :, 0], [100, 177, 255]) < 1


@pytest.mark.parametrize(
    ("tags", "what"),
    [
        ([(COMPRESSION, SHORT, 50001)], "with WebP"),
        ([(COMPRESSION, SHORT, 34887)], "with LERC"),
        ([(COMPRESSION, SHORT, 4321)], "with compression 4321"),
        ([(284, SHORT, 2), (277, SHORT, 3), (COLOURS, SHORT, 2), (BITS, SHORT, 16)],
         "of this kind in separate planes"),
        ([(284, SHORT, 2), (277, SHORT, 2), (338, SHORT, 2), (COMPRESSION, SHORT, DEFLATE)],
         "of this kind in separate planes"),
        ([(277, SHORT, 3), (COLOURS, SHORT, 6)],
         "with colours of a lower resolution and no compression"),
    ],
)  # fmt: skip
def test_a_layout_that_is_not_read_is_named(rgb, tags, what):
    data = tiff_file(np.zeros((16, 32), np.uint8), tags)
    with pytest.raises(UndecodableImageError, match=rf"^TIFF {what} is not read: convert it$"):
        rgb(data)


def test_large_files_of_the_other_byte_order_are_named(rgb):
    directory = bytes(7) + b"\3"
    for tag, value in ((256, 4), (257, 4), (273, 8)):
        directory += tag.to_bytes(2, "big") + b"\0\4" + (1).to_bytes(8, "big")
        directory += value.to_bytes(4, "big") + bytes(4)
    data = b"MM\0+\0\x08\0\0" + (16).to_bytes(8, "big") + directory + bytes(8)
    with pytest.raises(UndecodableImageError, match=r"^TIFF of 64-bit offsets .* is not read"):
        rgb(data)


def test_tiles_that_are_listed_as_strips_are_not_read_as_strips(rgb):
    """libtiff reads them so; Pillow would show other pixels, or call the file cut."""
    tiles = np.arange(4 * 32 * 32).reshape(128, 32).astype(np.uint8)
    tags = [(322, SHORT, 32), (323, SHORT, 32)]
    with pytest.raises(
        UndecodableImageError, match=r"^TIFF whose tiles are listed as strips is not"
    ):
        rgb(tiff_file(tiles, tags))


@pytest.mark.parametrize("compression", [32809, 34677])
def test_compressions_that_pillow_does_not_decode_are_named(rgb, compression):
    values = np.zeros((8, 8), np.uint8)
    with pytest.raises(UndecodableImageError, match=r"^TIFF with (ThunderScan|LogLuv) is not read"):
        rgb(tiff_file(values, [(COMPRESSION, SHORT, compression)]))


@pytest.mark.parametrize("kind", [2, 5, 7, 10])
@pytest.mark.parametrize("tag", [258, COMPRESSION, 278, 322])
def test_a_tag_that_is_no_number_is_not_left_to_libtiff(rgb, tag, kind):
    """It reads a fraction as a number, so that no check would see the compression."""
    values = np.zeros((8, 8), np.uint8)
    with pytest.raises(UndecodableImageError, match=rf"^corrupt image: tag {tag} of its directory"):
        rgb(tiff_file(values, [(tag, kind, 8)]))


def test_a_tag_that_is_there_twice_is_refused(rgb):
    """libtiff takes the first and Pillow the last, which may be a tile's size that was checked."""
    data = tiff_file(np.zeros((8, 8), np.uint8), [])
    place = struct.unpack_from("<I", data, 4)[0]
    count = struct.unpack_from("<H", data, place)[0]
    for number in range(count):
        row = data[place + 2 + 12 * number :][:12]
        twice = data[:place] + struct.pack("<H", count + 1) + row + data[place + 2 :]
        tag = struct.unpack("<H", row[:2])[0]
        with pytest.raises(
            UndecodableImageError, match=f"^corrupt image: its directory has tag {tag}"
        ):
            rgb(twice)


@pytest.mark.parametrize("number", [1, 3, 6, 8, 9])
@pytest.mark.parametrize("kind", [1, 3, 4], ids=["byte", "short", "long"])
@pytest.mark.parametrize("order", "<>")
def test_an_orientation_of_any_width_counts(rgb, picture, kind, number, order):
    """Pillow does not see one that is a byte; other viewers do."""
    values = grey(picture).astype(np.uint8)
    value = number << 24 if kind == 1 and order == ">" else number
    turned = {3: np.rot90(values, 2), 6: np.rot90(values, -1), 8: np.rot90(values)}
    expected = turned.get(number, values)
    found = rgb(tiff_file(values, [(274, kind, value)], order))
    np.testing.assert_array_equal(found[..., 0], expected)


def test_a_thumbnail_that_comes_first_is_a_remark(remarks, picture):
    values = grey(picture).astype(np.uint8)
    assert remarks(tiff_file(values, [(254, 4, 1)])) == (THUMBNAIL,)
    assert remarks(tiff_file(values, [(254, 4, 2)])) == ()
