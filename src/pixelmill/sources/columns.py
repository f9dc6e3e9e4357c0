"""Columns of a table as text: CSV, Excel, Parquet, or lines of text."""

import io
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.csv as pc
import pyarrow.parquet as pq

from pixelmill.errors import InputError
from pixelmill.sources.excel import read_sheet
from pixelmill.storage import Storage, child, open_storage

if TYPE_CHECKING:
    from pixelmill.spark.types import ArrowTable

EXCEL = (".xlsx", ".xlsm", ".xls")
TEXT = ".txt"
LINE = "line"  # the one column of a text file
_NAMES = "set ingestion.path_column, ingestion.column or splitting.column to one of these."


@dataclass(frozen=True)
class _Part:
    """One file of a table: its columns' names, and how some of them are read."""

    names: list[str]
    read: "Callable[[list[str]], ArrowTable]"


@dataclass(frozen=True)
class Table:
    """A table in one file or in a folder of Parquet files.

    Attributes:
        place: Where it is.
        names: Of its columns.
    """

    place: str
    names: list[str]
    _parts: list[_Part]

    def read(self, columns: list[str]) -> "ArrowTable":
        """Read some columns.

        Args:
            columns: Their names.

        Returns: The columns as strings, null where a value is empty; rows in the table's order,
            of several files in the order of their names.

        Raises:
            InputError: There is no such column, or two of them, or the file is damaged.
        """
        for part in self._parts:
            self._require(columns, part.names)
        text = pa.schema([(column, pa.string()) for column in columns])
        try:
            return pa.concat_tables([part.read(columns).cast(text) for part in self._parts])
        except pa.ArrowException as error:
            raise _unreadable(self.place, error) from error

    def _require(self, columns: list[str], names: list[str]) -> None:
        for column in columns:
            if column not in names:
                raise InputError(
                    f"{self.place} has no column {column!r}, only {', '.join(names)}: {_NAMES}"
                )
            if names.count(column) > 1:
                raise InputError(f"{self.place} has two columns {column!r}: rename one of them.")


def open_table(folder: str, name: str, sheet: str | None = None) -> Table:
    """Open a table.

    Args:
        folder: Its folder or URI.
        name: Its file in it, or a folder of Parquet files as Spark writes it.
        sheet: Of an Excel file; None is the first.

    Raises:
        InputError: There is no such table, or the file is no table.
    """
    place, storage = child(folder, name), open_storage(folder)
    try:
        parts = [_open(storage.read_bytes(file), name, sheet) for file in _files(storage, name)]
    except (pa.ArrowException, ValueError) as error:
        raise _unreadable(place, error) from error
    return Table(place, parts[0].names, parts)


def _unreadable(place: str, error: Exception) -> InputError:
    reason = str(error).partition("\n")[0].removesuffix(".")
    return InputError(f"{place} cannot be read as a table: {reason}.")


def _files(storage: Storage, name: str) -> list[str]:
    """The table's file; of a folder, its Parquet files."""
    if not name.lower().endswith(".parquet") or storage.find_files([name])[0]:
        return [name]
    paths = sorted(file.path for file in open_storage(child(storage.root, name)).list_files())
    parts = [f"{name}/{path}" for path in paths if path.endswith(".parquet")]
    if not parts:
        raise InputError(f"There is no Parquet file in {child(storage.root, name)}.")
    return parts


def _open(data: bytes, name: str, sheet: str | None) -> _Part:
    ending = name.lower()
    if ending.endswith(".csv"):
        return _open_csv(data)
    if ending.endswith(EXCEL):
        return _in_memory(read_sheet(data, sheet))
    return _open_text(data) if ending.endswith(TEXT) else _open_parquet(data)


def _open_csv(data: bytes) -> _Part:
    parse = pc.ParseOptions(newlines_in_values=True)

    def read(columns: list[str]) -> "ArrowTable":
        convert = pc.ConvertOptions(
            include_columns=columns,
            column_types=dict.fromkeys(columns, pa.string()),  # '007' stays what it is
            null_values=[""],  # a class may be called NA
            strings_can_be_null=True,
        )
        return pc.read_csv(io.BytesIO(data), parse_options=parse, convert_options=convert)

    return _Part(pc.open_csv(io.BytesIO(data), parse_options=parse).schema.names, read)


def _open_parquet(data: bytes) -> _Part:
    file = pq.ParquetFile(io.BytesIO(data))
    return _Part(file.schema_arrow.names, lambda columns: file.read(columns=columns))


def _open_text(data: bytes) -> _Part:
    lines = [line.strip() or None for line in data.decode("utf-8-sig").splitlines()]
    return _in_memory(pa.table({LINE: pa.array(lines, pa.string())}))


def _in_memory(table: "ArrowTable") -> _Part:
    return _Part(table.column_names, table.select)
