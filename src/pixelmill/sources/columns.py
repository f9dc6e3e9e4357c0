"""Columns of a CSV or Parquet table as text."""

import io

import pyarrow as pa
import pyarrow.csv as pc
import pyarrow.parquet as pq

from pixelmill.errors import InputError
from pixelmill.storage import Storage, child, open_storage


def read_columns(folder: str, name: str, columns: list[str]) -> pa.Table:
    """Read some columns of a table.

    Args:
        folder: The table's folder or URI.
        name: The table's file in it, or a folder of Parquet files as Spark writes it.
        columns: The columns' names.

    Returns: The columns as strings, null where a value is empty; rows in the table's order, of
        several files in the order of their names.

    Raises:
        InputError: There is no such table or column, or the file is no table.
    """
    place = child(folder, name)
    storage = open_storage(folder)
    try:
        parts = [_read(storage.read_bytes(file), file, columns) for file in _files(storage, name)]
    except _MissingColumnError as error:
        raise InputError(
            f"{place} has no column {error.column!r}, only {', '.join(error.columns)}: "
            "set ingestion.path_column, ingestion.column or splitting.column to one of these."
        ) from error
    except pa.ArrowException as error:
        reason = str(error).partition("\n")[0]
        raise InputError(f"{place} cannot be read as a table: {reason}") from error
    return pa.concat_tables(parts)


class _MissingColumnError(Exception):
    def __init__(self, column: str, columns: list[str]) -> None:
        super().__init__(column)
        self.column = column
        self.columns = columns


def _files(storage: Storage, name: str) -> list[str]:
    """The table's file; of a folder, its Parquet files."""
    if not name.lower().endswith(".parquet") or storage.find_files([name])[0]:
        return [name]
    paths = sorted(file.path for file in open_storage(child(storage.root, name)).list_files())
    parts = [f"{name}/{path}" for path in paths if path.endswith(".parquet")]
    if not parts:
        raise InputError(f"There is no Parquet file in {child(storage.root, name)}.")
    return parts


def _read(data: bytes, name: str, columns: list[str]) -> pa.Table:
    read = _read_csv if name.lower().endswith(".csv") else _read_parquet
    return read(data, columns).cast(pa.schema([(column, pa.string()) for column in columns]))


def _read_csv(data: bytes, columns: list[str]) -> pa.Table:
    parse = pc.ParseOptions(newlines_in_values=True)
    _require(columns, pc.open_csv(io.BytesIO(data), parse_options=parse).schema.names)
    convert = pc.ConvertOptions(
        include_columns=columns,
        column_types=dict.fromkeys(columns, pa.string()),  # '007' stays what it is
        null_values=[""],  # a class may be called NA
        strings_can_be_null=True,
    )
    return pc.read_csv(io.BytesIO(data), parse_options=parse, convert_options=convert)


def _read_parquet(data: bytes, columns: list[str]) -> pa.Table:
    file = pq.ParquetFile(io.BytesIO(data))
    _require(columns, file.schema_arrow.names)
    return file.read(columns=columns)


def _require(columns: list[str], present: list[str]) -> None:
    for column in columns:
        if column not in present:
            raise _MissingColumnError(column, present)
