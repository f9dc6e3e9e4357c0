"""Two pictures of different brightness get the same tones, whatever was cut off."""

import numpy as np
import pytest

from benchmarks.near_duplicates import made_up
from pixelmill.duplicates.tones import MOST_GAIN, MOST_OFFSET, fit_tones

FIRST = made_up(12, 0).luma(slice(None))
INSIDE = np.ones_like(FIRST)


@pytest.mark.parametrize(("gain", "offset"), [(1.0, 0.0), (1.2, 0.0), (1.0, 30.0), (0.8, -10.0)])
def test_a_brighter_or_darker_copy_has_the_tones_of_the_original(gain, offset):
    copy = np.clip(gain * FIRST + offset, 0, 255).astype(np.float32)
    tones = fit_tones(FIRST, copy, INSIDE)
    one, other = tones.of_first(FIRST), tones.of_second(copy)
    assert np.abs(one - other).max() < 2
    assert one.std() > 20


def test_which_picture_comes_first_changes_the_tones_but_not_the_likeness():
    copy = np.clip(1.2 * FIRST, 0, 255).astype(np.float32)
    ahead, behind = fit_tones(FIRST, copy, INSIDE), fit_tones(copy, FIRST, INSIDE)
    assert np.allclose(ahead.gain * behind.gain, 1, atol=1e-3)
    assert np.abs(behind.of_first(copy) - behind.of_second(FIRST)).max() < 2


def test_pixels_outside_do_not_count():
    copy, inside = FIRST.copy(), INSIDE.copy()
    copy[:, :20] = 60
    inside[:, :20] = 0
    tones = fit_tones(FIRST, copy, inside)
    assert np.allclose(tones.gain, 1)
    assert np.allclose(tones.offset, 0, atol=1e-3)


def test_black_and_white_alone_are_left_as_they_are():
    drawing = np.where(FIRST > 128, 255, 0).astype(np.float32)
    tones = fit_tones(drawing, drawing, INSIDE)
    assert (tones.of_first(drawing) == drawing).all()
    assert (tones.of_second(drawing) == drawing).all()


def test_tones_stay_within_reach_of_a_copy():
    other = np.clip(FIRST / 20, 9, 200).astype(np.float32)
    tones = fit_tones(FIRST, other, INSIDE)
    assert (tones.gain <= MOST_GAIN).all()
    assert (np.abs(tones.offset) <= MOST_OFFSET).all()
