"""A table that grows by whole chunks: each a folder of Parquet files that counts once it is marked.

Spark's committers rename or publish the files of a job one after another, and on S3 nothing makes
them appear together. The mark does: one small object, written after all of them.
"""

from typing import TYPE_CHECKING
from uuid import uuid4

import fsspec

from pixelmill.datasets.folders import make_folder, remove_folder
from pixelmill.spark.paths import path_to_write

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

MARKS = "_committed"
PREFIX = "chunk="


def chunk_folders(table: str) -> list[str]:
    """The folders of the chunks that count, in the order of their names.

    Args:
        table: Folder of the table, on disk or as an `s3://` URI.
    """
    return [f"{table}/{PREFIX}{name}" for name in _names(f"{table}/{MARKS}")]


def add_chunk(rows: "DataFrame", table: str) -> None:
    """Writes one chunk, and marks it when the last of its files is there.

    Args:
        rows: Computed while they are written.
        table: Folder of the table; what a killed run left there without a mark is removed.
    """
    _clear_unfinished(table)
    name = uuid4().hex
    rows.write.parquet(path_to_write(f"{table}/{PREFIX}{name}"))
    system, path = fsspec.core.url_to_fs(f"{table}/{MARKS}")
    make_folder(f"{table}/{MARKS}")
    system.pipe_file(f"{path}/{name}", b"")


def drop_chunks(table: str, folders: list[str]) -> None:
    """Removes chunks, first their marks: no reader meets half of one.

    Args:
        table: Folder of the table.
        folders: Some of `chunk_folders`.
    """
    system, path = fsspec.core.url_to_fs(table)
    for folder in folders:
        system.rm_file(f"{path}/{MARKS}/{folder.rpartition(PREFIX)[2]}")
    for folder in folders:
        remove_folder(system, f"{path}/{folder.rpartition('/')[2]}")


def _clear_unfinished(table: str) -> None:
    marked = {folder.rpartition("/")[2] for folder in chunk_folders(table)}
    system, path = fsspec.core.url_to_fs(table)
    for name in _names(table):
        if name.startswith(PREFIX) and name not in marked:
            remove_folder(system, f"{path}/{name}")


def _names(folder: str) -> list[str]:
    """The names of what lies in a folder, sorted; none where there is no folder."""
    system, path = fsspec.core.url_to_fs(folder)
    system.invalidate_cache(path)
    if not system.isdir(path):
        return []
    entries = (str(entry) for entry in system.ls(path, detail=False))
    return sorted(entry.rstrip("/").rpartition("/")[2] for entry in entries)
