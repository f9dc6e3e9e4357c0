"""CSV files, with commas, semicolons, tabs or bars.

A row is never lost in silence: a quote that stays open would swallow the rows below it, and a cell
too many would move the others. Both are errors that name the line.
"""

import re
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import TYPE_CHECKING

import pyarrow as pa

from pixelmill.sources.cells import (
    ends_as_file,
    header_row,
    headings,
    names_image,
    names_location,
)
from pixelmill.sources.text import Content, read_lines
from pixelmill.sources.url_list import names_more_than_a_url
from pixelmill.untrusted_text import safe_text

if TYPE_CHECKING:
    from pixelmill.spark.types import ArrowTable

TABS = (".tsv", ".tab")
ENDINGS = (".csv", *TABS)
LONGEST_CELL = 131_072  # characters; a quote that is open for longer was not meant as one
_DELIMITERS = (",", ";", "\t", "|")
_DIVIDED = re.compile(f"[{re.escape(''.join(_DELIMITERS))}]")
_TRIED_ROWS = 20  # by which the header, and one of several delimiters, is found
_BATCH_ROWS = 65_536  # of Python strings in memory at once
_SEPARATOR_LINE = re.compile(r"sep=(.)\s*", re.IGNORECASE)  # for Excel, which also obeys it
_QUOTED = re.compile(r'[^\S\t\r\n]*"((?:[^"]++|"")*+)"[^\S\t\r\n]*')
_OPEN = re.compile(r'[^\S\t\r\n]*"')
_ROW_END = "\r\n"
_NOTHING = " \r\n" + "".join(_DELIMITERS)  # a line of these alone is an empty row
_WRITE_TWICE = ": close it, or write the cell in quotes and the quotes in it twice"
Numbered = tuple[int, list[str]]  # the first line of a row, from 1, and its cells


class Delimited:
    """A file of rows, of which only what is asked for is kept in memory.

    Args:
        data: Content of the file.
        tabs: Whether its name says that tabs divide its cells.
        encoding: Encoding by Python's name; None is that of the byte-order mark, else UTF-8.

    Attributes:
        names: Column names.

    Raises:
        ValueError: The file has no header, another encoding, or a quote that stays open.
    """

    def __init__(self, data: Content, *, tabs: bool, encoding: str | None) -> None:
        self._data, self._encoding = data, encoding
        self._delimiter = self._find_delimiter(tabs)
        first = [cells for _, cells in islice(self._rows(), _TRIED_ROWS)]
        top = header_row(first)
        if top is None:
            raise ValueError("it is empty")
        self._header, self._above = first[top], top + 1
        self._needed = max(n for n, cell in enumerate(self._header, 1) if cell.strip())
        self.names = headings([*self._header])

    def read(self, columns: list[str], rows: int | None = None) -> "ArrowTable":
        """Read some columns.

        Args:
            columns: Column names, a subset of `names`.
            rows: Number of rows that are enough; None is all of them.

        Raises:
            ValueError: As the class; and where a row has too many or too few cells.
        """
        schema = pa.schema([(column, pa.string()) for column in columns])
        return pa.concat_tables([schema.empty_table(), *self.batches(columns, rows)])

    def batches(self, columns: list[str], rows: int | None = None) -> "Iterator[ArrowTable]":
        """Read some columns, some thousand rows at a time; arguments and errors as of `read`."""
        places = [self.names.index(column) for column in columns]
        found = islice(self._checked(), rows)
        while batch := list(islice(found, _BATCH_ROWS)):
            arrays = [pa.array([row[place] for row in batch], pa.string()) for place in places]
            yield pa.Table.from_arrays(arrays, names=columns)

    def _checked(self) -> Iterator[list[str]]:
        """Return the rows below the header, each with a cell for every name."""
        width = len(self._header)
        firsts: dict[int, int] = {}  # the first line of each width
        for number, cells in islice(self._rows(), self._above, None):
            firsts.setdefault(max(len(cells), width), number)
            if self._delimiter is None:
                self._check_alone(number, cells[0])
            if len(cells) < self._needed or any(map(str.strip, cells[width:])):
                raise ValueError(self._miscounted(number, len(cells)))
            if len(firsts) > 1:
                raise ValueError(self._uneven(firsts))
            yield cells if len(cells) == width else cells + [""] * (width - len(cells))

    def _rows(self) -> Iterator[Numbered]:
        rows = self._records(self._delimiter)
        return (row for row in rows if row[1][0].strip() or any(map(str.strip, row[1])))

    def _records(self, delimiter: str | None) -> Iterator[Numbered]:
        lines = enumerate(read_lines(self._data, self._encoding), 1)
        rows = (numbered for numbered in lines if not _names_separator(*numbered))
        return _records(rows, delimiter)

    def _find_delimiter(self, tabs: bool) -> str | None:
        """Return the delimiter of the header; None for a file of one column."""
        first = next(read_lines(self._data, self._encoding), "")
        if named := _SEPARATOR_LINE.fullmatch(first):
            return named[1]
        header = self._header_text()
        if tabs and "\t" in header:
            return "\t"
        counts = {mark: len(_split(header, mark)) for mark in _DELIMITERS if mark in header}
        found = sorted((mark for mark in counts if counts[mark] > 1), key=lambda m: -counts[m])
        fitting = (mark for mark in found if len(found) == 1 or self._fits(mark, counts[mark]))
        return next(fitting, found[0] if found else None)

    def _header_text(self) -> str:
        """Return the first row that is not empty, or below titles the first of several names."""
        texts = islice(self._texts(), _TRIED_ROWS)
        first = next(texts, "")
        if names_location(first) or _DIVIDED.search(first):
            return first
        below = next(filter(_DIVIDED.search, texts), first)
        files = (ends_as_file(cell.strip('"')) for cell in _DIVIDED.split(below))
        return first if any(files) else below

    def _texts(self) -> Iterator[str]:
        """Return rows that are not empty, with the lines that their quotes hold together."""
        text = ""
        for line in read_lines(self._data, self._encoding):
            if text or line.strip(_NOTHING):
                text += line
                if text.count('"') % 2 == 0 or len(text) > LONGEST_CELL:
                    yield text.rstrip(_ROW_END)
                    text = ""
        if text:
            yield text.rstrip(_ROW_END)

    def _fits(self, delimiter: str, width: int) -> bool:
        """Return whether the first rows all have as many cells as the header."""
        try:
            rows = [cells for _, cells in islice(self._records(delimiter), _TRIED_ROWS)]
        except ValueError:
            return False
        return all(len(cells) == width for cells in rows if any(map(str.strip, cells)))

    @property
    def _mark(self) -> str:
        return {"\t": "a tab", None: "a comma"}.get(self._delimiter, repr(self._delimiter))

    def _miscounted(self, number: int, count: int) -> str:
        cells = "1 cell" if count == 1 else f"{count} cells"
        columns = "1 column" if self._needed == 1 else f"{self._needed} columns"
        return (
            f"line {number} has {cells} where the header names {columns}: a cell that contains "
            f"{self._mark} must be in quotes"
        )

    def _uneven(self, firsts: dict[int, int]) -> str:
        """Say of cells that end in empty ones that they may come from one cell with a delimiter."""
        most, usual = max(firsts), min(firsts)
        return (
            f"line {firsts[most]} has {most} cells, though the last is empty, and others have "
            f"{usual}: a cell that contains {self._mark} must be in quotes, and what stands at the "
            "end of one line stands at the end of all or is left out"
        )

    def _check_alone(self, number: int, cell: str) -> None:
        """Refuse 'a.png,cat' below a header of one name; a URL may have commas, but no label."""
        if names_more_than_a_url(cell.strip()):
            shown = safe_text(cell.strip(), 60)
            raise ValueError(
                f"line {number} has more than a URL ('{shown}') and the header names 1 column: "
                "name the others there, or write a comma in a URL as %2C"
            )
        parts = _DIVIDED.split(cell)
        name = parts[0].strip()
        if len(parts) > 1 and names_image(name) and "://" not in name:
            raise ValueError(self._miscounted(number, len(parts)))


