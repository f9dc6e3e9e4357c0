"""One collection of a list, from the first chunk to the last."""

from __future__ import annotations

import logging
import time
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING, NamedTuple, Protocol, TypeAlias

from pixelmill.collection.hosts import NOT_TRIED
from pixelmill.collection.results import NAMES
from pixelmill.collection.small_lists import (
    divide_by_host,
    divide_into_chunks,
    joined_rows,
    missing_rows,
    unique_rows,
)
from pixelmill.datasets.small_tables import small_rows
from pixelmill.datasets.url_list import MISSING_URLS, StoredList
from pixelmill.errors import InputError
from pixelmill.parameters import CollectionParameters
from pixelmill.spark.types import ArrowTable, DataFrame
from pixelmill.storage.base import EPOCH

if TYPE_CHECKING:
    from pixelmill.collection.tasks import CollectUrls

    Chunk: TypeAlias = Callable[[CollectUrls], DataFrame | ArrowTable]

logger = logging.getLogger(__name__)


def collect(
    listed: StoredList, stored: DataFrame | None, parameters: CollectionParameters
) -> Iterator[DataFrame | ArrowTable]:
    """Download what is missing, one chunk after another.

    Args:
        listed: The list.
        stored: The table `downloads` so far; None before the first run.
        parameters: Parameters of the collection.

    Yields:
        Rows of the table `downloads`, of a long list computed when they are written, which must be
        before the next chunk.
    """
    few = _read_few(listed, stored, [])
    if few is None:
        after = None if stored is None else _end_of(stored)
        yield from _collect(_InSpark(listed, stored, parameters), parameters, after)
    elif len(missing := missing_rows(few.unique, few.downloads, parameters)):
        after = None if few.downloads is None else _end_of_few(few.downloads)
        yield from _collect(_InMemory(missing, parameters), parameters, after)


def join(
    listed: StoredList, downloads: DataFrame, columns: list[str], folder: str
) -> DataFrame | ArrowTable:
    """Return the table `collected`: the result of each URL, and the list's own columns.

    Args:
        listed: The list.
        downloads: The table `downloads`.
        columns: Names of the columns that come along.
        folder: Folder of the images, on disk or S3.
    """
    few = _read_few(listed, downloads, columns)
    if few is not None and few.downloads is not None:
        return joined_rows(few.unique, few.downloads, folder, columns)
    from pixelmill.collection.large_lists import joined, unique_urls

    return joined(unique_urls(listed.rows(), columns), downloads, folder, columns)


class _Few(NamedTuple):
    """A short list in memory: its URLs, each once, and what was downloaded."""

    unique: ArrowTable
    downloads: ArrowTable | None


def _read_few(listed: StoredList, stored: DataFrame | None, columns: list[str]) -> _Few | None:
    rows = small_rows(listed.rows(), ["position", "url_id", "url", "host", *columns])
    downloads = None if rows is None or stored is None else small_rows(stored, NAMES)
    if rows is None or (downloads is None and stored is not None):
        return None
    return _Few(unique_rows(rows, columns), downloads)


def _end_of(downloads: DataFrame) -> datetime:
    """Return a moment after all rows; clocks may have been set back since."""
    from pixelmill.spark import functions as sf

    [(last,)] = downloads.select(sf.max(sf.unix_micros("finished"))).collect()
    return EPOCH + timedelta(microseconds=(last or 0) + 1)


def _end_of_few(downloads: ArrowTable) -> datetime:
    import pyarrow.compute as pc

    last: datetime | None = pc.max(downloads["finished"]).as_py()
    return (last or EPOCH) + timedelta(microseconds=1)


class _Missing(Protocol):
    """URLs that are asked for: how many, by how many tasks at the same time, in which chunks."""

    total: int
    tasks: int

    def chunks(self) -> Iterator[Chunk]: ...


