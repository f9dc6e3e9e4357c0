"""The tasks of Spark that download the URLs of a list, each those of some hosts."""

from __future__ import annotations

import gc
import math
from collections import Counter, deque
from collections.abc import Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from io import BytesIO
from typing import TYPE_CHECKING

from pyspark.accumulators import AccumulatorParam

from pixelmill.collection.checking import IN_PROCESS, Checks, isolated
from pixelmill.collection.downloading import download_all
from pixelmill.collection.hosts import NOT_TRIED
from pixelmill.collection.results import KEPT, Download, StoredImage, UrlRequest, batch_of
from pixelmill.collection.writing import ImageWriter
from pixelmill.errors import InputError
from pixelmill.parameters import CollectionParameters
from pixelmill.spark.parallelism import is_repeated
from pixelmill.spark.session import get_session
from pixelmill.storage import is_s3, open_storage
from pixelmill.tables import DOWNLOADS

if TYPE_CHECKING:
    import pyarrow as pa
    from pyspark import Accumulator
    from pyspark.sql import DataFrame

    from pixelmill.spark.types import ArrowTable

STOPPED = "stopped: "  # before the reason why a task has ended early
LEFT = "left: "  # before the identifier of a URL that a chunk had no time for


class _Sum(AccumulatorParam["Counter[str]"]):
    """Adds what tasks count."""

    def zero(self, value: Counter[str]) -> Counter[str]:
        del value
        return Counter()

    def addInPlace(self, value1: Counter[str], value2: Counter[str]) -> Counter[str]:  # noqa: N802 (PySpark's own name)
        value1.update(value2)
        return value1


def new_tally() -> Accumulator[Counter[str]]:
    """Return what counts rows by their status, those not tried, `STOPPED` tasks and URLs `LEFT`."""
    return get_session().sparkContext.accumulator(Counter[str](), _Sum())


@dataclass(frozen=True, eq=False)
class CollectUrls:
    """URLs in, rows of downloads out: the function of one Spark task.

    Attributes:
        parameters: How images are downloaded, and where to.
        share: Number of tasks that run at the same time.
        tally: Accumulator of the counts of every task.
        silence: Reason why nothing more is requested; None if everything is.
        only: Identifiers of the URLs that are asked for; None for all that arrive.
        after: Earliest time of the rows; None for no limit.
        checks: Checks of the images.
    """

    parameters: CollectionParameters
    share: int
    tally: Accumulator[Counter[str]]
    silence: str | None = None
    only: frozenset[str] | None = None
    after: datetime | None = None
    checks: Checks = IN_PROCESS

    def __call__(self, arriving: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        """Download the images of some hosts.

        An image that ends its worker fails the task. Its next attempt checks in a child process.

        Args:
            arriving: Batches with `url`, `url_id` and the columns `KEPT`.

        Yields:
            Batches of the table `downloads`, without the URLs that there was no time for; no more
            where the folder on disk cannot be written to, since another attempt of Spark's would
            ask all servers again.

        Raises:
            InputError: The bucket cannot be written to, which another attempt may be able to.
        """
        storage = open_storage(self.parameters.folder)
        left: set[str] = set()
        wanted = _noted(self._wanted(arriving), left)
        try:
            with _rare_garbage_collection(), self._checked() as checks:
                writer = ImageWriter(storage, self.parameters, checks)
                for rows in download_all(
                    wanted, writer, self.parameters, share=self.share, silence=self.silence
                ):
                    left.difference_update(row.url_id for row in rows)
                    self.tally.add(Counter(_kind(row.status, row.reason) for row in rows))
                    yield batch_of([self._dated(row) for row in rows])
            deque(wanted, maxlen=0)  # those that were not even taken
            self.tally.add(Counter(f"{LEFT}{name}" for name in left))
        except InputError as error:
            if is_s3(storage.root):
                raise
            self.tally.add(Counter({f"{STOPPED}{error}": 1}))

    def _checked(self) -> AbstractContextManager[Checks]:
        return isolated(self.checks) if is_repeated() else nullcontext(self.checks)

    def _wanted(self, arriving: Iterable[pa.RecordBatch]) -> Iterator[UrlRequest]:
        for batch in arriving:
            for row in batch.to_pylist():
                if self.only is None or row["url_id"] in self.only:
                    kept = StoredImage(*(row[name] for name in KEPT)) if row["kept_path"] else None
                    yield UrlRequest(row["url"], row["url_id"], kept)

    def _dated(self, row: Download) -> Download:
        """Return the row as the last of its URL, whatever clocks say."""
        if self.after is None or row.finished >= self.after:
            return row
        return replace(row, finished=self.after)


def _noted(wanted: Iterable[UrlRequest], names: set[str]) -> Iterator[UrlRequest]:
    for one in wanted:
        names.add(one.url_id)
        yield one


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


def collect_chunk(rows: DataFrame, collect: CollectUrls, tasks: int) -> DataFrame:
    """Return the rows of downloads of a chunk, computed when they are written.

    Args:
        rows: URLs of one chunk.
        collect: Function of a task.
        tasks: Number of tasks; all URLs of a host are in one, so that its limits hold.
    """
    from pyspark.sql import Window

    from pixelmill.spark import functions as sf

    turn = sf.row_number().over(Window.partitionBy("host").orderBy("position")).alias("turn")
    hosts = rows.repartition(tasks, "host").select("*", turn)
    in_turns = hosts.sortWithinPartitions("turn", "position")
    return in_turns.select("url", "url_id", *KEPT).mapInArrow(collect, DOWNLOADS)


def collect_rows(rows: Sequence[ArrowTable], collect: CollectUrls) -> ArrowTable:
    """Download, and return the rows of downloads.

    They are few. A DataFrame of them would be planned, compiled and converted row by row, which
    takes the JVM seconds in its first minutes.

    Args:
        rows: URLs of one task after the other, with the columns that `CollectUrls` takes.
        collect: Function of a task.
    """
    import pyarrow as pa

    context = get_session().sparkContext
    parts = context.parallelize([*map(_packed, rows)], len(rows))
    came = parts.mapPartitions(partial(_collect_packed, collect)).collect()
    return pa.concat_tables(map(_unpacked, came))


def _collect_packed(collect: CollectUrls, parts: Iterable[bytes]) -> Iterator[bytes]:
    import pyarrow as pa

    for part in parts:
        rows = collect(_unpacked(part).to_batches())
        yield _packed(pa.Table.from_batches(rows, batch_of([]).schema))


def _packed(rows: ArrowTable) -> bytes:
    import pyarrow as pa

    content = BytesIO()
    with pa.ipc.new_stream(content, rows.schema) as stream:
        stream.write_table(rows)
    return content.getvalue()


def _unpacked(content: bytes) -> ArrowTable:
    import pyarrow as pa

    return pa.ipc.open_stream(content).read_all()


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
