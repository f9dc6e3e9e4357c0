"""An image in its place: its own aspect, and the same pixels however they are asked for."""

import numpy as np
import pytest
import simplejpeg
from hypothesis import given, settings
from hypothesis import strategies as st

from pixelmill.mosaics.pixels import decode, fill, fit, shape_of
from tests.mosaics.conftest import plain

NOISE = np.random.default_rng(5).integers(0, 255, (37, 53, 3), dtype=np.uint8)


def whole(place):
    return (0, 0, place[1], place[0])


def disc(width, height):
    """A white disc on black, in the middle."""
    down, across = np.mgrid[:height, :width]
    radius = 0.35 * min(width, height)
    inside = np.hypot(across - (width - 1) / 2, down - (height - 1) / 2) < radius
    return np.repeat(inside[:, :, None] * np.uint8(255), 3, axis=2)


@pytest.mark.parametrize("image", [(60, 80), (80, 60), (64, 64), (40, 400), (400, 40)])
@pytest.mark.parametrize("place", [(50, 50), (30, 60), (300, 200)])
def test_a_disc_stays_round(image, place):
    filled = fill(disc(image[1], image[0]), place, whole(place))[:, :, 0] > 127
    if image in {(40, 400), (400, 40)}:  # its backing is pale
        filled &= fill(disc(image[1], image[0]), place, whole(place))[:, :, 0] > 245
    across, down = filled.any(axis=0).sum(), filled.any(axis=1).sum()
    if across < place[1] and down < place[0]:  # otherwise it is cut
        assert abs(int(across) - int(down)) <= 2
    assert filled.any()


def test_a_photo_fills_a_square():
    fitted = fit((60, 80), (50, 50))
    assert fitted.shown == (0, 0, 50, 50)
    assert fitted.part == (10, 0, 70, 60)


def test_a_panorama_shows_two_fifths_of_itself_between_bands():
    fitted = fit((40, 400), (100, 100))
    assert fitted.part == (120, 0, 280, 40)
    assert fitted.shown == (0, 37, 100, 62)


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_a_region_has_the_pixels_of_the_whole(data):
    sides = st.sampled_from([1, 7, 20, 37, 53, 150])
    place = data.draw(st.tuples(sides, sides))
    left, top = data.draw(st.integers(0, place[1] - 1)), data.draw(st.integers(0, place[0] - 1))
    right = data.draw(st.integers(left + 1, place[1]))
    bottom = data.draw(st.integers(top + 1, place[0]))
    part = fill(NOISE, place, (left, top, right, bottom))
    np.testing.assert_array_equal(part, fill(NOISE, place, whole(place))[top:bottom, left:right])


def test_a_small_place_is_decoded_at_a_reduced_scale():
    jpeg = simplejpeg.encode_jpeg(disc(512, 256))
    assert shape_of(jpeg) == (256, 512)
    assert decode(jpeg, (60, 60)).shape == (64, 128, 3)
    assert decode(jpeg, (600, 600)).shape == (256, 512, 3)


@pytest.mark.parametrize("broken", [b"", b"no picture", plain(9)[:300]])
def test_a_broken_file_is_none(broken):
    assert decode(broken, (10, 10)) is None


def test_what_has_no_header_has_no_shape():
    assert shape_of(b"no picture") is None
