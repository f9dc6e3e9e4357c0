"""A sheet of an Excel file as a table of text."""

import re
from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator
from itertools import groupby
from typing import TYPE_CHECKING

import pyarrow as pa

from pixelmill.sources.cells import (
    ends_as_file,
    header_row,
    headings,
    letter,
    names_location,
)
from pixelmill.sources.excel_cells import MAX_TEXT, Cell
from pixelmill.sources.excel_parts import UnusableWorkbookError
from pixelmill.sources.excel_ranges import Ranges
from pixelmill.sources.excel_workbook import Workbook
from pixelmill.sources.url_list import path_in

if TYPE_CHECKING:
    from pixelmill.spark.types import ArrowTable

MAX_COLUMN_TEXT = 512 << 20  # characters: a file has a text once that a million cells may show
_URL = re.compile(r"(?i)\s*https?://")


class Sheet:
    """A sheet whose first row that is not empty has the names of the columns.

    Titles above that row, in one cell each, are passed over. Where no cell shows a URL, the URLs
    that texts are linked to replace them in the column of the images. Cells that are merged show
    their text in each of their rows.

    The cells are streamed: first all of them, to find the names, the rows and the links, then
    those of the columns that are read. Only these are ever in memory.

    Args:
        data: Content of the file.
        sheet: Sheet name; None is the first that is not hidden.

    Attributes:
        names: Column names. One without a name is called by its letter.

    Raises:
        ValueError: The file is no Excel file, has no such sheet, or is empty.
    """

    def __init__(self, data: bytes, sheet: str | None) -> None:
        self._book = Workbook(data)
        self._sheet = self._book.sheet(sheet)
        self._top, header = self._header()
        named = {column for column, name in header.items() if names_location(name)}
        found, ranges = _Survey(named), Ranges()
        for cell in self._book.cells(self._sheet, ranges=ranges):
            found.add(cell, ranges)
        below = {place: url for place, url in ranges.targets.items() if place[0] > self._top}
        self._links = {} if found.shows_urls else _of_images(below, named, found.shows_files)
        self._merged = [one for one in ranges.merged if one[0] > self._top]
        self._rows = sorted({row for row in found.rows if row > self._top} | {*_rows(self._links)})
        self._is_in_order = found.is_in_order
        gaps = found.gaps_without(self._links)
        filled = {column for column, row in found.last_rows.items() if row > self._top}
        self._places = sorted(filled | {*header} | {*gaps} | {column for _, column in self._links})
        names = headings([header.get(place) for place in range(self._places[-1] + 1)])
        self.names = [names[place] for place in self._places]
        self._gaps = {names[place]: row for place, row in gaps.items()}

    def read(self, columns: list[str], rows: int | None = None) -> "ArrowTable":
        """Read some columns.

        Args:
            columns: Column names, a subset of `names`.
            rows: Number of rows that are enough; None is all of them.

        Returns: The columns as strings, null where a cell is empty or an error; without empty rows.

        Raises:
            ValueError: A column has formulas whose values nothing has computed, or is too large.
        """
        for column in columns:
            if column in self._gaps:
                raise ValueError(
                    f"column {column!r} has formulas that no program has computed (row "
                    f"{self._gaps[column]}): open the file in Excel or LibreOffice and save it"
                )
        places = [self._places[self.names.index(column)] for column in columns]
        texts = self._texts(places, self._rows[:rows])
        arrays = [pa.array(texts[place], pa.string()) for place in places]
        return pa.Table.from_arrays(arrays, names=columns)

    def batches(self, columns: list[str], rows: int | None = None) -> "Iterator[ArrowTable]":
        """Read some columns at once: a sheet has no more rows than fit into memory."""
        yield self.read(columns, rows)

    def _header(self) -> tuple[int, dict[int, str]]:
        """Return row number and names of the header row, by column number."""
        filled: list[tuple[int, dict[int, str]]] = []

        def shown() -> Iterator[list[str]]:
            for row in self._filled_rows():
                filled[1:] = [row]  # the header is the first of all or the last that was asked for
                yield [*row[1].values()]

        place = header_row(shown())
        if place is None:
            raise UnusableWorkbookError("the sheet is empty; choose another with ingestion.sheet")
        return filled[0 if place == 0 else -1]

    def _filled_rows(self) -> Iterator[tuple[int, dict[int, str]]]:
        cells = self._book.cells(self._sheet)
        for row, group in groupby(cells, key=lambda cell: cell.row):
            texts = {cell.column: cell.text for cell in group if cell.text is not None}
            if texts:
                yield row, texts

    def _texts(self, places: list[int], rows: list[int]) -> dict[int, list[str | None]]:
        """Return the texts of columns in some rows, by column number."""
        found: dict[int, list[str | None]] = {place: [None] * len(rows) for place in places}
        room = dict.fromkeys(places, MAX_COLUMN_TEXT)
        last = rows[-1] if rows else 0
        for cell in self._book.cells(self._sheet, frozenset(places)):
            if cell.row > last and self._is_in_order:
                break
            at = bisect_left(rows, cell.row)
            if cell.text is not None and at < len(rows) and rows[at] == cell.row:
                room[cell.column] -= len(cell.text)
                self._check_size(cell, room[cell.column])
                found[cell.column][at] = cell.text
        for (row, column), url in self._links.items():
            if column in found and row <= last:
                found[column][bisect_left(rows, row)] = url
        for top, bottom, column in self._merged:
            if column in found and top <= last:
                begin, end = bisect_left(rows, top), bisect_right(rows, bottom)
                # The first cell shows its text in the place of what the others may still have.
                text = found[column][begin] if rows[begin] == top else None
                found[column][begin:end] = [text] * (end - begin)
        if self._links or self._merged:
            for column, texts in found.items():
                _check_room(column, MAX_COLUMN_TEXT - sum(len(text or "") for text in texts))
        return found

    def _check_size(self, cell: Cell, room: int) -> None:
        if len(cell.text or "") > MAX_TEXT:
            raise UnusableWorkbookError(
                f"the cell {letter(cell.column)}{cell.row} has more than {MAX_TEXT:,} characters, "
                "which is Excel's limit"
            )
        _check_room(cell.column, room)


