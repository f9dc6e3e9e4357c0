"""A sheet of an Excel file as a table of text."""

import io
import re
import zipfile
from collections.abc import Iterable
from datetime import datetime
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from pixelmill.sources.cells import header_row, headings

if TYPE_CHECKING:
    from pixelmill.spark.types import ArrowTable

_OLD_OR_ENCRYPTED = b"\xd0\xcf\x11\xe0"  # a container of Microsoft's before 2007
_LINK = re.compile(r"(?i)=\s*HYPERLINK\(\s*\"(https?://[^\"]+)\"")
_URL = re.compile(r"(?i)\s*https?://")
_ERRORS = {"#NULL!", "#DIV/0!", "#VALUE!", "#REF!", "#NAME?", "#NUM!", "#N/A", "#GETTING_DATA"}

Row = tuple[Any, ...]


class _NoSheetError(ValueError):
    pass


class Sheet:
    """A sheet whose first row that is not empty has the names of the columns.

    Titles above that row, in one cell each, are passed over. Where no cell shows a URL, the URLs
    that texts are linked to stand in their place.

    Args:
        data: Content of the file.
        sheet: Its name; None is the first that is not hidden.

    Attributes:
        names: Of the columns. One without a name is called by its letter.

    Raises:
        ValueError: The file is none of Excel's, or has no such sheet, or nothing in it.
    """

    def __init__(self, data: bytes, sheet: str | None) -> None:
        values = _rows(data, sheet, data_only=True)
        cells = [cell for row in values for cell in row]
        shows_urls = any(isinstance(cell, str) and _URL.match(cell) for cell in cells)
        has_gaps = None in cells
        # A formula without a value looks like an empty cell; a second look tells them apart.
        written = _rows(data, sheet, data_only=False) if has_gaps or not shows_urls else values
        if not shows_urls:
            values = _with_links(data, sheet, values, written)
        rows = [list(map(_text, row)) for row in values]
        top = header_row(rows)
        if top is None:
            raise ValueError("the sheet is empty; choose another with ingestion.sheet")
        width = max(map(len, rows))
        whole = [row + [None] * (width - len(row)) for row in rows[top:] if any(row)]
        columns = list(zip(*whole, strict=True))
        gaps = _gaps(data, sheet, values, written)
        kept = [place for place, column in enumerate(columns) if any(column) or place in gaps]
        named = headings([*whole[0]])
        self.names = [named[place] for place in kept]
        self._columns = [columns[place][1:] for place in kept]
        self._gaps = {named[place]: row for place, row in gaps.items()}

    def read(self, columns: list[str], rows: int | None = None) -> "ArrowTable":
        """Read some columns.

        Args:
            columns: Some of `names`.
            rows: Number of rows that are enough; None is all of them.

        Returns: The columns as strings, null where a cell is empty or an error; without empty rows.

        Raises:
            ValueError: A column has formulas whose values nothing has computed.
        """
        for column in columns:
            if column in self._gaps:
                raise ValueError(
                    f"column {column!r} has formulas that no program has computed (row "
                    f"{self._gaps[column]}): open the file in Excel or LibreOffice and save it"
                )
        places = [self.names.index(column) for column in columns]
        arrays = [pa.array(self._columns[place][:rows], pa.string()) for place in places]
        return pa.Table.from_arrays(arrays, names=columns)


def _gaps(data: bytes, sheet: str | None, values: list[Row], written: list[Row]) -> dict[int, int]:
    """Columns with a formula that has no value: place of the column, and the first such row."""
    found = {
        (number, place)
        for number, (row, formulas) in enumerate(zip(values, written, strict=True), 1)
        for place, (cell, formula) in enumerate(zip(row, formulas, strict=False))
        if cell is None and formula is not None
    }
    if found:  # of these, a formula whose value is the empty text
        found -= _empty_texts(data, sheet)
    return {place: number for number, place in sorted(found, reverse=True)}


def _empty_texts(data: bytes, sheet: str | None) -> set[tuple[int, int]]:
    """Row, from 1, and place of the cells that say that they are a text, and have none."""
    from openpyxl import load_workbook

    chosen = _sheet(load_workbook(io.BytesIO(data), read_only=True, data_only=True), sheet)
    chosen.reset_dimensions()
    cells = (cell for row in chosen.iter_rows() for cell in row)
    return {
        (cell.row, cell.column - 1) for cell in cells if cell.data_type == "str" and not cell.value
    }


def _rows(data: bytes, sheet: str | None, *, data_only: bool) -> list[Row]:
    """All cells, row by row; of formulas the values that Excel last saw, or their text."""
    from openpyxl import load_workbook

    if data.startswith(_OLD_OR_ENCRYPTED):
        raise ValueError("it is of an old format or encrypted; save it as .xlsx without a password")
    try:
        book = load_workbook(io.BytesIO(data), read_only=True, data_only=data_only)
        chosen = _sheet(book, sheet)
        chosen.reset_dimensions()  # some programs write wrong ones
        return list(chosen.iter_rows(values_only=True))
    except _NoSheetError:
        raise
    except Exception as error:  # a damaged file makes openpyxl raise nearly anything
        raise ValueError(f"it is no Excel file, or damaged ({error})") from error


def _sheet(book: Any, sheet: str | None) -> Any:
    names = [one.title for one in book.worksheets]
    if sheet is None and names:
        shown = (one for one in book.worksheets if one.sheet_state == "visible")
        return next(shown, book.worksheets[0])
    if sheet not in names:
        known = ", ".join(map(repr, names))
        raise _NoSheetError(f"it has no sheet {sheet!r}, only {known}; set ingestion.sheet")
    return book[sheet]


def _with_links(data: bytes, sheet: str | None, values: list[Row], written: list[Row]) -> list[Row]:
    """The rows, with the targets of their hyperlinks."""
    linked = _linked(data, sheet) if _has_links(data) else {}
    return [
        tuple(
            linked.get((number, place)) or _target(formula) or cell
            for place, (cell, formula) in enumerate(zip(row, formulas, strict=False))
        )
        for number, (row, formulas) in enumerate(zip(values, written, strict=True))
    ]


def _has_links(data: bytes) -> bool:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return any(name.startswith("xl/worksheets/_rels/") for name in archive.namelist())


def _linked(data: bytes, sheet: str | None) -> dict[tuple[int, int], str]:
    """URLs by row and column of the cells that are linked to them, from 0."""
    from openpyxl import load_workbook

    book = load_workbook(io.BytesIO(data))  # a file that is read in parts shows no links
    cells: Iterable[Any] = (cell for row in _sheet(book, sheet).iter_rows() for cell in row)
    links = ((cell, cell.hyperlink.target) for cell in cells if cell.hyperlink)
    return {
        (cell.row - 1, cell.column - 1): target
        for cell, target in links
        if target and _URL.match(target)
    }


def _target(formula: Any) -> str | None:
    found = _LINK.match(formula) if isinstance(formula, str) else None
    return found.group(1) if found else None


def _text(cell: Any) -> str | None:
    """What a cell shows, without blanks at its ends."""
    match cell:
        case None:
            return None
        case bool():
            text = str(cell).upper()
        case datetime() if cell.time() == datetime.min.time():
            text = cell.date().isoformat()
        case float() if cell.is_integer():
            text = str(int(cell))
        case _:
            text = str(cell).strip()
    return None if text in _ERRORS else text or None
