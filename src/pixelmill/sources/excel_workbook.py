"""An Excel file (.xlsx): its sheets, and their cells as a stream."""

import re
from array import array
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pixelmill.sources.excel_cells import (
    MAX_CELLS,
    Cell,
    CellReader,
    StringReader,
    relation_id,
)
from pixelmill.sources.excel_parts import (
    MAX_SHEET_BYTES,
    Attributes,
    Handlers,
    Parts,
    UnusableWorkbookError,
    check_count,
    readable,
)
from pixelmill.sources.excel_ranges import Ranges

MAX_STYLES = 65_536  # of a workbook, as of its sheets
_OLD_OR_ENCRYPTED = b"\xd0\xcf\x11\xe0"  # a container of Microsoft's before 2007
# Excel escapes no other characters, and other programs write names such as img_x1080_.jpg as is.
_ESCAPE = re.compile("_x(00[01][0-9A-Fa-f]|005[Ff])_")
_ERRORS = {"#NULL!", "#DIV/0!", "#VALUE!", "#REF!", "#NAME?", "#NUM!", "#N/A", "#GETTING_DATA"}


@dataclass(frozen=True)
class SheetPart:
    """A sheet of a workbook.

    Attributes:
        name: Name on its tab.
        part: Name of its XML part.
        is_hidden: Whether Excel shows no tab for it.
    """

    name: str
    part: str
    is_hidden: bool


class Workbook:
    """The sheets of an Excel file.

    Args:
        data: Content of the file.

    Raises:
        UnusableWorkbookError: The file is no Excel file, is damaged, or is beyond a limit.
    """

    def __init__(self, data: bytes) -> None:
        if data.startswith(_OLD_OR_ENCRYPTED):
            raise UnusableWorkbookError(
                "it is of an old format or encrypted; save it as .xlsx without a password"
            )
        with readable():
            self._parts = Parts(data)
            package = self._parts.relations("").values()
            mains = [one.target for one in package if one.kind == "officeDocument"]
            main = mains[0] if mains else "xl/workbook.xml"
            self._relations = self._parts.relations(main)
            self._has_1904_dates = False
            self._sheets: list[SheetPart] = []
            self._parts.parse(main, Handlers(self._read_sheet))
            self._strings = _Strings()
            self._dates: dict[int, bool] = {}
            self._read_strings_and_styles()

    def sheet(self, name: str | None) -> SheetPart:
        """Find a sheet.

        Args:
            name: Sheet name; None is the first that is not hidden.

        Raises:
            UnusableWorkbookError: There is no such sheet.
        """
        if name is None and self._sheets:
            shown = (one for one in self._sheets if not one.is_hidden)
            return next(shown, self._sheets[0])
        found = next((one for one in self._sheets if one.name == name), None)
        if found is None:
            known = ", ".join(repr(one.name) for one in self._sheets)
            raise UnusableWorkbookError(
                f"it has no sheet {name!r}, only {known}; set ingestion.sheet"
            )
        return found

    def cells(
        self, sheet: SheetPart, columns: frozenset[int] | None = None, ranges: Ranges | None = None
    ) -> Iterator[Cell]:
        """Stream the cells of a sheet, in the order of the file.

        Args:
            sheet: Sheet of this workbook.
            columns: Column numbers from 0 to read; None for all.
            ranges: Takes linked and merged cells, which the file has behind its last cell.

        Yields: Cells with a value or a formula.

        Raises:
            UnusableWorkbookError: The sheet is damaged or beyond a limit.
        """
        with readable():
            relations = self._parts.relations(sheet.part) if ranges is not None else {}
            reader = CellReader(self._shown, columns, ranges, relations)
            handlers = Handlers(reader.start, reader.end, reader.text)
            for _ in self._parts.stream(sheet.part, handlers, MAX_SHEET_BYTES):
                yield from reader.taken()

    def _read_sheet(self, name: str, attributes: Attributes) -> None:
        tag = name.rpartition(" ")[2]
        if tag == "workbookPr":
            self._has_1904_dates = attributes.get("date1904", "0").lower() in ("1", "true")
        relation = self._relations.get(relation_id(attributes)) if tag == "sheet" else None
        if relation is not None and relation.kind == "worksheet":
            is_hidden = attributes.get("state", "visible") != "visible"
            self._sheets.append(SheetPart(attributes["name"], relation.target, is_hidden))
            check_count(len(self._sheets), MAX_STYLES, "sheets")

    def _read_strings_and_styles(self) -> None:
        for relation in self._relations.values():
            if relation.kind == "sharedStrings":
                reader = StringReader(self._strings.append)
                handlers = Handlers(reader.start, reader.end, reader.text)
                self._parts.parse(relation.target, handlers)
            elif relation.kind == "styles":
                styles = _Styles()
                self._parts.parse(relation.target, Handlers(styles.start))
                self._dates = styles.dates()

    def _shown(self, kind: str, style: int, value: str) -> str | None:
        """Return what Excel shows of a stored value of a type; None for nothing or an error."""
        match kind:
            case "s":
                text = self._strings[int(value)]
            case "str" | "inlineStr" | "e":
                text = _unescaped(value)
            case "b":
                text = "TRUE" if int(value) else "FALSE"
            case "d":
                text = _of_iso_date(value)
            case _:
                number = float(value) if {*value} & {*".eE"} else int(value)
                text = self._of_date(style, number) if style in self._dates else _of_number(number)
        text = text.strip()
        return None if text in _ERRORS else text or None

    def _of_date(self, style: int, value: float) -> str:
        from openpyxl.utils.datetime import MAC_EPOCH, WINDOWS_EPOCH, from_excel

        epoch = MAC_EPOCH if self._has_1904_dates else WINDOWS_EPOCH
        try:
            return _of_moment(from_excel(value, epoch, timedelta=self._dates[style]))
        except (OverflowError, ValueError):  # Excel shows nothing but ####
            return ""


