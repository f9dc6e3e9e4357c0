"""Of the colours that chunks of a PNG name, the first in their order counts."""

import struct

import numpy as np
import pytest

from pixelmill.images.decoding import UNREADABLE_PROFILE
from tests.images.pictures import difference, file_of, png_chunk

SRGB = (0.3127, 0.3290, 0.64, 0.33, 0.30, 0.60, 0.15, 0.06)  # white, red, green and blue
DISPLAY_P3 = (0.3127, 0.3290, 0.680, 0.320, 0.265, 0.690, 0.150, 0.060)


def gamma(power):
    return png_chunk(b"gAMA", struct.pack(">I", round(power * 100_000)))


def corners(values):
    return png_chunk(b"cHRM", struct.pack(">8I", *(round(value * 100_000) for value in values)))


def with_chunks(data, *chunks):
    """A PNG with chunks behind its header."""
    return data[:33] + b"".join(chunks) + data[33:]


@pytest.mark.parametrize("mode", ["RGB", "L", "P"])
def test_light_that_is_stored_as_it_is_becomes_that_of_srgb(rgb, remarks, picture, mode):
    image = picture.quantize(64) if mode == "P" else picture.convert(mode)
    light = np.asarray(image.convert("RGB")) / 255
    expected = np.where(light <= 0.0031308, light * 12.92, 1.055 * light ** (1 / 2.4) - 0.055)
    for chunks in ([gamma(1)], [gamma(1), corners(SRGB)]):
        data = with_chunks(file_of(image, "PNG"), *chunks)
        np.testing.assert_allclose(rgb(data), 255 * expected, atol=2)
        assert remarks(data) == ()


def test_wide_primaries_become_those_of_srgb(rgb, picture, wide_profile):
    data = with_chunks(file_of(picture, "PNG"), gamma(1 / 2.2), corners(DISPLAY_P3))
    assert difference(rgb(data), rgb(file_of(picture, "PNG", icc_profile=wide_profile))) < 1


@pytest.mark.parametrize(
    "chunks",
    [
        [gamma(1 / 2.2), corners(SRGB)],
        [gamma(1 / 2.2)],
        [corners(DISPLAY_P3)],
        [gamma(0), corners(DISPLAY_P3)],
        [gamma(1), corners(SRGB), png_chunk(b"sRGB", b"\0")],
        [gamma(1), corners(SRGB), png_chunk(b"cICP", bytes([1, 13, 0, 1]))],
    ],
)
def test_what_says_srgb_or_too_little_changes_nothing(rgb, remarks, picture, chunks):
    data = with_chunks(file_of(picture, "PNG"), *chunks)
    assert (rgb(data) == np.asarray(picture)).all()
    assert remarks(data) == ()


def test_a_profile_counts_before_other_chunks_and_code_points_before_it(rgb, picture, wide_profile):
    described = file_of(picture, "PNG", icc_profile=wide_profile)
    data = with_chunks(described, gamma(1), corners(SRGB), png_chunk(b"sRGB", b"\0"))
    assert (rgb(data) == rgb(described)).all()
    points = png_chunk(b"cICP", bytes([1, 13, 0, 1]))
    assert (rgb(with_chunks(described, points)) == np.asarray(picture)).all()


@pytest.mark.parametrize("values", [(0,) * 8, SRGB[:2] + SRGB[2:4] * 3, (0.3, 0.3) * 4])
def test_primaries_that_are_none_are_a_remark(rgb, remarks, picture, values):
    data = with_chunks(file_of(picture, "PNG"), gamma(1), corners(values))
    assert remarks(data) == (UNREADABLE_PROFILE,)
    assert (rgb(data) == np.asarray(picture)).all()


def test_a_damaged_profile_is_a_remark(rgb, remarks, picture, wide_profile):
    data = file_of(picture, "PNG", icc_profile=wide_profile)
    place = data.index(b"iCCP")
    for at in (place + 30, place + int.from_bytes(data[place - 4 : place], "big") + 4):
        damaged = data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :]
        assert remarks(damaged) == (UNREADABLE_PROFILE,)
        assert (rgb(damaged) == np.asarray(picture)).all()
