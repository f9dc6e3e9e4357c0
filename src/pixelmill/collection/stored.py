"""The files in the folder of downloads, as Spark's tasks list them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import TYPE_CHECKING

from pixelmill.collection.files import NOTE, PATH, SHARDS
from pixelmill.storage import open_storage
from pixelmill.storage.base import StoredFile

if TYPE_CHECKING:
    import pyarrow as pa
    from pyspark.sql import Column, DataFrame, SparkSession

ROWS = 10_000  # of a batch
STORED = "path string, size long, modified timestamp"


def stored_size() -> Column:
    """Return the size of a row's file: that of its image, or of the note in its place."""
    from pyspark.sql import functions as sf

    note = sf.octet_length(sf.concat(sf.lit(NOTE), "reason", sf.lit("\n")))
    return sf.when(sf.col("status") == "ok", sf.col("bytes")).otherwise(note.cast("long"))


def stored_files(spark: SparkSession, folder: str) -> DataFrame:
    """Return the files in the folder of downloads: path, size, and time of the last change.

    Args:
        spark: The session, whose tasks list them.
        folder: Folder on disk or S3.
    """
    tasks = spark.sparkContext.defaultParallelism
    return spark.range(len(SHARDS), numPartitions=tasks).mapInArrow(_Listing(folder), STORED)


class _Listing:
    """Lists some of the 256 folders, in a task."""

    def __init__(self, folder: str) -> None:
        self._folder = folder

    def __call__(self, arriving: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        storage = open_storage(self._folder)
        for batch in arriving:
            shards = [SHARDS[number] for number in batch["id"].to_pylist()]
            found = (file for file in storage.list_folders(shards) if PATH.fullmatch(file.path))
            while rows := list(islice(found, ROWS)):
                yield _batch(rows)


def _batch(files: list[StoredFile]) -> pa.RecordBatch:
    import pyarrow as pa

    columns = [
        pa.array([file.path for file in files], pa.string()),
        pa.array([file.size for file in files], pa.int64()),
        pa.array([file.modified for file in files], pa.timestamp("us", "UTC")),
    ]
    return pa.RecordBatch.from_arrays(columns, ["path", "size", "modified"])
