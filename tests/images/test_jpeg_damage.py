"""A JPEG that lost pixels is an error; one with all its pixels gives them, whatever else is odd."""

import contextlib
import os
import struct

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pixelmill.errors import UndecodableImageError
from pixelmill.images.decoding import decode
from pixelmill.images.jpeg import read_header
from pixelmill.images.jpeg_decoding import NO_END
from pixelmill.images.jpeg_pixel_data import pixel_data
from pixelmill.images.limits import Limits
from tests.images.pictures import difference, file_of, scene, segment

WAYS = {
    "baseline": {},
    "chroma halved": {"subsampling": 2},
    "progressive": {"progressive": True},
    "optimized": {"optimize": True},
    "restarts": {"restart_marker_blocks": 4},
    "progressive restarts": {"restart_marker_rows": 1, "progressive": True},
}
MODES = ("RGB", "L", "CMYK")


def jpeg(mode="RGB", size=(96, 64), **options):
    return file_of(
        scene(size).convert(mode), "JPEG", **({"quality": 85, "subsampling": 0} | options)
    )


def shown(data):
    found = decode(data, Limits(1_000_000))
    return found.shown(found.pixels)


def assert_whole_or_truncated(cut, data):
    try:
        found = decode(cut, Limits(1_000_000))
    except UndecodableImageError as problem:
        reason = str(problem)
    else:
        reason = None
        assert found.remarks == (NO_END,)
        assert (found.shown(found.pixels) == shown(data)).all()
    assert reason is None or reason.startswith("truncated image: ")


def before(data, marker, piece):
    """The file with a piece before its first segment of this marker."""
    place = data.index(bytes([0xFF, marker]))
    return data[:place] + piece + data[place:]


def scan_parameters(data, values):
    place = data.index(b"\xff\xda")
    first = place + 5 + 2 * data[place + 4]
    return data[:first] + bytes(values) + data[first + 3 :]


def jfif_version(data, major):
    place = data.index(b"JFIF\0") + 5
    return data[:place] + bytes([major]) + data[place + 1 :]


def zeros(data, count):
    return data[:-2] + bytes(count) + data[-2:]


ADOBE_7 = segment(0xEE, b"Adobe\0\x64\0\0\0\0\x07")
HARMLESS = {
    "unused parameters of a scan": lambda d: scan_parameters(d, [0, 0, 0]),
    "more of them": lambda d: scan_parameters(d, [7, 99, 0x21]),
    "unknown revision of JFIF": lambda d: jfif_version(d, 3),
    "unknown transform of Adobe": lambda d: before(d, 0xDB, ADOBE_7),
    "zeros between segments": lambda d: before(d, 0xC4, bytes(5)),
    "junk between segments": lambda d: before(d, 0xC4, b"junk"),
    "zeros before the end": lambda d: zeros(d, 16),
    "kilobytes of zeros before the end": lambda d: zeros(d, 5000),
    "fill bytes before the end": lambda d: d[:-2] + b"\xff" * 16 + d[-2:],
    "a film behind the end": lambda d: d + b"\0\0\0\x18ftypmp42" + os.urandom(3000),
    "a second picture behind the end": lambda d: d + jpeg(size=(32, 32)),
    "damaged profile": lambda d: before(d, 0xDB, segment(0xE2, b"ICC_PROFILE\0\1\2nothing")),
    "empty comment": lambda d: before(d, 0xDB, segment(0xFE, b"")),
    "comment of a wrong length": lambda d: before(d, 0xDB, b"\xff\xfe\0\1"),
    "two of these": lambda d: jfif_version(scan_parameters(d, [0, 0, 0]), 9) + b"tail",
    "three of these": lambda d: before(scan_parameters(zeros(d, 99), [0, 0, 0]), 0xC4, b"\0"),
}


@pytest.mark.parametrize("change", HARMLESS.values(), ids=HARMLESS)
def test_harmless_oddities_change_no_pixel(change):
    plain = jpeg()
    odd = change(plain)
    assert odd != plain
    assert (shown(odd) == shown(plain)).all()
    assert (shown(change(jpeg("L"))) == shown(jpeg("L"))).all()


