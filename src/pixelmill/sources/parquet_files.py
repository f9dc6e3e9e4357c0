"""Parquet: one file, or a folder of them as Spark, Hive and pandas write it."""

import logging
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property, partial
from typing import TYPE_CHECKING
from urllib.parse import unquote

import pyarrow as pa
import pyarrow.parquet as pq

from pixelmill.errors import InputError
from pixelmill.sources.text import Content, opened
from pixelmill.storage import Storage, child, open_storage
from pixelmill.untrusted_text import safe_text

if TYPE_CHECKING:
    from pixelmill.spark.types import ArrowTable

ENDING = ".parquet"
_ENDINGS = (ENDING, ".parq", ".pq")  # of the files in a folder
NO_VALUE = "__HIVE_DEFAULT_PARTITION__"
_LOG_OF_DELTA = "_delta_log/"

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class ParquetFile:
    """One file, with the columns that its folders name.

    Attributes:
        path: Name of the file, below the folder of the table if there is one.
        data: Content of the file, or what opens it.
        partition: Value by column of the folders `column=value` that it is in.
    """

    path: str
    data: Content
    partition: dict[str, str | None] = field(default_factory=dict)

    @cached_property
    def names(self) -> list[str]:
        """Names of the columns."""
        try:
            stored = pq.ParquetFile(opened(self.data)).schema_arrow.names
        except pa.ArrowInvalid as error:
            raise ValueError(f"{safe_text(self.path)} is no Parquet file, or damaged") from error
        return [name for name in stored if name not in self.partition] + list(self.partition)

    def read(self, columns: list[str], rows: int | None = None) -> "ArrowTable":
        """Read some columns.

        Args:
            columns: Column names, a subset of `names`.
            rows: Number of rows that are enough; None is all of them.
        """
        found = [*self.batches(columns, rows)]
        return pa.concat_tables(found) if found else self._empty(columns)

    def batches(self, columns: list[str], rows: int | None = None) -> "Iterator[ArrowTable]":
        """Read some columns, some thousand rows at a time; arguments as of `read`."""
        stored = [column for column in columns if column not in self.partition]
        file, left = pq.ParquetFile(opened(self.data)), rows
        for batch in file.iter_batches(columns=stored):
            found = pa.Table.from_batches([batch])
            yield self._with_partition(found, columns).slice(0, left)
            left = left and max(0, left - len(batch))
            if left == 0:
                return

    def _with_partition(self, stored: "ArrowTable", columns: list[str]) -> "ArrowTable":
        arrays = [
            stored[column] if column in stored.column_names else pa.repeat(
                pa.scalar(self.partition[column], pa.string()), stored.num_rows
            )
            for column in columns
        ]  # fmt: skip
        return pa.table(arrays, names=columns)

    def _empty(self, columns: list[str]) -> "ArrowTable":
        schema = pq.ParquetFile(opened(self.data)).schema_arrow
        stored = [column for column in columns if column not in self.partition]
        return self._with_partition(schema.empty_table().select(stored), columns)


def parquet_files(storage: Storage, name: str) -> Iterator[ParquetFile]:
    """Return the files of a table.

    Args:
        storage: Folder that the table is in.
        name: File or folder of the table.

    Returns: Files in the order of their paths. What is called `_…` or `.…` in a folder is no part
        of its table: Spark keeps unfinished files there.

    Raises:
        InputError: A folder has no such file.
        ValueError: The folder is a Delta table, whose log says which files count.
    """
    if storage.find_files([name])[0]:
        yield ParquetFile(name, partial(storage.open_file, name))
        return
    found = sorted(file.path for file in open_storage(child(storage.root, name)).list_files())
    if any(path.startswith(_LOG_OF_DELTA) for path in found):
        raise ValueError(
            "it is a Delta table, some files of which may be of deleted rows: write it as plain "
            "Parquet"
        )
    counting = [path for path in found if _counts(path)]
    paths = [path for path in counting if _is_parquet(path)]
    if not paths:
        raise InputError(f"There is no Parquet file in {child(storage.root, name)}.")
    if others := len(counting) - len(paths):
        logger.warning(
            "%d of %d files in %s are no Parquet by their names, for example %s.",
            others, len(counting), child(storage.root, name),
            safe_text(next(path for path in counting if not _is_parquet(path))),
        )  # fmt: skip
    for path in paths:
        yield ParquetFile(path, partial(storage.open_file, f"{name}/{path}"), _partition(path))


def _counts(path: str) -> bool:
    """Return whether a file is part of its table, by Spark's rule (`_label=x` is a column)."""
    parts = path.split("/")
    return not any(part[0] == "." or (part[0] == "_" and "=" not in part) for part in parts if part)


def _is_parquet(path: str) -> bool:
    """Return whether a file is Parquet by its name; Hive and Impala write names without ending."""
    name = path.rpartition("/")[2].lower()
    return "." not in name or name.endswith(_ENDINGS)


def _partition(path: str) -> dict[str, str | None]:
    folders = (part.partition("=") for part in path.split("/")[:-1] if "=" in part)
    return {
        unquote(column): None if value == NO_VALUE else unquote(value)
        for column, _, value in folders
    }
