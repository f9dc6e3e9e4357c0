"""Files in the folder of downloads, compared with the rows of earlier downloads."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import TYPE_CHECKING

from pixelmill.collection.files import NOTE, PATH, SHARDS
from pixelmill.collection.results import limits_of
from pixelmill.parameters import CollectionParameters
from pixelmill.storage import open_storage
from pixelmill.storage.base import StoredFile

if TYPE_CHECKING:
    import pyarrow as pa
    from pyspark.sql import Column, DataFrame, SparkSession

    from pixelmill.spark.types import ArrowTable

ROWS = 10_000  # of a batch
SETTLING = ["url_id", "status", "reason", "retryable", "bytes", "path", "limits", "finished"]
STORED = "path string, size long, modified timestamp"


def stored_size() -> Column:
    """Return the size of a row's file: that of its image, or of the note in its place."""
    from pyspark.sql import functions as sf

    note = sf.octet_length(sf.concat(sf.lit(NOTE), "reason", sf.lit("\n")))
    return sf.when(sf.col("status") == "ok", sf.col("bytes")).otherwise(note.cast("long"))


def size_of_stored(status: str, size: int, reason: str | None) -> int:
    """Return what `stored_size` is for one row.

    Args:
        status: 'ok' or 'failed'.
        size: Size of the image in bytes.
        reason: Reason of the failure.
    """
    return size if status == "ok" else len(f"{NOTE}{reason}\n".encode(errors="surrogatepass"))


def are_settled(
    url_ids: Iterable[str], downloads: ArrowTable, parameters: CollectionParameters
) -> bool:
    """Return whether nothing is to be asked for, by the rule of `find_missing`, without Spark.

    Args:
        url_ids: Ids of the listed URLs.
        downloads: Columns `SETTLING` of the table `downloads`.
        parameters: As `find_missing` takes them.
    """
    if parameters.refresh:
        return False
    last = {row["url_id"]: row for row in downloads.sort_by("finished").to_pylist()}
    wanted = set(url_ids)
    if not wanted <= last.keys():
        return False
    limits, rows = limits_of(parameters), [last[name] for name in wanted]
    if any(row["status"] != "ok" and (row["retryable"] or row["limits"] != limits) for row in rows):
        return False
    files = open_storage(parameters.folder).list_folders(SHARDS)
    sizes = {file.path: file.size for file in files}
    return all(
        sizes.get(row["path"]) == size_of_stored(row["status"], row["bytes"], row["reason"])
        for row in rows
    )


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
