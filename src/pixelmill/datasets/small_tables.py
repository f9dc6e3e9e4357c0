"""Small tables, which the driver reads and processes without a Spark job.

A job costs a tenth of a second, and the first plan of its kind a second of CPU; a node has nothing
else to do for some hundred rows. What a dataset loads is a DataFrame as ever: where its files are
few, Spark opens it only when it is asked for something. These functions read the files with Arrow.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, NamedTuple

from pixelmill.datasets.chunks import MARKS, PREFIX
from pixelmill.datasets.commit_marker import SUCCESS, changed_file, list_folder, problem
from pixelmill.errors import DamagedFileError
from pixelmill.spark.tables import is_in_memory
from pixelmill.storage.file_systems import find_file_system
from pixelmill.tables import arrow_types

if TYPE_CHECKING:
    import pyarrow as pa
    from pyarrow import parquet

    from pixelmill.spark.stored_table import StoredTable
    from pixelmill.spark.types import ArrowTable, Table

SMALL_ROWS = 50_000
SMALL_BYTES = 64 << 20
FEW_FILES = 32


class DataFile(NamedTuple):
    """A file of a table.

    Attributes:
        place: Path on disk or `s3://` URI.
        size: Size in bytes.
    """

    place: str
    size: int


def few_files(folders: Sequence[str]) -> list[DataFile] | None:
    """List the data files of folders; None where they are many.

    Args:
        folders: Folders on disk or as `s3://` URIs.
    """
    if len(folders) > FEW_FILES:
        return None
    files = [
        DataFile(f"{folder}/{name}", size)
        for folder in folders
        for name, size in sorted(list_folder(folder).sizes.items())
    ]
    return files if len(files) <= FEW_FILES else None


def small_rows(table: Table, columns: Sequence[str], limit: int | None = None) -> ArrowTable | None:
    """Return the rows of a small table without a Spark job.

    Args:
        table: Loaded from a dataset, and nothing computed of it since; or an Arrow table.
        columns: Columns to read.
        limit: Rows that count as small; None is `SMALL_ROWS`.

    Returns:
        The rows in memory; None where only Spark can read them, or they are many.

    Raises:
        DamagedFileError: A file is not what was written.
    """
    most = SMALL_ROWS if limit is None else limit
    if is_in_memory(table):
        return table.select(columns) if len(table) <= most else None
    stored = _stored(table)
    files = None if stored is None else few_files(stored.folders)
    if stored is None or files is None or not _is_small(files, most):
        return None
    for folder in stored.folders:
        _check(folder)
    import pyarrow as pa

    schema = _arrow_schema(stored, columns, files)
    parts = [schema.empty_table()] + [_read(file, schema) for file in files]
    return pa.concat_tables(parts)


def count_rows(table: Table) -> int:
    """Return the number of rows, without a Spark job where the table is a few files.

    Args:
        table: As `small_rows` takes it.
    """
    if is_in_memory(table):
        return len(table)
    files = _files_of(table)
    return table.count() if files is None else _count(files)


def is_empty(table: Table) -> bool:
    """Return whether a table has no rows, found without a Spark job where it is a few files.

    Args:
        table: As `small_rows` takes it.
    """
    if is_in_memory(table) or _files_of(table) is not None:
        return count_rows(table) == 0
    return table.isEmpty()


def _stored(table: Table) -> StoredTable | None:
    """Return the table as it was loaded; None where it was computed."""
    from pixelmill.spark.stored_table import StoredTable

    return table if isinstance(table, StoredTable) else None


def _files_of(table: Table) -> list[DataFile] | None:
    """Return the files of a stored table as they are now; None where they are many."""
    stored = _stored(table)
    return None if stored is None else few_files(stored.folders)


def _is_small(files: Sequence[DataFile], most: int) -> bool:
    return sum(file.size for file in files) <= SMALL_BYTES and _count(files) <= most


def _count(files: Sequence[DataFile]) -> int:
    rows = 0
    for file in files:
        with _opened(file) as opened:
            rows += opened.metadata.num_rows
    return rows


def _check(folder: str) -> None:
    """Compare the files with their marker: Arrow takes no notice of Hadoop's checksums."""
    table, _, name = folder.rpartition("/")
    is_chunk = name.startswith(PREFIX)
    place = f"{table}/{MARKS}/{name.removeprefix(PREFIX)}" if is_chunk else f"{folder}/{SUCCESS}"
    system, path = find_file_system(place)
    try:
        marker = system.cat_file(path)
        reason = problem(folder, marker, list_folder(folder)) or changed_file(folder, marker)
    except FileNotFoundError as error:
        reason = f"{error.filename or path} is missing"
    if reason:
        raise DamagedFileError(f"{folder}/part", reason)


def _arrow_schema(
    table: StoredTable, columns: Sequence[str], files: Sequence[DataFile]
) -> pa.Schema:
    """Return the types of columns as Spark passes them to Arrow."""
    import pyarrow as pa

    types = arrow_types()
    if (table.ddl is None or "`" in table.ddl) and files:  # a quoted name may hold a comma
        kinds = _plain_kinds(files[0])
    else:
        kinds = dict(column.split(" ", 1) for column in (table.ddl or "").split(", ") if column)
    if all(kinds.get(name) in types for name in columns):
        return pa.schema({name: types[kinds[name]] for name in columns})
    from pyspark.sql.pandas.types import to_arrow_schema

    whole = to_arrow_schema(table.schema)
    return pa.schema([whole.field(name) for name in columns])


def _plain_kinds(file: DataFile) -> dict[str, str]:
    """Return the types of a file's columns by Spark's names, as far as they need no second look."""
    import pyarrow as pa

    names = {kind: name for name, kind in arrow_types().items()}
    with _opened(file) as opened:
        fields = list(opened.schema_arrow)
    kinds = {field.name: names.get(field.type, "") for field in fields}
    times = {field.name: "timestamp" for field in fields if pa.types.is_timestamp(field.type)}
    return kinds | times


def _read(file: DataFile, schema: pa.Schema) -> ArrowTable:
    """Return the columns of a file; one that files of early versions lack is null."""
    import pyarrow as pa

    with _opened(file) as opened:
        there = [name for name in schema.names if name in opened.schema_arrow.names]
        rows = opened.read(there)
    columns = [
        rows[field.name].cast(field.type)
        if field.name in there
        else pa.nulls(len(rows), field.type)
        for field in schema
    ]
    return pa.Table.from_arrays(columns, schema=schema)


@contextmanager
def _opened(file: DataFile) -> Iterator[parquet.ParquetFile]:
    """Open a file for reading; errors meanwhile name it."""
    import pyarrow as pa
    from pyarrow import parquet

    system, path = find_file_system(file.place)
    try:
        with system.open(path, "rb") as content:
            yield parquet.ParquetFile(
                content, page_checksum_verification=True, coerce_int96_timestamp_unit="us"
            )
    except (pa.ArrowException, OSError) as error:
        raise DamagedFileError(file.place, str(error).partition("\n")[0]) from error
