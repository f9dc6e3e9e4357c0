"""Fonts of pictures: one that is always there, and those of the machine for what it lacks."""

import io
import logging
import unicodedata
from functools import cache, lru_cache
from importlib.resources import files
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING

from PIL import ImageFont

if TYPE_CHECKING:
    from PIL.ImageFont import FreeTypeFont

OWN = ""
JOINED = ("Mn", "Mc", "Me", "Cf")  # categories of what belongs to the letter before it
BOXES = "LastResort"  # macOS's font that has a box for each letter

logger = logging.getLogger(__name__)


@lru_cache(maxsize=128)
def font_of(size: int, file: str = OWN) -> "FreeTypeFont":
    """Return DejaVu Sans, which comes with Matplotlib and has more alphabets than Pillow's font.

    Args:
        size: Font size in pixels.
        file: Path of another font.
    """
    return ImageFont.truetype(file or io.BytesIO(_own()), size)


def in_fonts(text: str) -> list[tuple[str, str]]:
    """Divide a line into parts of one font each.

    Args:
        text: Line of any letters.

    Returns:
        Files of fonts, as `font_of` takes them, and the parts, which make up the line.
    """
    fonts: list[str] = []
    for letter in text:
        joined = fonts and unicodedata.category(letter) in JOINED
        fonts.append(fonts[-1] if joined else _file_with(letter))
    parts = groupby(zip(fonts, text, strict=True), key=lambda pair: pair[0])
    return [(file, "".join(letter for _, letter in pairs)) for file, pairs in parts]


@lru_cache(maxsize=10_000)
def _file_with(letter: str) -> str:
    """Return the first font that has a letter; the own one, which draws a box, if none has it."""
    if ord(letter) in _letters(OWN):
        return OWN
    found = next((file for file in _fonts_of_the_machine() if ord(letter) in _letters(file)), None)
    if found is None:
        _warn_once()
    return found or OWN


@cache
def _warn_once() -> None:
    logger.warning(
        "This machine has no font for some letters, which pictures show as boxes: install one of "
        "their script, such as Noto Sans."
    )


def _own() -> bytes:
    font = files("matplotlib") / "mpl-data" / "fonts" / "ttf" / "DejaVuSans.ttf"
    return font.read_bytes()


@cache
def _letters(file: str) -> frozenset[int]:
    """Return the code points of a font; none of one that cannot be read or scaled."""
    from matplotlib.ft2font import FT2Font

    try:
        font_of(16, file)
        return frozenset(FT2Font(file or io.BytesIO(_own())).get_charmap())
    except (OSError, RuntimeError):
        return frozenset()


@cache
def _fonts_of_the_machine() -> tuple[str, ...]:
    """Return its fonts, plain ones first."""
    from matplotlib.font_manager import findSystemFonts

    found = sorted(file for file in findSystemFonts() if BOXES not in file)
    return tuple(sorted(found, key=lambda file: "Regular" not in Path(file).name))
