"""Letters that the project's own font lacks are written in a font of the machine."""

import numpy as np
import pytest
from fontTools.fontBuilder import FontBuilder
from fontTools.pens.ttGlyphPen import TTGlyphPen
from PIL import Image, ImageDraw

from pixelmill.mosaics import fonts
from pixelmill.mosaics.lettering import width_of, write

CAT = "\N{CJK UNIFIED IDEOGRAPH-732B}"


@pytest.fixture
def other_font(tmp_path, monkeypatch):
    """A font with one letter, a black square of 2,000 units, as the only one of the machine."""
    pen = TTGlyphPen(None)
    pen.moveTo((0, 0))
    for corner in ((0, 2000), (2000, 2000), (2000, 0)):
        pen.lineTo(corner)
    pen.closePath()
    square, names = pen.glyph(), [".notdef", "cat"]
    builder = FontBuilder(1000, isTTF=True)
    builder.setupGlyphOrder(names)
    builder.setupCharacterMap({ord(CAT): "cat"})
    builder.setupGlyf(dict.fromkeys(names, square))
    builder.setupHorizontalMetrics(dict.fromkeys(names, (2000, 0)))
    builder.setupHorizontalHeader(ascent=2000, descent=0)
    builder.setupOS2()
    builder.setupPost()
    file = str(tmp_path / "other.ttf")
    builder.save(file)
    monkeypatch.setattr("matplotlib.font_manager.findSystemFonts", lambda: [file])
    kept = fonts._file_with, fonts._fonts_of_the_machine, fonts._warn_once
    for function in kept:
        function.cache_clear()
    yield file
    for function in kept:
        function.cache_clear()


def test_a_line_takes_each_letter_from_a_font_that_has_it(other_font):
    assert fonts.in_fonts(f"a{CAT}\u0301b") == [("", "a"), (other_font, f"{CAT}\u0301"), ("", "b")]
    assert width_of(CAT, 20) == 41
    picture = Image.new("L", (60, 60), 255)
    write(ImageDraw.Draw(picture), (0, 30), CAT, 20, "black", "lm")
    assert np.asarray(picture)[5:30, :40].max() == 0


def test_letters_of_no_font_are_told_once(other_font, caplog):
    assert fonts.in_fonts("\N{DEVANAGARI LETTER HA}\N{DEVANAGARI LETTER NA}")[0][0] == ""
    assert caplog.text.count("no font for some letters") == 1