class _InMemory:
    """Those of a short list, which the driver divides."""

    def __init__(self, missing: ArrowTable, parameters: CollectionParameters) -> None:
        from pixelmill.collection.tasks import tasks_of

        self.total = len(missing)
        hosts = len(missing["host"].unique())
        self.tasks = min(hosts, tasks_of(parameters.threads))
        self._missing = missing
        self._chunk_size = parameters.chunk_size

    def chunks(self) -> Iterator[Chunk]:
        from pixelmill.collection.tasks import chunks_of, collect_rows

        number = chunks_of(self.total, self._chunk_size)
        for rows in divide_into_chunks(self._missing, number):
            yield partial(collect_rows, divide_by_host(rows, self.tasks))


class _InSpark:
    """Those of a list of any length, which Spark divides."""

    def __init__(
        self, listed: StoredList, stored: DataFrame | None, parameters: CollectionParameters
    ) -> None:
        from pyspark import StorageLevel

        from pixelmill.collection.large_lists import find_missing, unique_urls
        from pixelmill.collection.tasks import tasks_of

        missing = find_missing(unique_urls(listed.rows(), []), stored, parameters)
        self._missing = missing.persist(StorageLevel.DISK_ONLY)  # is counted, then divided
        self.total = self._missing.count()
        self.tasks = tasks_of(parameters.threads)
        self._folder = f"{listed.folder}/{MISSING_URLS}"
        self._chunk_size = parameters.chunk_size

    def chunks(self) -> Iterator[Chunk]:
        from pixelmill.collection.tasks import collect_chunk

        try:
            for rows in self._divided() if self.total else ():
                yield partial(collect_chunk, rows, tasks=self.tasks)
        finally:
            self._missing.unpersist()  # of one chunk; of several, once they are written

    def _divided(self) -> Iterator[DataFrame]:
        from pixelmill.collection.large_lists import read_chunk, write_chunks
        from pixelmill.collection.tasks import chunks_of

        number = chunks_of(self.total, self._chunk_size)
        if number == 1:
            yield self._missing
        else:
            folders = write_chunks(self._missing, number, self._folder)
            self._missing.unpersist()
            yield from map(read_chunk, folders)


def _collect(
    missing: _Missing, parameters: CollectionParameters, after: datetime | None
) -> Iterator[DataFrame | ArrowTable]:
    """Download chunk by chunk, and leave the others where the network seems to be away.

    Args:
        missing: URLs that are asked for.
        parameters: Parameters of the collection.
        after: Earliest time of the rows.

    Raises:
        InputError: The folder cannot be written to.
    """
    from pixelmill.collection.tasks import CollectUrls, new_tally
    from pixelmill.profiling.progress import Done, line

    done, began, silence = Counter[str](), time.monotonic(), None
    for chunk in missing.chunks():
        left: frozenset[str] | None = None
        while left is None or left:  # as often as its time is up before its end
            tally = new_tally()
            yield chunk(CollectUrls(parameters, missing.tasks, tally, silence, left, after))
            new = Counter(tally.value)
            left = _take_left(new)
            done += new
            if silence is None and new[NOT_TRIED] and not new["ok"]:
                silence = NOT_TRIED
                logger.warning(
                    "No host can be reached: downloading %s URLs is left to the next run.",
                    f"{missing.total:,}",
                )
            finished = Done(done.total(), done["failed"] + done[NOT_TRIED])
            logger.info(
                "Downloading: %s", line("URLs", missing.total, finished, time.monotonic() - began)
            )


def _take_left(tally: Counter[str]) -> frozenset[str]:
    """Return the URLs that a chunk had no time for, and leave the results in the tally.

    Raises:
        InputError: A task could not write to its folder.
    """
    from pixelmill.collection.tasks import LEFT, STOPPED

    if reasons := [kind for kind in tally if kind.startswith(STOPPED)]:
        raise InputError(reasons[0].removeprefix(STOPPED))
    left = [kind for kind in tally if kind.startswith(LEFT)]
    for kind in left:
        del tally[kind]
    return frozenset(kind.removeprefix(LEFT) for kind in left)
