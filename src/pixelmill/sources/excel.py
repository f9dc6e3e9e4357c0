"""A sheet of an Excel file as a table of text."""

import io
import re
import zipfile
from collections.abc import Iterable
from datetime import datetime
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pixelmill.spark.types import ArrowTable

_OLD_OR_ENCRYPTED = b"\xd0\xcf\x11\xe0"  # a container of Microsoft's before 2007
_LINK = re.compile(r"(?i)=\s*HYPERLINK\(\s*\"(https?://[^\"]+)\"")
_URL = re.compile(r"(?i)\s*https?://")
_ERRORS = {"#NULL!", "#DIV/0!", "#VALUE!", "#REF!", "#NAME?", "#NUM!", "#N/A", "#GETTING_DATA"}

Row = tuple[Any, ...]


class _NoSheetError(ValueError):
    pass


def read_sheet(data: bytes, sheet: str | None) -> "ArrowTable":
    """Read a sheet whose first row that is not empty has the names of the columns.

    Where no cell shows a URL, the URLs that texts are linked to stand in their place.

    Args:
        data: Content of the file.
        sheet: Its name; None is the first.

    Returns: The columns as strings, null where a cell is empty or an error; without empty rows. A
        column without a name is called by its letter.

    Raises:
        ValueError: The file is none of Excel's, or has no such sheet, or nothing in it.
    """
    import pyarrow as pa

    rows = _rows(data, sheet, data_only=True)
    if not any(isinstance(cell, str) and _URL.match(cell) for row in rows for cell in row):
        rows = _with_links(data, sheet, rows)
    texts = [texts for texts in (list(map(_text, row)) for row in rows) if any(texts)]
    if not texts:
        raise ValueError("the sheet is empty; choose another with ingestion.sheet")
    width = max(map(len, texts))
    whole = [row + [None] * (width - len(row)) for row in texts]
    columns = [list(column) for column in zip(*whole, strict=True)]
    named = [(_name(place, column), column[1:]) for place, column in enumerate(columns)]
    kept = [(name, values) for name, values in named if name is not None]
    arrays = [pa.array(values, pa.string()) for _, values in kept]
    return pa.Table.from_arrays(arrays, names=[name for name, _ in kept])


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
        return book.worksheets[0]
    if sheet not in names:
        known = ", ".join(map(repr, names))
        raise _NoSheetError(f"it has no sheet {sheet!r}, only {known}; set ingestion.sheet")
    return book[sheet]


def _with_links(data: bytes, sheet: str | None, rows: list[Row]) -> list[Row]:
    """The rows, with the targets of their hyperlinks; a second look at the file."""
    linked = _linked(data, sheet) if _has_links(data) else {}
    formulas = _rows(data, sheet, data_only=False)
    return [
        tuple(
            linked.get((number, place)) or _target(formula) or cell
            for place, (cell, formula) in enumerate(zip(row, written, strict=False))
        )
        for number, (row, written) in enumerate(zip(rows, formulas, strict=True))
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


def _name(place: int, column: list[str | None]) -> str | None:
    """A column's name: the first cell, or its letter; None for a column without anything."""
    from openpyxl.utils import get_column_letter

    letter: str = get_column_letter(place + 1)
    return column[0] or (letter if any(column) else None)
