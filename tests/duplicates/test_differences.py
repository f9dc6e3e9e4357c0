"""Details are between the coarse and the finest parts of a picture."""

import numpy as np
import pytest

from benchmarks.near_duplicates import made_up
from pixelmill.duplicates.differences import BLURS, details, has_detail

PICTURES = made_up(20, 0)


def test_flat_pictures_have_no_detail():
    flat = np.full((2, 64, 64), 90, np.float32)
    flat[1] += np.arange(64) / 8  # a soft slope
    assert list(has_detail(flat)) == [False, False]
    assert has_detail(PICTURES.luma(slice(None))).all()


@pytest.mark.parametrize("side", BLURS)
def test_slopes_are_no_details_and_lines_are(side):
    slope = np.tile(np.arange(side, dtype=np.float32) * 128 / side, (1, side, 1))
    line = slope.copy()
    line[:, :, side // 2] += 50
    inner = slice(side // 8, -side // 8)
    assert np.abs(details(slope)[:, inner, inner]).max() < 0.5
    assert np.abs(details(line)[:, inner, inner]).max() > 5
