"""TIFF as scanners, cameras and microscopes write it, whole and damaged."""

import os
import struct

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pixelmill.errors import UndecodableImageError
from pixelmill.images.samples import DARK
from pixelmill.images.tiff import exif_orientation, read_directory
from pixelmill.images.tiff_checks import checked_fax
from tests.images.pictures import difference, file_of, oriented, scene, tiff_file

COMPRESSIONS = ("raw", "tiff_lzw", "tiff_adobe_deflate", "packbits", "jpeg", "zstd")
SHORT = 3


def tiff(image, compression="raw", **options):
    return file_of(image, "TIFF", compression=compression, **options)


def grey16(picture):
    return np.asarray(picture.convert("L")).astype(np.uint16) * 257


def test_white_may_be_zero_or_full(rgb, picture):
    expected = np.asarray(picture.convert("L").convert("RGB"))
    values = grey16(picture)
    assert (rgb(tiff_file(values, [])) == expected).all()
    assert (rgb(tiff_file(65535 - values, [(262, SHORT, 0)])) == expected).all()


@pytest.mark.parametrize("white_is_zero", [False, True])
def test_floats_reach_to_one_whatever_is_white(rgb, picture, white_is_zero):
    grey = np.asarray(picture.convert("L")).astype(np.float32) / 255
    values = 1 - grey if white_is_zero else grey
    tags = [(258, SHORT, 32), (339, SHORT, 3), (262, SHORT, int(not white_is_zero))]
    assert difference(rgb(tiff_file(values, tags))[..., 0], grey * 255) < 1


def test_signed_samples_reach_to_half(rgb):
    values = np.array([[-5, 0, 16384, 32767]], np.int16)
    assert rgb(tiff_file(values, [(339, SHORT, 2)]))[0, :, 0].tolist() == [0, 0, 128, 255]


def test_the_stated_maximum_is_white_where_it_is_all_ones(rgb, remarks, picture):
    expected = np.asarray(picture.convert("L").convert("RGB"))
    low = grey16(picture) >> 4
    said = tiff_file(low, [(281, SHORT, 4095)])
    assert difference(rgb(said), expected) < 1
    assert remarks(said) == ()
    assert remarks(tiff_file(low, [])) == (DARK,)
    # The largest sample of this image says nothing of the range of its kind.
    assert difference(rgb(tiff_file(low, [(281, SHORT, int(low.max()))])), expected / 16) < 1


@pytest.mark.parametrize("compression", COMPRESSIONS)
@pytest.mark.parametrize("mode", ["RGB", "L", "CMYK"])
def test_every_compression(rgb, picture, compression, mode):
    expected = np.asarray(picture.convert(mode).convert("RGB"))
    assert difference(rgb(tiff(picture.convert(mode), compression)), expected) < 4


@pytest.mark.parametrize("number", range(1, 9))
@pytest.mark.parametrize("compression", ["raw", "tiff_lzw"])
def test_pillow_turns_it_and_nobody_else_does(rgb, picture, number, compression):
    undo = {2: 0, 3: 3, 4: 1, 5: 5, 6: 2, 7: 6, 8: 4}
    stored = picture.transpose(undo[number]) if number > 1 else picture
    data = tiff(stored, compression, tiffinfo={274: number})
    assert (rgb(data) == np.asarray(picture)).all()