def _names_separator(number: int, line: str) -> bool:
    return number == 1 and _SEPARATOR_LINE.fullmatch(line) is not None


def _records(lines: Iterable[tuple[int, str]], delimiter: str | None) -> Iterator[Numbered]:
    """Return the rows of a file; one whose quoted cell has line breaks spans several lines."""
    pending, first = "", 0
    for number, line in lines:
        if not pending:
            first = number
            if '"' not in line:
                text = line.rstrip(_ROW_END)
                yield number, [text] if delimiter is None else text.split(delimiter)
                continue
        pending += line
        if len(pending) > LONGEST_CELL and first != number:
            break
        # Only a further quote can close an open one.
        if '"' in line and (cells := _quoted_cells(pending, delimiter, first)) is not None:
            if number > first:
                _check_swallowed(cells, delimiter, first)
            yield first, cells
            pending = ""
    if pending:
        raise ValueError(f"a quote opens on line {first} and is not closed{_WRITE_TWICE}")


def _quoted_cells(record: str, delimiter: str | None, first: int) -> list[str] | None:
    """Return the cells of a row that has quotes; None where one of them is still open."""
    record, cells, place = record.rstrip(_ROW_END), list[str](), 0
    while True:
        quoted = _QUOTED.match(record, place)
        if quoted:
            cells.append(quoted[1].replace('""', '"'))
            place = quoted.end()
            if place < len(record) and record[place] != delimiter:
                raise ValueError(
                    f"line {first} has text behind a closing quote, "
                    f"'{safe_text(record[place:], 20)}'{_WRITE_TWICE}"
                )
        elif _OPEN.match(record, place):
            return None
        else:
            end = len(record) if delimiter is None else record.find(delimiter, place)
            end = len(record) if end < 0 else end
            cells.append(record[place:end])
            place = end
        if place >= len(record):
            break
        place += 1
    return cells


def _check_swallowed(cells: list[str], delimiter: str | None, first: int) -> None:
    """Refuse a cell whose line breaks are ends of rows: two stray quotes hid what lies between."""
    named = next((place for place, cell in enumerate(cells) if ends_as_file(cell)), None)
    if named is None or delimiter is None:
        return
    for place, cell in enumerate(cells):
        lines = cell.splitlines() if place != named else []
        for offset, line in enumerate(lines):
            # Cells of a row of which the first and last line of the cell have but a part.
            width = {0: len(cells) - place, len(lines) - 1: place + 1}.get(offset, len(cells))
            if _is_row(line.split(delimiter), width, named - (0 if offset else place)):
                raise ValueError(
                    f"the quote that opens on line {first} closes on a later one, and a row seems "
                    f"to lie in between (line {first + offset}: '{safe_text(line.strip(), 60)}')"
                    f"{_WRITE_TWICE}"
                )


def _is_row(parts: list[str], width: int, named: int) -> bool:
    """Return whether a line has as many cells as a row, and a file where the rows have theirs."""
    fits = len(parts) == width > 1 and 0 <= named < width
    return fits and ends_as_file(parts[named])


def _split(line: str, delimiter: str) -> list[str]:
    """Return the cells of a header, of which only the number matters."""
    try:
        return _quoted_cells(line, delimiter, 1) or [line]
    except ValueError:
        return [line]