class _Strings:
    """Texts by number; as bytes, a few of which take less memory than a string of Python."""

    def __init__(self) -> None:
        self._bytes = bytearray()
        self._ends = array("Q", [0])

    def append(self, text: str) -> None:
        self._bytes += _unescaped(text).encode()
        self._ends.append(len(self._bytes))
        if len(self._ends) > MAX_CELLS:
            check_count(len(self._ends), MAX_CELLS, "texts")

    def __getitem__(self, number: int) -> str:
        if number < 0:
            raise IndexError("a cell has no text")
        return self._bytes[self._ends[number] : self._ends[number + 1]].decode()


class _Styles:
    """The number formats of `styles.xml`, by which dates and numbers are distinguished."""

    def __init__(self) -> None:
        self._custom: dict[int, str] = {}
        self._formats: list[int] = []
        self._is_of_cells = False

    def start(self, name: str, attributes: Attributes) -> None:
        tag = name.rpartition(" ")[2]
        if tag == "numFmt":
            self._custom[int(attributes["numFmtId"])] = attributes.get("formatCode", "")
        elif tag in ("cellXfs", "cellStyleXfs"):
            self._is_of_cells = tag == "cellXfs"
        elif tag == "xf" and self._is_of_cells:
            self._formats.append(int(attributes.get("numFmtId", 0)))
        check_count(max(len(self._formats), len(self._custom)), MAX_STYLES, "styles")

    def dates(self) -> dict[int, bool]:
        """Return the style numbers of dates and times, and whether each is a duration."""
        from openpyxl.styles.numbers import (
            builtin_format_code,
            is_date_format,
            is_timedelta_format,
        )

        codes = [self._custom.get(one) or builtin_format_code(one) for one in self._formats]
        return {
            style: is_timedelta_format(code)
            for style, code in enumerate(codes)
            if is_date_format(code)
        }


def _unescaped(text: str) -> str:
    """Return a text as Excel shows it: it stores control characters as _x000D_, and an underscore
    that looks like the beginning of such an escape as _x005F_.
    """
    return _ESCAPE.sub(lambda found: chr(int(found[1], 16)), text) if "_x00" in text else text


def _of_number(number: float) -> str:
    if isinstance(number, int) or number.is_integer():
        return str(int(number))
    shown = float(f"{number:.15g}")  # as Excel does: 0.1 + 0.2 is 0.3
    return str(int(shown)) if shown.is_integer() else str(shown)


def _of_iso_date(value: str) -> str:
    from openpyxl.utils.datetime import from_ISO8601

    return _of_moment(from_ISO8601(value))


def _of_moment(moment: Any) -> str:
    """Return a date, time or duration as text; a date at midnight without its time."""
    if isinstance(moment, datetime) and moment.time() == datetime.min.time():
        return moment.date().isoformat()
    return str(moment)
