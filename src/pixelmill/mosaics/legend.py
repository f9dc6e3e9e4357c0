"""A legend of cluster names, sizes and colours, in columns below a picture."""

from dataclasses import dataclass

from pixelmill.mosaics.lettering import MUTED, Mark, Swatch, Text, cut, width_of
from pixelmill.mosaics.scene import Group
from pixelmill.pages.palette import Colour

FONT_SIZES = (1 / 60, 1 / 75, 1 / 95, 1 / 120, 1 / 150)  # of the picture's side
SMALLEST, LARGEST = 10, 400  # pixels of the font
TALLEST = 0.2  # of the picture's side
LINE = 1.6  # from one line to the next, in sizes of the font
NAME = 14.0  # the widest name, in sizes of the font
SWATCH, GAP = 1.0, 0.5  # in sizes of the font


@dataclass(frozen=True)
class Legend:
    """What is written below a picture.

    Attributes:
        height: Height in pixels of the band below the picture.
        marks: Marks in the coordinates of the whole picture.
    """

    height: int
    marks: tuple[Mark, ...]


def draw_legend(groups: list[Group], colours: dict[int, Colour], size: int) -> Legend:
    """Write the groups in the largest letters in which all fit into a fifth of the picture.

    Where they don't fit in the smallest either, the last entry says how many groups there are
    besides.

    Args:
        groups: Clusters in the order of the legend.
        colours: Colour of each cluster.
        size: Side length of the picture in pixels.
    """
    if not groups:
        return Legend(0, ())
    fonts = [min(LARGEST, max(SMALLEST, round(size * share))) for share in FONT_SIZES]
    plans = [_Plan.of(groups, font, size) for font in fonts]
    plan = next((one for one in plans if one.room >= len(groups)), plans[-1])
    return plan.written(groups, colours)


@dataclass(frozen=True)
class _Plan:
    """Columns and lines of a legend in one size of letters.

    Attributes:
        font: Font size in pixels.
        size: Side length of the picture in pixels.
        columns: Number of columns.
        lines: Number of lines in a column.
        room: Number of entries that fit.
    """

    font: int
    size: int
    columns: int
    lines: int
    room: int

    @classmethod
    def of(cls, groups: list[Group], font: int, size: int) -> "_Plan":
        widest = max(_width(group, font) for group in groups)
        columns = max(1, (size - 2 * font) // widest)
        most = max(1, int((size * TALLEST - 2 * font) / (font * LINE)))
        # As few lines as need be, and then as few columns: they get what room is left.
        lines = min(most, -(-len(groups) // columns))
        return cls(font, size, min(columns, -(-len(groups) // lines)), lines, columns * most)

    def written(self, groups: list[Group], colours: dict[int, Colour]) -> Legend:
        height = round(self.lines * self.font * LINE + 2 * self.font)
        fitting = len(groups) if len(groups) <= self.room else self.columns * self.lines - 1
        marks: list[Mark] = []
        for entry, group in enumerate(groups[:fitting]):
            marks += self._entry(group, colours[group.cluster], *self._place(entry, height))
        if len(groups) > fitting:
            left, middle = self._place(fitting, height)
            rest = f"and {len(groups) - fitting:,} more groups"
            marks.append(Text(left, middle, self.font, cut(rest, self.font, self._width), MUTED))
        return Legend(height, tuple(marks))

    @property
    def _width(self) -> int:
        """Of a column."""
        return (self.size - 2 * self.font) // self.columns

    def _place(self, entry: int, height: int) -> tuple[int, int]:
        """Return left end and middle of a line, column after column."""
        column, line = divmod(entry, self.lines)
        top = self.size - height + self.font
        return self.font + column * self._width, round(top + (line + 0.5) * self.font * LINE)

    def _entry(self, group: Group, colour: Colour, left: int, middle: int) -> list[Mark]:
        font = self.font
        half = round(font * SWATCH / 2)
        box = (left, middle - half, left + 2 * half, middle + half)
        start = left + round(font * (SWATCH + GAP))
        count = f"{group.size:,}"
        room = self._width - round(font * (SWATCH + 3 * GAP)) - width_of(count, font)
        name = cut(group.name, font, min(room, round(font * NAME)))
        after = start + width_of(name, font) + round(font * GAP)
        return [
            Swatch(box, colour),
            Text(start, middle, font, name),
            Text(after, middle, font, count, MUTED),
        ]


def _width(group: Group, font: int) -> int:
    """Return the width of an entry and the gap after it."""
    name = min(width_of(cut(group.name, font, round(font * NAME)), font), round(font * NAME))
    return round(font * (SWATCH + 4 * GAP)) + name + width_of(f"{group.size:,}", font)
