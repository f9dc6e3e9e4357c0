"""Files in the folder of downloads, compared with the rows of earlier downloads."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import TYPE_CHECKING

from pixelmill.collection.files import NOTE, PATH, SHARDS
from pixelmill.collection.results import StoredImage, limits_of
from pixelmill.parameters import CollectionParameters
from pixelmill.storage import open_storage
from pixelmill.storage.base import StoredFile

if TYPE_CHECKING:
    import pyarrow as pa
    from pyspark.sql import Column, DataFrame, SparkSession

    from pixelmill.spark.types import ArrowTable

ROWS = 10_000  # of a batch
# Columns that decide whether a URL is asked for, and those of its image.
_READ = ["url_id", "status", "reason", "retryable", "limits", "finished", *StoredImage._fields]
STORED = "path string, size long, modified timestamp"


def stored_size() -> Column:
    """Return the size of a row's file: that of its image, or of the note in its place."""
    from pixelmill.spark import functions as sf

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


class EarlierDownloads:
    """Rows of earlier downloads whose files are there; the rules of `find_missing` without Spark.

    Args:
        downloads: The table `downloads`.
        url_ids: Identifiers of the URLs of a list; others are passed over.
        parameters: Parameters; as `find_missing` takes them.
    """

    def __init__(
        self, downloads: ArrowTable, url_ids: Iterable[str], parameters: CollectionParameters
    ) -> None:
        wanted = set(url_ids)
        last = {
            row["url_id"]: row
            for row in downloads.select(_READ).sort_by("finished").to_pylist()
            if row["url_id"] in wanted
        }
        files = open_storage(parameters.folder).find_files([row["path"] for row in last.values()])
        self._rows = {
            name: row
            for (name, row), file in zip(last.items(), files, strict=True)
            if file and file.size == size_of_stored(row["status"], row["bytes"], row["reason"])
        }
        self._refresh = parameters.refresh
        self._limits = limits_of(parameters)

    def is_settled(self, url_id: str) -> bool:
        """Return whether a URL is not asked for.

        Args:
            url_id: Its identifier.
        """
        row = self._rows.get(url_id)
        if row is None:
            return False
        if row["status"] == "ok":
            return not self._refresh
        return not row["retryable"] and row["limits"] == self._limits

    def image(self, url_id: str) -> StoredImage | None:
        """Return the image that is there; None where there is none.

        Args:
            url_id: Identifier of its URL.
        """
        row = self._rows.get(url_id)
        if row is None or row["status"] != "ok":
            return None
        return StoredImage(*(row[name] for name in StoredImage._fields))


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
