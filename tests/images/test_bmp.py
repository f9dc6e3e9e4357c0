"""BMP with run lengths, whole and damaged, and with a colour profile."""

import struct

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pixelmill.errors import UndecodableImageError
from pixelmill.images.decoding import UNREADABLE_PROFILE, decode
from pixelmill.images.limits import Limits
from tests.images.pictures import difference, file_of

GREYS = {8: np.arange(256), 4: np.arange(16) * 17}
END = b"\0\1"


def run_length_bmp(runs, size=(40, 30), bits=8):
    """A BMP of greys as runs of bytes or half bytes."""
    palette = b"".join(bytes([grey, grey, grey, 0]) for grey in GREYS[bits])
    compression = {8: 1, 4: 2}[bits]
    info = struct.pack("<IiiHHIIiiII", 40, *size, 1, bits, compression, len(runs), 0, 0, 0, 0)
    start = 14 + len(info) + len(palette)
    return b"BM" + struct.pack("<IHHI", start + len(runs), 0, 0, start) + info + palette + runs


def absolute(values, bits):
    """Values as they are, to whole words."""
    data = bytes(values)
    if bits == 4:
        pairs = [*values, 0][: len(values) + len(values) % 2]
        data = bytes(a << 4 | b for a, b in zip(pairs[::2], pairs[1::2], strict=True))
    return bytes([0, len(values)]) + data + bytes(len(data) % 2)


def encoded(rows, bits):
    """Codes of rows of pieces, and the values that they mean; rows without any are left out."""
    codes, meant = b"", np.zeros((len(rows), WIDTH), int)
    for row, pieces in enumerate(rows):
        column = 0
        for kind, drawn in pieces:
            values = drawn
            if kind == "run":
                first, second = values[0], values[-1] if bits == 4 else values[0]
                value = first << 4 | second if bits == 4 else first
                codes += bytes([len(values), value])
                values = [(first, second)[place % 2] for place in range(len(values))]
            elif kind == "absolute":
                codes += absolute(values, bits)
            else:
                codes += bytes([0, 2, len(values), 0])
                values = [0] * len(values)
            left = max(0, WIDTH - column)
            meant[row, column : column + len(values)] = values[:left]
            column += len(values)
        codes += b"\0\0"
    return codes + END, meant


WIDTH = 11
PIECES = st.tuples(
    st.sampled_from(["run", "absolute", "skip"]),
    st.lists(st.integers(0, 15), min_size=3, max_size=9),
)


@pytest.mark.parametrize("bits", [4, 8])
@settings(deadline=None)
@given(rows=st.lists(st.lists(PIECES, max_size=3), min_size=1, max_size=7))
def test_every_code_is_obeyed_as_the_format_says(bits, rows):
    """Rows may be empty, which Pillow passes over, so that all above them slip."""
    codes, meant = encoded(rows, bits)
    found = decode(run_length_bmp(codes, (WIDTH, len(rows)), bits), Limits())
    assert (found.shown(found.pixels)[::-1, :, 0] == GREYS[bits][meant]).all()


def test_a_move_may_go_up(rgb):
    codes = b"\4\xff" + b"\0\2\1\2" + b"\5\x80" + END
    shown = rgb(run_length_bmp(codes, (10, 3)))[::-1, :, 0]
    assert shown.tolist() == [[255] * 4 + [0] * 6, [0] * 10, [0] * 5 + [128] * 5]


def test_the_first_row_may_be_the_highest(rgb):
    data = bytearray(run_length_bmp(b"\0\0" + b"\4\xff" + END, (4, 2)))
    assert rgb(bytes(data))[:, 0, 0].tolist() == [255, 0]
    struct.pack_into("<i", data, 22, -2)
    assert rgb(bytes(data))[:, 0, 0].tolist() == [0, 255]


