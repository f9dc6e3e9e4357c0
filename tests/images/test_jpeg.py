"""The header of a JPEG: size, direction and colours."""

import pytest

from pixelmill.images.colour import DAMAGED
from pixelmill.images.jpeg import read_header, segments
from tests.images.pictures import oriented, segment
from tests.images.test_jpeg_damage import before, jpeg


def test_the_header_is_read_up_to_the_first_scan():
    thumbnail = segment(0xE1, b"Exif\0\0" + oriented(3).tobytes()[6:])
    data = before(jpeg(), 0xDB, segment(0xED, bytes(60_000)) * 2 + thumbnail)
    found = read_header(data)
    assert (found.height, found.width, found.bits, found.components) == (64, 96, 8, 3)
    assert (found.orientation, found.profile, found.several_scans) == (3, b"", False)
    assert [marker for marker, _, _ in segments(data)][-1] == 0xDA


def test_exif_elsewhere_in_the_file_does_not_count():
    inner = jpeg(exif=oriented(6))
    assert read_header(before(jpeg(), 0xDB, segment(0xE2, b"MPF\0" + inner))).orientation == 1
    assert read_header(jpeg() + inner).orientation == 1


def test_a_profile_in_pieces_is_joined_in_their_order():
    pieces = [segment(0xE2, b"ICC_PROFILE\0" + bytes([n, 3]) + bytes([n]) * 5) for n in (3, 1, 2)]
    assert (
        read_header(before(jpeg(), 0xDB, b"".join(pieces))).profile
        == b"\1" * 5 + b"\2" * 5 + b"\3" * 5
    )
    twice = read_header(before(jpeg(), 0xDB, b"".join(pieces * 2)))
    assert twice.profile == b"\1" * 5 + b"\2" * 5 + b"\3" * 5
    assert read_header(before(jpeg(), 0xDB, b"".join(pieces[:2]))).profile == DAMAGED


@pytest.mark.parametrize("name", [b"Exif\0\0", b"Exif\0\xff"])
def test_an_empty_block_of_exif_hides_no_other(name):
    exif = segment(0xE1, name + oriented(6).tobytes()[6:])
    assert read_header(before(jpeg(), 0xDB, segment(0xE1, name) + exif)).orientation == 6
