"""Text on pictures: one font, shortened or wrapped to fit."""

import io
from bisect import bisect_right
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from typing import TYPE_CHECKING

from PIL import ImageFont

from pixelmill.mosaics.pixels import Box

if TYPE_CHECKING:
    from PIL.ImageDraw import ImageDraw
    from PIL.ImageFont import FreeTypeFont

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
        pen.text(place, self.text, self.colour, font_of(self.size), anchor="lm")


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


@lru_cache(maxsize=32)
def font_of(size: int) -> "FreeTypeFont":
    """Return DejaVu Sans, which comes with Matplotlib and has more alphabets than Pillow's font."""
    font = files("matplotlib") / "mpl-data" / "fonts" / "ttf" / "DejaVuSans.ttf"
    return ImageFont.truetype(io.BytesIO(font.read_bytes()), size)


def width_of(text: str, size: int) -> int:
    """Return pixels that a line takes."""
    return int(font_of(size).getlength(text)) + 1


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
