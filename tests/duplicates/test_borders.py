"""A border of one colour is found on any side; background and content stay."""

import numpy as np
import pytest

from benchmarks.near_duplicates import made_up
from pixelmill.duplicates.alignment import overlay
from pixelmill.duplicates.borders import WIDEST, content_places, edge_places, have_border

PICTURES = made_up(10, 0).luma(slice(None))


def framed(left, right, top, bottom, colour=0):
    """Pictures between bands of some widths in pixels."""
    luma = PICTURES.copy()
    luma[:, :top], luma[:, 64 - bottom :] = colour, colour
    luma[:, :, :left], luma[:, :, 64 - right :] = colour, colour
    return luma


@pytest.mark.parametrize("colour", [0, 120, 255])
@pytest.mark.parametrize("widths", [(3, 3, 3, 3), (1, 0, 9, 2), (0, 0, 4, 4)])
def test_bands_are_cut_away_with_the_line_beside_them(widths, colour):
    luma = framed(*widths, colour)
    places = content_places(luma)
    left, right, top, bottom = (width + 1 if width else 1 for width in widths)
    assert np.allclose(places[:, 0], 1 - (left + right) / 64)
    assert np.allclose(places[:, 1], (left - right) / 64)
    assert np.allclose(places[:, 2:], [1 - (top + bottom) / 64, (top - bottom) / 64])
    assert have_border(luma).all()
    assert (np.ptp(overlay(luma, places).pictures[:, 0], axis=1) > 12).all()


def test_a_picture_without_a_band_loses_its_edge_alone():
    assert not have_border(PICTURES).any()
    assert np.allclose(content_places(PICTURES), edge_places(10, 64))


def test_a_wide_band_is_background():
    wide = WIDEST + 1
    assert not have_border(framed(wide, wide, wide, wide)).any()
