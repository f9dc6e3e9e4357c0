"""The tasks of Spark that download the URLs of a list, each those of some hosts."""

from __future__ import annotations

import gc
import math
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from io import BytesIO
from typing import TYPE_CHECKING

from pyspark.accumulators import AccumulatorParam

from pixelmill.collection.downloading import download_all
from pixelmill.collection.hosts import NOT_TRIED
from pixelmill.collection.results import KEPT, StoredImage, UrlRequest, batch_of
from pixelmill.parameters import CollectionParameters
from pixelmill.spark.session import get_session
from pixelmill.storage import open_storage
from pixelmill.tables import DOWNLOADS

if TYPE_CHECKING:
    import pyarrow as pa
    from pyspark import Accumulator
    from pyspark.sql import DataFrame

    from pixelmill.spark.types import ArrowTable


class _Sum(AccumulatorParam["Counter[str]"]):
    """Adds what tasks count."""

    def zero(self, value: Counter[str]) -> Counter[str]:
        del value
        return Counter()

    def addInPlace(self, value1: Counter[str], value2: Counter[str]) -> Counter[str]:  # noqa: N802 (PySpark's own name)
        value1.update(value2)
        return value1


def new_tally() -> Accumulator[Counter[str]]:
    """Return what counts rows by their status, and those that were not tried."""
    return get_session().sparkContext.accumulator(Counter[str](), _Sum())


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
        with _rare_garbage_collection():
            for rows in download_all(
                wanted, storage, self._parameters, share=self._share, silence=self._silence
            ):
                self._tally.add(Counter(_kind(row.status, row.reason) for row in rows))
                yield batch_of(rows)


@contextmanager
def _rare_garbage_collection() -> Iterator[None]:
    """Search for reference cycles less often, and not among what was loaded before.

    Nearly all objects of a download end with their last reference, and Python's own pace is a
    search after every 700 new ones.
    """
    thresholds = gc.get_threshold()
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, *thresholds[1:])
    try:
        yield
    finally:
        gc.set_threshold(*thresholds)
        gc.unfreeze()


def _kind(status: str, reason: str | None) -> str:
    return NOT_TRIED if (reason or "").startswith(NOT_TRIED) else status


def _wanted(batch: pa.RecordBatch) -> Iterator[UrlRequest]:
    for row in batch.to_pylist():
        kept = StoredImage(*(row[name] for name in KEPT)) if row["kept_path"] else None
        yield UrlRequest(row["url"], row["url_id"], kept)


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


def write_tasks(rows: Sequence[ArrowTable], folder: str) -> None:
    """Write the URLs of each task into a file of its own.

    Args:
        rows: URLs of one task after the other, with the columns that `CollectUrls` takes.
        folder: Folder on disk or S3.
    """
    from pyarrow import parquet

    storage = open_storage(folder)
    for number, own in enumerate(rows):
        content = BytesIO()
        parquet.write_table(own, content)
        storage.write_bytes(_file_of(number), content.getvalue())


def collect_tasks(folder: str, tasks: int, collect: CollectUrls) -> DataFrame:
    """Return the rows of downloads of a chunk, as `collect_chunk` does, without dividing it first.

    Args:
        folder: Folder that `write_tasks` wrote to.
        tasks: Number of its files.
        collect: Function of a task.
    """
    numbers = get_session().range(tasks, numPartitions=tasks)
    return numbers.mapInArrow(_CollectFiles(folder, collect), DOWNLOADS)


class _CollectFiles:
    """Numbers of files in, rows of downloads out."""

    def __init__(self, folder: str, collect: CollectUrls) -> None:
        self._folder = folder
        self._collect = collect

    def __call__(self, arriving: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        from pyarrow import parquet

        storage = open_storage(self._folder)
        for batch in arriving:
            for number in batch["id"].to_pylist():
                rows = parquet.read_table(BytesIO(storage.read_bytes(_file_of(number))))
                yield from self._collect(rows.to_batches())


def _file_of(task: int) -> str:
    return f"{task}.parquet"


def tasks_of(threads: int) -> int:
    """Return the number of tasks that download at the same time.

    Args:
        threads: Downloads under way at once, of which each task has at least one.
    """
    context = get_session().sparkContext
    cores = int(context.getConf().get("spark.task.cpus", "1") or 1)
    return max(1, min(threads, context.defaultParallelism // cores))


def chunks_of(urls: int, chunk_size: int) -> int:
    """Return the number of chunks.

    Args:
        urls: Number of URLs.
        chunk_size: Maximum mean number of URLs of a chunk.
    """
    return max(1, math.ceil(urls / chunk_size))