def holed(data, what):
    start = len(data) // 2
    return data[:start] + what * (600 // len(what)) + data[start + 600 :]


@pytest.mark.parametrize("what", [b"\xff\xd0", b"\xff\xd9", b"\xff\xff\x41"])
@pytest.mark.parametrize("mode", ["RGB", "L", "CMYK"])
def test_a_hole_in_jpeg_inside_tiff_is_an_error(rgb, mode, what):
    data = tiff(scene((320, 240)).convert(mode), "jpeg", quality=95)
    with pytest.raises(UndecodableImageError, match=r"^(corrupt|truncated) image: \S"):
        rgb(holed(data, what))


@pytest.mark.parametrize("compression", ["group3", "group4"])
def test_a_hole_in_a_fax_is_an_error_and_others_may_write_meanwhile(rgb, capfd, compression):
    page = scene((320, 240)).convert("1")
    data = tiff(page, compression)
    assert (rgb(data) == np.asarray(page.convert("RGB"))).all()
    place = data.index(b"II*") + len(data) // 2
    holed_page = data[:place] + bytes(range(1, 201)) + data[place + 200 :]
    with pytest.raises(UndecodableImageError, match=r"^corrupt image: Fax\dDecode"):
        rgb(holed_page)
    assert capfd.readouterr().err == ""


def test_other_messages_are_passed_on_while_a_fax_is_decoded(capfd):
    directory = read_directory(tiff(scene((32, 24)).convert("1"), "group4"))
    with checked_fax(directory):
        os.write(2, b"somebody else\n")
    assert capfd.readouterr().err == "somebody else\n"
    with pytest.raises(UndecodableImageError, match="bad"), checked_fax(directory):
        raise UndecodableImageError("bad")
    os.write(2, b"afterwards\n")
    assert capfd.readouterr().err == "afterwards\n"


@pytest.mark.parametrize("compression", [name for name in COMPRESSIONS if name != "packbits"])
@settings(max_examples=60, deadline=None)
@given(share=st.floats(0, 1, exclude_max=True))
def test_a_cut_file_gives_the_whole_picture_or_a_reason(compression, share, rgb):
    data = tiff(scene((64, 48)), compression)
    try:
        shown = rgb(data[: max(4, int(share * len(data)))])
    except UndecodableImageError as problem:
        reason = str(problem)
    else:
        reason = None
        assert (shown == rgb(data)).all()
    assert reason is None or reason.startswith("truncated image: ")


def test_a_strip_beyond_the_end_is_reported_by_its_number(rgb):
    data = tiff(scene((64, 48)), "tiff_lzw")
    directory = read_directory(data)
    place = directory.entries[279][2]
    longer = data[:place] + struct.pack("<I", len(data)) + data[place + 4 :]
    with pytest.raises(UndecodableImageError, match=r"^truncated image: its part 1 lies beyond"):
        rgb(longer)


def test_old_style_jpeg_is_named(rgb):
    with pytest.raises(UndecodableImageError, match=r"^TIFF with old-style JPEG is not read: "):
        rgb(tiff_file(np.zeros((8, 8), np.uint8), [(259, SHORT, 6)]))


def test_what_pillow_does_not_know_is_not_called_broken(rgb):
    odd = tiff_file(np.zeros((8, 8), np.uint8), [(262, SHORT, 32803)])  # a camera's raw samples
    with pytest.raises(UndecodableImageError, match=r"^TIFF of this kind is not read: its samples"):
        rgb(odd)


def test_pages_behind_the_first_may_be_missing(rgb):
    first, second = scene((64, 48)), scene((32, 24))
    data = tiff(first, save_all=True, append_images=[second])
    assert (rgb(data) == np.asarray(first)).all()


@pytest.mark.parametrize("number", range(1, 9))
def test_orientation_is_read_in_either_byte_order(number):
    assert exif_orientation(oriented(number).tobytes()) == number
    little = b"II*\0" + struct.pack("<IHHHIHHI", 8, 1, 274, 3, 1, number, 0, 0)
    assert exif_orientation(little) == number


@pytest.mark.parametrize("exif", [b"", b"Exif\0\0", b"MM\0*", b"II*\0\xff\xff\xff\xff", bytes(99)])
def test_damaged_exif_is_upright(exif):
    assert exif_orientation(exif) == 1


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=400))
def test_no_bytes_make_the_reader_fail(data):
    for begin in (b"II*\0", b"MM\0*", b"II+\0\x08\0\0\0"):
        assert 1 <= exif_orientation(begin + data) <= 8
        directory = read_directory(begin + data)
        for tag in directory.entries if directory else ():
            directory.numbers(tag)
            directory.content(tag)


def test_directories_of_large_files(rgb):
    """BigTIFF: places of 8 bytes."""
    values = np.asarray(scene((16, 12)).convert("L"))
    entries = {256: 16, 257: 12, 258: 8, 259: 1, 262: 1, 273: 16, 277: 1, 278: 12, 279: 192}
    rows = b"".join(struct.pack("<HHQQ", tag, 16, 1, value) for tag, value in entries.items())
    data = struct.pack("<2sHHHQ", b"II", 43, 8, 0, 16 + 192) + values.tobytes()
    data += struct.pack("<Q", len(entries)) + rows + bytes(8)
    assert read_directory(data).whole(257) == 12
    assert (rgb(data)[..., 0] == values).all()


@pytest.mark.parametrize("order", ["<", ">"])
def test_of_a_cut_directory_what_is_there_counts(order):
    """Editors that shorten metadata leave such blocks; browsers obey them."""
    begin = {"<": b"II*\0", ">": b"MM\0*"}[order] + struct.pack(order + "I", 8)
    block = begin + struct.pack(order + "HHHIHxx", 20, 274, 3, 1, 6)
    assert exif_orientation(block) == exif_orientation(block + b"\1\2") == 6
    assert exif_orientation(block[:-1]) == 1


@pytest.mark.parametrize("numbers", [(6, 1), (1, 6)])
def test_of_two_orientations_the_first_counts(numbers):
    tags = b"".join(struct.pack("<HHIHxx", 274, 3, 1, number) for number in numbers)
    assert exif_orientation(b"II*\0\10\0\0\0\2\0" + tags + bytes(4)) == numbers[0]


@pytest.mark.parametrize(("outer", "expected"), [((), 6), ((3,), 3)])
def test_the_directory_of_the_camera_may_tell_the_orientation(outer, expected):
    """Some editors write all tags there; where both tell, the first directory counts."""
    place = 8 + 2 + 12 * (1 + len(outer)) + 4
    tags = b"".join(struct.pack("<HHIHxx", 274, 3, 1, number) for number in outer)
    tags += struct.pack("<HHII", 0x8769, 4, 1, place)
    block = b"II*\0\10\0\0\0" + struct.pack("<H", 1 + len(outer)) + tags + bytes(4)
    assert exif_orientation(block + struct.pack("<HHHIHxx", 1, 274, 3, 1, 6)) == expected