@pytest.mark.parametrize("change", HARMLESS.values(), ids=HARMLESS)
def test_harmless_oddities_hide_no_damage(change):
    odd = change(jpeg(size=(320, 200)))
    scan = odd.index(b"\xff\xda") + 20
    damaged = odd[: scan + 700] + odd[scan + 1400 :]
    with pytest.raises(UndecodableImageError, match=r"^(corrupt|truncated) image: \S"):
        shown(damaged)


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("options", WAYS.values(), ids=WAYS)
def test_every_way_of_writing_is_decoded(mode, options):
    expected = np.asarray(scene((96, 64)).convert(mode).convert("RGB"))
    data = jpeg(mode, **options)
    assert difference(shown(data), expected) < 6
    assert decode(data, Limits(1_000_000)).remarks == ()


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("options", WAYS.values(), ids=WAYS)
@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(share=st.floats(0, 1, exclude_max=True))
def test_a_cut_file_gives_the_whole_picture_or_a_reason(mode, options, share):
    data = jpeg(mode, **options)
    assert_whole_or_truncated(data[: max(3, int(share * len(data)))], data)


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("options", WAYS.values(), ids=WAYS)
@pytest.mark.parametrize("missing", [1, 2])
def test_without_its_end_marker_a_file_has_every_pixel_and_a_remark(mode, options, missing):
    data = jpeg(mode, **options)
    found = decode(data[:-missing], Limits(1_000_000))
    assert found.remarks == (NO_END,)
    assert (found.shown(found.pixels) == shown(data)).all()


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("options", WAYS.values(), ids=WAYS)
@pytest.mark.parametrize("share", [0.4, 0.6, 0.8])
def test_an_end_marker_behind_a_gap_hides_nothing(mode, options, share):
    data = jpeg(mode, (240, 160), **options)
    with pytest.raises(UndecodableImageError, match=r"^(corrupt|truncated) image: \S"):
        shown(data[: int(share * len(data))] + data[-2:])


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("options", WAYS.values(), ids=WAYS)
def test_a_hole_full_of_markers_is_an_error(mode, options):
    data = bytearray(jpeg(mode, (240, 160), **options))
    middle = len(data) // 2
    data[middle : middle + 1000] = b"\xff\xd0" * 500
    with pytest.raises(UndecodableImageError, match=r"^(corrupt|truncated) image: \S"):
        shown(bytes(data))


def scans(data):
    """The places of the headers of all scans."""
    return [place for place in range(len(data)) if data[place : place + 2] == b"\xff\xda"]


def test_progressive_scans_that_are_missing():
    data = jpeg(progressive=True)
    last = scans(data)[-1]
    end = data.rindex(b"\xff\xc4", 0, last)  # its own tables precede it
    for kind, cut in {"truncated": data[:end], "corrupt": data[:end] + b"\xff\xd9"}.items():
        with pytest.raises(UndecodableImageError, match=f"^{kind} image: its last scans are"):
            shown(cut)


def test_a_scan_of_a_component_that_is_missing():
    """Sequential, one scan for each component, of which the last is cut off."""
    grey = jpeg("L")
    place = grey.index(b"\xff\xc0")
    frame = segment(
        0xC0, grey[place + 4 : place + 9] + bytes([3, 1, 0x11, 0, 2, 0x11, 0, 3, 0x11, 0])
    )
    head = grey[:place] + frame + grey[place + 13 :]
    start = head.index(b"\xff\xda")
    scan, data = head[start : start + 10], head[start + 10 : -2]
    three = [scan[:5] + bytes([number]) + scan[6:] + data for number in (1, 2, 3)]
    whole = head[:start] + b"".join(three) + b"\xff\xd9"
    assert decode(whole, Limits(1_000_000)).remarks == ()
    for lost in (head[:start] + b"".join(three[:2]) + b"\xff\xd9", head[:start] + three[0]):
        with pytest.raises(UndecodableImageError, match=r"image: a colour component is missing$"):
            shown(lost)


