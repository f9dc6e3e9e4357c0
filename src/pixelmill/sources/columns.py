"""Columns of a table as text, from CSV, Excel, Parquet, JSON lines or text."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from itertools import islice
from typing import TYPE_CHECKING, Protocol

import pyarrow as pa

from pixelmill.errors import InputError
from pixelmill.sources import delimited, json_lines, parquet_files
from pixelmill.sources.cells import matching_names, shown_names, text_column
from pixelmill.sources.excel import Sheet
from pixelmill.sources.text import Content, read_lines
from pixelmill.sources.url_list import names_more_than_a_url
from pixelmill.storage import Storage, child, open_storage
from pixelmill.untrusted_text import safe_text

if TYPE_CHECKING:
    from pixelmill.spark.types import ArrowTable

EXCEL = (".xlsx", ".xlsm", ".xls")
TEXT = ".txt"
# A folder of such a name is no table.
FILES = (*delimited.ENDINGS, TEXT, *EXCEL, *json_lines.ENDINGS)
BATCH_ROWS = 65_536  # of Python strings in memory at once
LINE = "line"  # the one column of a text file
_NAMES = "set ingestion.path_column, ingestion.column or splitting.column to one of these."


class Part(Protocol):
    """One file of a table.

    Attributes:
        names: Column names.
    """

    @property
    def names(self) -> list[str]: ...

    def read(self, columns: list[str], rows: int | None = None) -> "ArrowTable":
        """Read some of the columns, and no more rows than are enough."""

    def batches(self, columns: list[str], rows: int | None = None) -> "Iterator[ArrowTable]":
        """Read some of the columns, some thousand rows at a time."""


@dataclass(frozen=True)
class Table:
    """A table in one file or in a folder of Parquet files.

    Attributes:
        place: Location of the table.
        names: Column names.
    """

    place: str
    names: list[str]
    _parts: list[Part]

    def read(self, columns: list[str], rows: int | None = None) -> "ArrowTable":
        """Read some columns.

        Args:
            columns: Column names; one that no column has may differ from it in case.
            rows: Number of rows that are enough; None is all of them.

        Returns: The columns, called as asked for, as strings, null where a cell has no value; rows
            in the table's order, of several files in the order of their names.

        Raises:
            InputError: There is no such column, or two of them, or the file is damaged.
        """
        try:
            return pa.concat_tables([self._read(part, columns, rows) for part in self._parts])
        except (pa.ArrowException, ValueError) as error:
            raise _unreadable(self.place, error) from error

    def batches(self, columns: list[str], rows: int | None = None) -> "Iterator[ArrowTable]":
        """Read some columns, some thousand rows at a time, so that they need not fit into memory.

        Args:
            columns: As in `read`.
            rows: As in `read`.

        Raises:
            InputError: As of `read`.
        """
        left = rows
        try:
            for part in self._parts:
                called = [self._called(column, part.names) for column in columns]
                for found in part.batches(called, left):
                    yield _as_text(found, columns)
                    left = None if left is None else left - len(found)
                if left is not None and left <= 0:
                    return
        except (pa.ArrowException, ValueError) as error:
            raise _unreadable(self.place, error) from error

    def _read(self, part: Part, columns: list[str], rows: int | None) -> "ArrowTable":
        found = part.read([self._called(column, part.names) for column in columns], rows)
        return _as_text(found, columns)

    def _called(self, column: str, names: list[str]) -> str:
        matching = matching_names(column, names)
        if not matching and matching_names(column, self.names):
            raise InputError(
                f"{self.place} has the column {column!r} in some of its files alone: write it into "
                "all of them, without a value where there is none."
            )
        if not matching:
            raise InputError(
                f"{self.place} has no column {column!r}, only {shown_names(names)}: {_NAMES}"
            )
        if len(matching) > 1:
            raise InputError(f"{self.place} has two columns {column!r}: rename one of them.")
        return matching[0]


def _all_names(parts: list[Part]) -> list[str]:
    """Return the names of all parts, in whose case the first part counts."""
    names = list(parts[0].names)
    for part in parts[1:]:
        names += [name for name in part.names if not matching_names(name, names)]
    return names


def _as_text(found: "ArrowTable", columns: list[str]) -> "ArrowTable":
    return pa.table([*map(_text, found.columns, columns)], names=columns)


def _text(column: pa.ChunkedArray, name: str) -> pa.ChunkedArray:
    try:
        return text_column(column)
    except pa.ArrowException as error:
        raise ValueError(f"column {safe_text(name)!r} is no text ({error})") from error


def open_table(
    folder: str, name: str, sheet: str | None = None, encoding: str | None = None
) -> Table:
    """Open a table.

    Args:
        folder: Folder or URI of the table.
        name: File of the table, or a folder of Parquet files as Spark writes it.
        sheet: Sheet of an Excel file; None is the first that is not hidden.
        encoding: Encoding of CSV and text; None is that of the byte-order mark, else UTF-8.

    Raises:
        InputError: There is no such table, or the file is no table.
    """
    place, storage = child(folder, name), open_storage(folder)
    try:
        parts = _open(storage, name, sheet, encoding)
        return Table(place, _all_names(parts), parts)
    except (pa.ArrowException, ValueError) as error:
        raise _unreadable(place, error) from error


def _unreadable(place: str, error: Exception) -> InputError:
    reason = str(error).partition("\n")[0].removesuffix(".")
    return InputError(f"{place} cannot be read as a table: {reason}.")


def _open(storage: Storage, name: str, sheet: str | None, encoding: str | None) -> list[Part]:
    ending = name.lower()
    if ending.endswith(parquet_files.ENDING):
        return [*parquet_files.parquet_files(storage, name)]
    if ending.endswith(EXCEL):
        return [Sheet(storage.read_bytes(name), sheet)]
    data = partial(storage.open_file, name)
    if ending.endswith(TEXT):
        return [_Lines(data, encoding)]
    if ending.endswith(json_lines.ENDINGS):
        return [json_lines.JsonLines(data, encoding)]
    return [delimited.Delimited(data, tabs=ending.endswith(delimited.TABS), encoding=encoding)]


@dataclass(frozen=True)
class _Lines:
    """A text file: a table of one column."""

    data: Content
    encoding: str | None

    @property
    def names(self) -> list[str]:
        return [LINE]

    def read(self, columns: list[str], rows: int | None = None) -> "ArrowTable":
        schema = pa.schema([(column, pa.string()) for column in columns])
        return pa.concat_tables([schema.empty_table(), *self.batches(columns, rows)])

    def batches(self, columns: list[str], rows: int | None = None) -> "Iterator[ArrowTable]":
        found = islice(self._lines(), rows)
        while batch := list(islice(found, BATCH_ROWS)):
            column = pa.array(batch, pa.string())
            yield pa.table([column] * len(columns), names=columns)

    def _lines(self) -> Iterator[str]:
        for number, line in enumerate(read_lines(self.data, self.encoding), 1):
            text = line.strip()
            if names_more_than_a_url(text):
                raise ValueError(
                    f"line {number} has more than a URL ('{safe_text(text, 60)}'): give URLs and "
                    "labels as a CSV file whose first line is url,label, and write a blank in a "
                    "URL as %20, a comma as %2C"
                )
            yield text
