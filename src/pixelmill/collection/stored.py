"""The files in the folder of downloads, as Spark's tasks list them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from pixelmill.collection.files import NOTE, PATH, SHARDS
from pixelmill.errors import InputError
from pixelmill.storage import child, is_s3, open_storage

if TYPE_CHECKING:
    import pyarrow as pa
    from pyspark.sql import Column, DataFrame, SparkSession

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
        import pyarrow as pa

        for batch in arriving:
            for number in batch["id"].to_pylist():
                found = list(self._files(SHARDS[number]))
                if not found:
                    continue
                times = pa.array([file[2] for file in found], pa.timestamp("us", "UTC"))
                paths, sizes = ([file[place] for file in found] for place in range(2))
                yield pa.RecordBatch.from_arrays(
                    [pa.array(paths, pa.string()), pa.array(sizes, pa.int64()), times],
                    ["path", "size", "modified"],
                )

    def _files(self, shard: str) -> Iterator[tuple[str, int, object]]:
        storage = open_storage(child(self._folder, shard))
        try:
            for file in storage.list_files():
                if PATH.fullmatch(path := f"{shard}/{file.path}"):
                    yield path, file.size, file.modified
        except InputError:
            if is_s3(storage.root):
                raise  # a bucket that cannot be listed; a folder may be missing