def test_zeros_that_pad_every_restart_do_no_harm():
    data = jpeg(restart_marker_blocks=24)
    padded = data
    for number in range(3):
        padded = padded.replace(
            bytes([0xFF, 0xD0 + number]), bytes(20) + bytes([0xFF, 0xD0 + number]), 1
        )
    assert len(padded) == len(data) + 60
    assert (shown(padded) == shown(data)).all()


def test_colours_of_a_resolution_that_turbojpeg_does_not_know():
    """The first of four inks has twice the resolution of the others, as Pillow writes it."""
    data = jpeg("CMYK", (320, 200), subsampling=2)
    frame = data.index(b"\xff\xc0")
    assert tuple(data[frame + 11 : frame + 21 : 3]) == (0x22, 0x11, 0x11, 0x11)
    expected = np.asarray(scene((320, 200)).convert("CMYK").convert("RGB"))
    assert difference(shown(data), expected) < 6
    assert decode(data[:-2], Limits(1_000_000)).remarks == (NO_END,)
    for cut in (data[:-3], data[: len(data) // 2], data[: len(data) // 2] + data[-2:]):
        with pytest.raises(UndecodableImageError, match=r"^(corrupt|truncated) image: \S"):
            shown(cut)


def test_kinds_that_libjpeg_does_not_decode_are_named():
    data = bytearray(jpeg())
    frame = data.index(b"\xff\xc0")
    data[frame + 4] = 12
    with pytest.raises(UndecodableImageError, match=r"^JPEG of 12 bits a sample is not read: "):
        shown(bytes(data))


@pytest.mark.parametrize("cover", [None, lambda _: (1, 1)], ids=["whole", "small"])
def test_lossless_files_are_refused_before_libjpeg_writes_beyond_its_pixels(cover):
    """A lossless JPEG of 16x16 grey pixels, whose differences are all 0, in Huffman codes of a bit.

    It cannot be shrunk: libjpeg-turbo writes it whole to where a smaller picture has its place.
    """
    table = segment(0xC4, b"\0" + bytes([1, *[0] * 15]) + b"\0")
    frame = segment(0xC3, struct.pack(">BHHB3B", 8, 16, 16, 1, 1, 0x11, 0))
    scan = segment(0xDA, bytes([1, 1, 0, 1, 0, 0]))
    data = b"\xff\xd8" + table + frame + scan + bytes(32) + b"\xff\xd9"
    with pytest.raises(UndecodableImageError, match=r"^lossless JPEG is not read: convert it$"):
        decode(data, Limits(1_000_000), cover)


@pytest.mark.parametrize("side", [5, 7])
def test_a_header_without_a_size_is_reported(side):
    data = bytearray(jpeg())
    frame = data.index(b"\xff\xc0")
    data[frame + side : frame + side + 2] = bytes(2)
    with pytest.raises(UndecodableImageError, match=r"^corrupt image: its header says no height"):
        shown(bytes(data))


def test_an_impossible_resolution_of_colours_is_an_error():
    data = bytearray(jpeg())
    frame = data.index(b"\xff\xc0")
    data[frame + 11] = 0x55
    with pytest.raises(UndecodableImageError, match=r"^corrupt image: [^<]+$"):
        shown(bytes(data))


def test_too_many_scans_are_refused_before_they_cost_time():
    data = jpeg(progressive=True)
    start, second = scans(data)[:2]
    scan = data[start : data.rindex(b"\xff\xc4", 0, second)]
    many = data[:start] + scan * 501 + data[start:]
    with pytest.raises(UndecodableImageError, match=r"^too much work: it has more than 100 scans"):
        shown(many)


@settings(max_examples=150, deadline=None)
@given(data=st.binary(max_size=200), place=st.integers(0, 3000), length=st.integers(0, 300))
def test_no_bytes_make_the_reader_fail_otherwise(data, place, length):
    whole = jpeg()
    place = min(place, len(whole))
    odd = whole[:place] + data + whole[place + length :]
    header, parts = read_header(odd), pixel_data(odd)
    assert header is None or header.width <= 65535
    assert len(parts.file()) <= 3 * len(odd)
    with contextlib.suppress(UndecodableImageError):
        assert shown(odd).shape[2] == 3
