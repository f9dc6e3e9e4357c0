"""The sheet of predictions as a picture."""

import io

import pytest
from PIL import Image

from pixelmill.pipelines.reporting.samples import Sample
from pixelmill.pipelines.reporting.sheet import GAP, LINE, draw_sheet


def picture_of(colour):
    out = io.BytesIO()
    Image.new("RGB", (40, 20), colour).save(out, "WEBP", lossless=True)
    return out.getvalue()


def test_images_are_in_rows_of_six():
    samples = [Sample(f"{n}.png", "a", "b", 0.5, picture_of("red")) for n in range(7)]
    sheet = draw_sheet(samples, 40)
    assert sheet.size == (6 * (40 + GAP) + GAP, 2 * (40 + 2 * LINE + GAP) + GAP)
    assert sheet.getpixel((GAP + 20, GAP + 20)) == (255, 0, 0)
    assert sheet.getpixel((GAP + 20, GAP + 5)) == (229, 231, 235)  # grey above a flat picture
    assert len(sheet.crop((0, GAP + 40, 60, GAP + 40 + LINE)).getcolors(4096)) > 2  # a caption


def test_an_image_that_is_gone_is_grey_with_the_reason():
    sheet = draw_sheet([Sample("gone.png", "a", "b", None, None, "vanished")], 80)
    assert sheet.getpixel((GAP + 2, GAP + 2)) == (229, 231, 235)
    inside = sheet.crop((GAP + 6, GAP + 40, GAP + 74, GAP + 60))
    assert len(inside.getcolors(4096)) > 2


@pytest.mark.parametrize("label", ["", "\udcff", "বাংলা\n" * 50, "\x00"])
def test_any_label_can_be_drawn(label):
    assert draw_sheet([Sample("a/b.png", label, label, float("1e-9"))], 40).mode == "RGB"


def test_the_arrow_is_before_a_name_that_is_read_from_right_to_left():
    names = ("cat", "\N{HEBREW LETTER HET}\N{HEBREW LETTER TAV}")
    sheets = [
        draw_sheet([Sample("1.png", "a", name, 0.5, picture_of("red"))], 80) for name in names
    ]
    latin, hebrew = (sheet.crop((0, GAP + 80 + LINE, GAP + 12, sheet.height)) for sheet in sheets)
    assert latin.tobytes() == hebrew.tobytes()


def test_nothing_to_show_is_said():
    assert len(draw_sheet([], 40).getcolors(4096)) > 2
