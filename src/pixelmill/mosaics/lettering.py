"""Text on pictures, shortened or wrapped to fit."""

import math
from bisect import bisect_right
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pixelmill.mosaics.fonts import font_of, in_fonts
from pixelmill.mosaics.pixels import Box

if TYPE_CHECKING:
    from PIL.ImageDraw import ImageDraw

INK, MUTED, GREY = "#18212a", "#5c6873", "#e5e9ec"
LONGEST = 300  # characters of a text that are looked at
LINE = 1.35  # from one line to the next, in sizes of the font


@dataclass(frozen=True)
class Text:
    """A line of text on a picture.

    Attributes:
        left: Pixels.
        middle: Height of the middle of its letters, in pixels from the top of the picture.
        size: Font size in pixels.
        text: Text on one line.
        colour: Colour, as Pillow writes it.
    """

    left: int
    middle: int
    size: int
    text: str
    colour: str = INK

    @property
    def box(self) -> Box:
        """What it covers, and a little more."""
        right = self.left + width_of(self.text, self.size) + self.size
        return self.left - self.size, self.middle - self.size, right, self.middle + self.size

    def draw(self, pen: "ImageDraw", left: int, top: int) -> None:
        """Write it on a picture whose corner is at `left`, `top`."""
        place = (self.left - left, self.middle - top)
        write(pen, place, self.text, self.size, self.colour, "lm")


@dataclass(frozen=True)
class Swatch:
    """A box of one colour.

    Attributes:
        box: Box in pixels of the picture.
        colour: Red, green, blue, 0 to 255.
    """

    box: Box
    colour: tuple[int, int, int]

    def draw(self, pen: "ImageDraw", left: int, top: int) -> None:
        """Paint it on a picture whose corner is at `left`, `top`."""
        first, upper, end, lower = self.box
        radius = (end - first) // 5
        corners = (first - left, upper - top, end - left - 1, lower - top - 1)
        pen.rounded_rectangle(corners, radius, self.colour)


Mark = Text | Swatch


def write(
    pen: "ImageDraw",
    place: tuple[float, float],
    text: str,
    size: int,
    colour: str,
    anchor: str = "la",
) -> None:
    """Write a line, each letter in a font that has it.

    Args:
        pen: What draws on the picture.
        place: Pixels from the left and the top of the picture.
        text: Text on one line.
        size: Font size in pixels.
        colour: Colour, as Pillow writes it.
        anchor: What of the line is at the place, as Pillow writes it: `l` or `m` for its left end
            or its middle, and `a` or `m` for the top or the middle of its letters.
    """
    left, top = place
    ascent, descent = font_of(size).getmetrics()
    # One base line, whatever the fonts' own heights are; on a whole pixel, or letters are pale.
    base = math.floor(top + (ascent if anchor[1] == "a" else (ascent - descent) / 2))
    if anchor[0] == "m":
        left -= _length(text, size) / 2
    for file, part in in_fonts(text):
        font = font_of(size, file)
        pen.text((left, base), part, colour, font, anchor="ls")
        left += font.getlength(part)


def width_of(text: str, size: int) -> int:
    """Return pixels that a line takes."""
    return int(_length(text, size)) + 1


def _length(text: str, size: int) -> float:
    return sum(font_of(size, file).getlength(part) for file, part in in_fonts(text))


def one_line(text: str) -> str:
    """Return the text without line breaks, and without the halves of letters that no font has."""
    line = " ".join(text[:LONGEST].split())
    return line.encode("utf-8", "replace").decode("utf-8")


def cut(text: str, size: int, width: int) -> str:
    """Return the text on one line, cut where it is wider than its place.

    Args:
        text: Text of any length, in any script.
        size: Font size in pixels.
        width: Available width in pixels.
    """
    line = one_line(text)
    room = _fitting(line, size, width)
    if room == len(line):
        return line
    return line[: _fitting(line, size, width - width_of("…", size))].rstrip() + "…"


def _fitting(line: str, size: int, width: int) -> int:
    """Return how many of its first letters fit."""
    # No line of this font has more letters than four in the space of a capital.
    lengths = range(1, min(len(line), 4 * max(width, 0) // size + 4) + 1)
    return bisect_right(lengths, width, key=lambda length: width_of(line[:length], size))


def broken(text: str, size: int, width: int, lines: int) -> list[str]:
    """Return the text on several lines, cut where it has more.

    Args:
        text: Text of any length, in any script.
        size: Font size in pixels.
        width: Available width in pixels.
        lines: Maximum number of lines.
    """
    written: list[str] = []
    rest = one_line(text)
    while rest and len(written) < lines - 1 and width_of(rest, size) > width:
        line = _first_line(rest, size, width)
        written.append(line.rstrip())
        rest = rest[len(line) :].lstrip()
    return [*written, cut(rest, size, width)] if rest else written


def _first_line(text: str, size: int, width: int) -> str:
    """As many words as fit, or as many letters of the first."""
    fitting = text[: max(1, _fitting(text, size, width))]
    if " " in fitting and not text[len(fitting) :].startswith(" "):
        fitting = fitting[: fitting.rindex(" ") + 1]
    return fitting
