"""The collection in Spark: missing URLs, and tasks that download them by host."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from pyspark.accumulators import AccumulatorParam

from pixelmill.collection.downloading import download_all
from pixelmill.collection.hosts import NOT_TRIED
from pixelmill.collection.results import NAMES, StoredImage, UrlRequest, batch_of, limits_of
from pixelmill.collection.stored import stored_files, stored_size
from pixelmill.datasets.parquet_table import read_parquet, write_parquet
from pixelmill.parameters import CollectionParameters
from pixelmill.storage import open_storage
from pixelmill.storage.file_systems import find_file_system
from pixelmill.tables import DOWNLOADS

if TYPE_CHECKING:
    import pyarrow as pa
    from pyspark import Accumulator
    from pyspark.sql import Column, DataFrame, SparkSession

KEPT = [f"kept_{name}" for name in StoredImage._fields]
_KEPT_TYPES = dict(zip(KEPT, ("long", *["string"] * (len(KEPT) - 1)), strict=True))
MISSING = "url_id string, url string, host string, position long, " + ", ".join(
    f"{name} {kind}" for name, kind in _KEPT_TYPES.items()
)


class _Sum(AccumulatorParam["Counter[str]"]):
    """Adds what tasks count."""

    def zero(self, value: Counter[str]) -> Counter[str]:
        del value
        return Counter()

    def addInPlace(self, value1: Counter[str], value2: Counter[str]) -> Counter[str]:  # noqa: N802 (PySpark's own name)
        value1.update(value2)
        return value1


def new_tally(spark: SparkSession) -> Accumulator[Counter[str]]:
    """Return what counts rows by their status, and those that were not tried.

    Args:
        spark: The session.
    """
    return spark.sparkContext.accumulator(Counter[str](), _Sum())


class CollectUrls:
    """URLs in, rows of downloads out: the function of one Spark task.

    Args:
        parameters: How images are downloaded, and where to.
        share: Number of tasks that run at the same time.
        tally: Accumulator of the counts of every task.
        silence: Reason why nothing more is requested; None if everything is.
    """

    def __init__(
        self,
        parameters: CollectionParameters,
        share: int,
        tally: Accumulator[Counter[str]],
        silence: str | None = None,
    ) -> None:
        self._parameters = parameters
        self._share = share
        self._tally = tally
        self._silence = silence

    def __call__(self, arriving: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        """Download the images of some hosts.

        Args:
            arriving: Batches with `url`, `url_id` and the columns `KEPT`.

        Yields:
            Batches of the table `downloads`.

        Raises:
            InputError: The folder cannot be written to.
        """
        storage = open_storage(self._parameters.folder)
        wanted = (one for batch in arriving for one in _wanted(batch))
        for rows in download_all(
            wanted, storage, self._parameters, share=self._share, silence=self._silence
        ):
            self._tally.add(Counter(_kind(row.status, row.reason) for row in rows))
            yield batch_of(rows)


def _kind(status: str, reason: str | None) -> str:
    return NOT_TRIED if (reason or "").startswith(NOT_TRIED) else status


def _wanted(batch: pa.RecordBatch) -> Iterator[UrlRequest]:
    for row in batch.to_pylist():
        kept = StoredImage(*(row[name] for name in KEPT)) if row["kept_path"] else None
        yield UrlRequest(row["url"], row["url_id"], kept)


def unique_urls(rows: DataFrame, columns: Iterable[str]) -> DataFrame:
    """Return each URL of a list once: its first row, and of each column the first value.

    Args:
        rows: Rows of a list, as `UrlRows.batches` has them.
        columns: Names of the columns that come along.
    """
    from pyspark.sql import functions as sf

    along = [_first(name).alias(name) for name in columns]
    return rows.groupBy("url_id").agg(
        sf.min("position").alias("position"),
        sf.min_by("url", "position").alias("url"),
        sf.min_by("host", "position").alias("host"),
        sf.count("*").alias("listed"),
        *along,
    )


def _first(name: str) -> Column:
    """Return the first value that is not null; min_by skips rows whose order is null."""
    from pyspark.sql import functions as sf

    value = sf.col(quoted(name))
    return sf.min_by(value, sf.when(value.isNotNull(), sf.col("position")))


def quoted(name: str) -> str:
    """Return the name of a column as Spark takes it, whatever letters it has.

    Args:
        name: Name of the column.
    """
    return f"`{name.replace('`', '``')}`"


def latest(downloads: DataFrame) -> DataFrame:
    """Return the last row of each URL.

    Args:
        downloads: The table `downloads`.
    """
    from pyspark.sql import functions as sf

    last = sf.max_by(sf.struct(*NAMES), "finished").alias("last")
    return downloads.groupBy("url_id").agg(last).select("last.*")


def find_missing(
    unique: DataFrame, downloads: DataFrame | None, parameters: CollectionParameters
) -> DataFrame:
    """Return the URLs that are asked for.

    An image counts as there where its file has the size of its row. A failure stays where it would
    come again: under the same parameters, and for a reason that does not pass.

    Args:
        unique: URLs, each once.
        downloads: The table `downloads`; None before the first run.
        parameters: Parameters; uses `folder`, `refresh`, and what decides of a refusal.

    Returns: `url_id`, `url`, `host`, `position` and the columns `KEPT`, null where there is
        no image.
    """
    from pyspark.sql import functions as sf

    urls = unique.select("url_id", "url", "host", "position")
    if downloads is None:
        nothing = (sf.lit(None).cast(kind).alias(name) for name, kind in _KEPT_TYPES.items())
        return urls.select("*", *nothing)
    stored = stored_files(urls.sparkSession, parameters.folder).select("path", "size")
    known = latest(downloads).drop("url").join(stored, "path", "left")
    is_there = sf.col("size").eqNullSafe(stored_size())
    stays = ~sf.col("retryable") & (sf.col("limits") == limits_of(parameters))
    settled = is_there & ((sf.col("status") == "ok") | stays)
    if parameters.refresh:
        settled = settled & (sf.col("status") != "ok")
    has_image = is_there & (sf.col("status") == "ok")
    kept = [sf.when(has_image, sf.col(name[5:])).alias(name) for name in KEPT]
    known = known.select("url_id", sf.coalesce(settled, sf.lit(False)).alias("settled"), *kept)
    both = urls.join(known, "url_id", "left")
    return both.where("settled is null or not settled").drop("settled")


def write_chunks(missing: DataFrame, number: int, folder: str) -> list[str]:
    """Divide the URLs at random, and write each chunk into a folder of its own.

    So the work of a chunk does not grow with the list, as it would if each took its rows from all
    of them.

    Args:
        missing: URLs to ask for, as `find_missing` returns them.
        number: Number of chunks.
        folder: Folder of the chunks, on disk or S3.

    Returns: Folders of the chunks that have URLs.
    """
    from pyspark.sql import functions as sf

    chunk = sf.pmod(sf.xxhash64("url_id"), sf.lit(number)).alias("chunk")
    write_parquet(missing.select("*", chunk).repartitionByRange("chunk"), folder, by="chunk")
    system, path = find_file_system(folder)
    names = sorted(one.rstrip("/").rpartition("/")[2] for one in system.ls(path, detail=False))
    return [f"{folder}/{name}" for name in names if name.startswith("chunk=")]


def read_chunk(folder: str) -> DataFrame:
    """Return the URLs of a chunk.

    Args:
        folder: One of those that `write_chunks` returns.
    """
    return read_parquet([folder], MISSING)


def collect_chunk(rows: DataFrame, collect: CollectUrls, tasks: int) -> DataFrame:
    """Return the rows of downloads of a chunk, computed when they are written.

    Args:
        rows: URLs of one chunk.
        collect: Function of a task.
        tasks: Number of tasks; all URLs of a host are in one, so that its limits hold.
    """
    from pyspark.sql import Window
    from pyspark.sql import functions as sf

    turn = sf.row_number().over(Window.partitionBy("host").orderBy("position")).alias("turn")
    hosts = rows.repartition(tasks, "host").select("*", turn)
    in_turns = hosts.sortWithinPartitions("turn", "position")
    return in_turns.select("url", "url_id", *KEPT).mapInArrow(collect, DOWNLOADS)


def tasks_of(spark: SparkSession, threads: int) -> int:
    """Return the number of tasks that download at the same time.

    Args:
        spark: The session.
        threads: Downloads under way at once, of which each task has at least one.
    """
    cores = int(spark.sparkContext.getConf().get("spark.task.cpus", "1") or 1)
    return max(1, min(threads, spark.sparkContext.defaultParallelism // cores))


def chunks_of(urls: int, chunk_size: int) -> int:
    """Return the number of chunks.

    Args:
        urls: Number of URLs.
        chunk_size: Maximum mean number of URLs of a chunk.
    """
    return max(1, math.ceil(urls / chunk_size))


def joined(unique: DataFrame, downloads: DataFrame, folder: str, columns: list[str]) -> DataFrame:
    """Return the table `collected`: the result of each URL, and the list's own columns.

    Args:
        unique: URLs, each once.
        downloads: The table `downloads`.
        folder: Folder on disk or S3.
        columns: Names of the columns that come along.
    """
    from pyspark.sql import functions as sf

    files = stored_files(unique.sparkSession, folder).drop("size")
    rows = latest(downloads).drop("limits", "finished")
    own = unique.select("url_id", "position", *map(quoted, columns))
    epoch = sf.timestamp_seconds(sf.lit(0))
    names = [name for name in NAMES if name not in ("url_id", "limits", "finished")]
    return (
        own.join(rows, "url_id")
        .join(files, "path", "left")
        .select(
            *names,
            sf.coalesce("modified", epoch).alias("modified"),
            "url_id",
            "position",
            *map(quoted, columns),
        )
    )
