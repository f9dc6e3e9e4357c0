"""The picture of a query and its neighbours."""

import io

import numpy as np
import pytest
from PIL import Image

from pixelmill.pipelines.search.sheet import ACCENT, GREY, Picture, draw_sheet, read_pictures

SIDE = 100


def picture(colour, heading="1 · 0.100", problem=None):
    """A picture of one colour; of none, one that is missing."""
    out = io.BytesIO()
    if colour is not None:
        Image.new("RGB", (SIDE, SIDE // 2), colour).save(out, "WEBP", lossless=True)
    content = out.getvalue() or None
    return Picture(heading, 'a "b"/it\'s\n<c>.jpg', None, content, problem)


def colours(sheet):
    return {colour for _, colour in sheet.getcolors(1 << 24)}


def test_the_query_is_framed_and_every_neighbour_drawn():
    shades = [(200, 40 + 10 * number, 0) for number in range(11)]
    sheet = draw_sheet([picture(shade) for shade in shades], SIDE)
    assert set(shades) <= colours(sheet)
    assert sheet.width == 6 * 114 + 14
    frame = tuple(int(ACCENT[at : at + 2], 16) for at in (1, 3, 5))
    assert sheet.getpixel((12, 30)) == frame
    assert sheet.getpixel((12 + 114, 30)) != frame


def test_a_picture_that_is_gone_is_a_grey_tile_with_its_reason():
    reason = "unreadable, vanished: there is no file of this name"
    sheet = draw_sheet([picture((1, 2, 3)), picture(None, problem=reason)], SIDE)
    tile = np.asarray(sheet.crop((128, 14, 228, 114)))
    grey = [int(GREY[at : at + 2], 16) for at in (1, 3, 5)]
    written = (tile != grey).any(axis=2)
    assert 0.02 < written.mean() < 0.4
    assert np.flatnonzero(np.diff(written.any(axis=1))).size >= 4  # on several lines


def test_a_query_without_neighbours_is_a_sheet_too():
    assert draw_sheet([picture((9, 9, 9))], SIDE).width == 14 + 114


def test_files_become_thumbnails_or_reasons(assets, tmp_path):
    photo = next((assets / "pets" / "pug").iterdir())
    (tmp_path / "text.jpg").write_bytes(b"no picture")
    places = [str(photo), str(tmp_path / "gone.jpg"), str(tmp_path / "text.jpg")]
    good, gone, text = read_pictures(places, 64)
    with Image.open(io.BytesIO(good[0])) as small:
        assert max(small.size) == 64
    assert good[1] is None
    assert gone == (None, "unreadable, vanished: there is no file of this name")
    assert text[0] is None
    assert "no thumbnail" in text[1]


@pytest.mark.parametrize("count", [1, 6, 7, 13])
def test_rows_of_six_hold_all(count):
    sheet = draw_sheet([picture((5, 5, 5))] * count, SIDE)
    assert sheet.height == 14 + -(-count // 6) * (SIDE + 3 * 17 + 14)
