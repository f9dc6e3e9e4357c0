"""The cells of a sheet of Excel, from its XML."""

import re
from collections.abc import Callable
from typing import NamedTuple

from pixelmill.sources.excel_parts import (
    Attributes,
    Relation,
    UnusableWorkbookError,
    check_count,
)
from pixelmill.sources.excel_ranges import MAX_ROWS, Ranges, column_number

MAX_TEXT = 32_767  # characters of a cell, by Excel's own limit
MAX_CELLS = 50_000_000

_NAMESPACES = (
    "http://schemas.openxmlformats.org/spreadsheetml/2006/main",
    "http://purl.oclc.org/ooxml/spreadsheetml/main",  # of the strict variant
)
_TAGS = {
    f"{space} {tag}": tag
    for space in _NAMESPACES
    for tag in ("row", "c", "v", "f", "t", "rPh", "si", "hyperlink", "mergeCell")
}
_HYPERLINK = re.compile(r"(?i)\s*HYPERLINK\(\s*\"(https?://[^\"]+)\"\s*[,)]")
_DIGITS = "0123456789"


class Cell(NamedTuple):
    """A cell with a value or a formula.

    Attributes:
        row: Row number, from 1.
        column: Column number, from 0.
        text: What the cell shows, without blanks at its ends; None for nothing or an error.
        is_gap: Whether it has a formula that no program has computed.
        target: URL of a HYPERLINK formula; None for any other cell.
    """

    row: int
    column: int
    text: str | None
    is_gap: bool
    target: str | None


class TextReader:
    """Collects the text between tags, up to one character more than a cell may have."""

    def __init__(self) -> None:
        self._pieces: list[str] = []
        self._left = MAX_TEXT + 1
        self._room = 0

    def open(self) -> None:
        """Begin to collect."""
        self._room = self._left

    def add(self, text: str) -> None:
        """Take a piece of text; expat's handler."""
        if self._room > 0:
            self._pieces.append(text[: self._room])
            self._room -= len(text)

    def close(self) -> None:
        """Skip what follows."""
        self._left, self._room = self._room, 0

    def taken(self) -> str:
        """Return all text since the last call."""
        pieces, self._pieces, self._left = self._pieces, [], MAX_TEXT + 1
        return pieces[0] if len(pieces) == 1 else "".join(pieces)


class StringReader:
    """Handlers for `sharedStrings.xml`, where Excel keeps each text once.

    Args:
        add: Callback for each text, in their order.
    """

    def __init__(self, add: Callable[[str], None]) -> None:
        self._add = add
        self._collected = TextReader()
        self._in_reading_aid = False
        self.text = self._collected.add

    def start(self, name: str, _: Attributes) -> None:
        """Handle a start tag."""
        tag = _TAGS.get(name)
        if tag == "rPh":  # how Japanese or Chinese letters are pronounced
            self._in_reading_aid = True
        elif tag == "t" and not self._in_reading_aid:
            self._collected.open()

    def end(self, name: str) -> None:
        """Handle an end tag."""
        tag = _TAGS.get(name)
        if tag == "t":
            self._collected.close()
        elif tag == "rPh":
            self._in_reading_aid = False
        elif tag == "si":
            self._add(self._collected.taken())


class CellReader:
    """Handlers for the XML of a sheet.

    Args:
        shown: Function from a cell's type, style number and stored value to its text.
        columns: Column numbers from 0 to read; None for all.
        ranges: Receives linked and merged cells; None if they are not wanted.
        relations: What the sheet refers to.
    """

    def __init__(
        self,
        shown: Callable[[str, int, str], str | None],
        columns: frozenset[int] | None,
        ranges: Ranges | None,
        relations: dict[str, Relation],
    ) -> None:
        self._shown, self._columns = shown, columns
        self._ranges, self._relations = ranges, relations
        self._collected = TextReader()
        self._columns_by_letters: dict[str, int] = {}
        self._found: list[Cell] = []
        self._count = 0
        self._row = 0
        self._column = -1
        self._is_wanted = False
        self._attributes: Attributes = {}
        self._value: str | None = None
        self._formula: str | None = None
        self.text = self._collected.add

    def taken(self) -> list[Cell]:
        """Return the cells since the last call."""
        found, self._found = self._found, []
        return found

    def start(self, name: str, attributes: Attributes) -> None:
        """Handle a start tag."""
        tag = _TAGS.get(name)
        if tag == "c":
            self._start_cell(attributes)
        elif tag == "row":
            self._row = _row_number(attributes.get("r"), self._row)
            self._column = -1
        elif tag in {"hyperlink", "mergeCell"}:
            self._add_range(tag, attributes)
        elif self._is_wanted and tag in {"v", "f", "t"}:
            self._collected.open()

    def end(self, name: str) -> None:
        """Handle an end tag."""
        if not self._is_wanted:
            return
        tag = _TAGS.get(name)
        if tag == "v":
            self._value = self._closed()
        elif tag == "f":
            self._formula = self._closed()
        elif tag == "t":
            self._value = (self._value or "") + self._closed()
        elif tag == "c":
            self._end_cell()

    def _add_range(self, tag: str, attributes: Attributes) -> None:
        if self._ranges is None:
            return
        reference = attributes.get("ref", "")
        if tag == "mergeCell":
            self._ranges.merge(reference)
        elif relation := self._relations.get(relation_id(attributes)):
            self._ranges.link(reference, relation.target)

    def _start_cell(self, attributes: Attributes) -> None:
        self._count += 1
        if self._count > MAX_CELLS:
            check_count(self._count, MAX_CELLS, "cells")
        reference = attributes.get("r")
        if reference is None:
            self._column += 1
        else:
            letters = reference.rstrip(_DIGITS)
            column = self._columns_by_letters.get(letters)
            if column is None:
                column = self._columns_by_letters[letters] = column_number(letters)
            self._column = column
        self._is_wanted = self._columns is None or self._column in self._columns
        self._attributes, self._value, self._formula = attributes, None, None

    def _end_cell(self) -> None:
        self._is_wanted = False
        value, formula = self._value, self._formula
        if value is None and formula is None:
            return
        kind = self._attributes.get("t", "n")
        text = self._shown(kind, int(self._attributes.get("s", 0)), value) if value else None
        link = _HYPERLINK.match(formula) if formula else None
        is_gap = formula is not None and not value and kind != "str"
        self._found.append(
            Cell(self._row, self._column, text, is_gap, link.group(1) if link else None)
        )

    def _closed(self) -> str:
        self._collected.close()
        return self._collected.taken()


def relation_id(attributes: Attributes) -> str:
    """Return the identifier by which a tag refers to another part or a URL; "" for none."""
    return next((value for name, value in attributes.items() if name.endswith("s id")), "")


def _row_number(written: str | None, last: int) -> int:
    """Return the number of a row, from 1; of one without a number, that after the last."""
    number = last + 1 if written is None else int(written[:20])
    if not 0 < number <= MAX_ROWS:
        raise UnusableWorkbookError(
            f"it has a row {number}, and a sheet of Excel has {MAX_ROWS:,} rows: the file is "
            "damaged"
        )
    return number