@pytest.mark.parametrize("bits", [4, 8])
@pytest.mark.parametrize("colours", [[0, 255], [255, 0], [0, 1], list(range(16))])
def test_a_palette_says_nothing_of_the_bits(rgb, bits, colours):
    """Pillow takes bytes for bits where a palette has two colours, black and white."""
    values = np.arange(40 * 30).reshape(30, 40) % 7 % len(colours)
    rows = values[::-1].astype(np.uint8)
    pixels = rows if bits == 8 else rows[:, ::2] << 4 | rows[:, 1::2]
    palette = b"".join(bytes([grey, grey, grey, 0]) for grey in colours)
    info = struct.pack("<IiiHHIIiiII", 40, 40, 30, 1, bits, 0, 0, 0, 0, len(colours), 0)
    start = 54 + len(palette)
    data = b"BM" + struct.pack("<IHHI", 0, 0, 0, start) + info + palette + pixels.tobytes()
    assert (rgb(data)[:, :, 0] == np.array(colours)[values]).all()


@pytest.mark.parametrize(("field", "value"), [(28, 24), (28, 4), (22, 0), (18, 0)])
def test_a_header_that_does_not_fit_run_lengths_is_corrupt(rgb, field, value):
    data = bytearray(run_length_bmp(b"\x28\1\0\0" * 30 + END))
    struct.pack_into("<h" if field == 28 else "<i", data, field, value)
    with pytest.raises(UndecodableImageError, match=r"^corrupt image: its header does not fit"):
        rgb(bytes(data))


def test_run_lengths_that_leave_pixels_out_are_no_cut_download(rgb):
    """The end is where it should be, so that asking a server again brings nothing more."""
    rows = b"\x28\1\0\0" * 30 + b"\0\1"
    assert (rgb(run_length_bmp(rows)) == 1).all()
    assert (rgb(run_length_bmp(rows)[:-4]) == 1).all()
    with pytest.raises(UndecodableImageError, match=r"^corrupt image: its pixels end early$"):
        rgb(run_length_bmp(b"\x28\1\0\0" * 20 + b"\0\1"))
    with pytest.raises(UndecodableImageError, match=r"^truncated image: its pixels end early$"):
        rgb(run_length_bmp(rows)[:-50])
    with pytest.raises(UndecodableImageError, match=r"^BMP of this kind is not read: Unsupported"):
        rgb(run_length_bmp(rows).replace(b"\x08\0\1\0\0\0", b"\x02\0\0\0\0\0", 1))


def bmp_with(data, profile, space=b"DEBM", version=124):
    """A BMP of 24 bits with the header of a later version, and a profile behind its pixels."""
    head, pixels = data[14:54], data[54:]
    longer = struct.pack("<I", version) + head[4:] + bytes(16) + space + bytes(48)
    longer += struct.pack("<IIII", 4, version + len(pixels), len(profile), 0)
    first = b"BM" + struct.pack("<IHHI", 14 + version + len(pixels) + len(profile), 0, 0, 138)
    return first + longer + pixels + profile


def test_the_profile_of_a_bmp_counts_as_in_other_kinds(rgb, remarks, picture, wide_profile):
    plain = file_of(picture, "BMP")
    data = bmp_with(plain, wide_profile)
    assert (rgb(data) == rgb(file_of(picture, "PNG", icc_profile=wide_profile))).all()
    assert remarks(data) == ()
    assert difference(rgb(data), picture) > 3


@pytest.mark.parametrize("space", [b"BGRs", b" niW", b"KNIL"])
def test_a_bmp_without_an_embedded_profile_is_of_srgb(rgb, picture, wide_profile, space):
    assert (rgb(bmp_with(file_of(picture, "BMP"), wide_profile, space)) == picture).all()


def test_a_damaged_profile_of_a_bmp_is_a_remark(rgb, remarks, picture, wide_profile):
    whole = bmp_with(file_of(picture, "BMP"), wide_profile)
    for data in (
        bmp_with(file_of(picture, "BMP"), b"nothing"),
        whole[:-300],
        whole[: -len(wide_profile)],
    ):
        assert remarks(data) == (UNREADABLE_PROFILE,)
        assert (rgb(data) == np.asarray(picture)).all()