class _Survey:
    """What there is in a sheet, without its texts.

    Args:
        named: Numbers of the columns that are called as those of images are.

    Attributes:
        rows: Numbers of the rows with a value, each once where the file has them in order.
        is_in_order: Whether the file has rows by their numbers.
        last_rows: Last row with a value, by column number.
        shows_urls: Whether any cell shows a URL.
        shows_files: Whether any cell of the named columns shows the name of a file.
    """

    def __init__(self, named: set[int]) -> None:
        self._named = named
        self.rows = array("I", [0])
        self.is_in_order = True
        self.last_rows: dict[int, int] = {}
        self.shows_urls = self.shows_files = False
        self._gaps: dict[int, array[int]] = {}

    def add(self, cell: Cell, ranges: Ranges) -> None:
        if cell.target is not None:
            ranges.link(f"{letter(cell.column)}{cell.row}", cell.target)
        if cell.is_gap:
            self._gaps.setdefault(cell.column, array("I")).append(cell.row)
        if cell.text is None:
            return
        self.shows_urls = self.shows_urls or _URL.match(cell.text) is not None
        if cell.column in self._named and not self.shows_files:
            self.shows_files = ends_as_file(cell.text)
        if cell.row != self.rows[-1]:
            self.is_in_order = self.is_in_order and cell.row > self.rows[-1]
            self.rows.append(cell.row)
        self.last_rows[cell.column] = max(cell.row, self.last_rows.get(cell.column, 0))

    def gaps_without(self, links: dict[tuple[int, int], str]) -> dict[int, int]:
        """Return the first row, by column number, with a formula that has neither a value nor a
        link.
        """
        firsts = {
            column: next((row for row in rows if (row, column) not in links), None)
            for column, rows in self._gaps.items()
        }
        return {column: row for column, row in firsts.items() if row is not None}


def _rows(places: Iterable[tuple[int, int]]) -> Iterator[int]:
    return (row for row, _ in places)


def _of_images(
    links: dict[tuple[int, int], str], named: set[int], shows_files: bool
) -> dict[tuple[int, int], str]:
    """Return the links of the images' column: labels may be linked too, and stay as they are.

    It is one that is called so. Else it is the one with most links to files, and of those with the
    same number the one with most links.
    """
    columns: dict[int, list[str]] = {}
    for (_, column), url in links.items():
        columns.setdefault(column, []).append(url)
    chosen = named & columns.keys()
    if not chosen and columns and not shows_files:
        ranks = {
            column: (sum(ends_as_file(path_in(url)) for url in urls), len(urls))
            for column, urls in columns.items()
        }
        chosen = {column for column in columns if ranks[column] == max(ranks.values())}
    return {place: url for place, url in links.items() if place[1] in chosen}


def _check_room(column: int, room: int) -> None:
    if room < 0:
        raise UnusableWorkbookError(
            f"column {letter(column)} has more than {MAX_COLUMN_TEXT >> 20} MiB of text; "
            "save it as CSV"
        )
