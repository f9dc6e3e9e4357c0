"""The Spark task of several featurizers, which reads and decodes each image once."""

from __future__ import annotations

from contextlib import ExitStack, contextmanager
from functools import partial
from itertools import compress
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pyarrow as pa

from pixelmill.child_process import cpu_time_limit
from pixelmill.featurization.tasks import (
    FeaturizeImages,
    Origin,
    open_once,
    opened,
    vectors,
)
from pixelmill.featurizers.isolated import featurize_within_memory, joined
from pixelmill.featurizers.together import featurize_together
from pixelmill.profiling.metering import Clock, Usage, account
from pixelmill.spark.parallelism import is_repeated
from pixelmill.tables import SCHEMAS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from numpy.typing import NDArray
    from pyspark import Accumulator, Broadcast
    from pyspark.sql import DataFrame

    from pixelmill.featurization.tasks import Contents, Work
    from pixelmill.featurizers import FeaturizedBatch, OpenFeaturizer, PreparedFeaturizer
    from pixelmill.parameters import FeaturizationParameters

    Featurize = Callable[[Contents, NDArray[np.bool_]], list[FeaturizedBatch]]

IMAGES = SCHEMAS["missing_together"]
"""Schema of the images; bit i of `wanted` means featurizer i."""


class Member(NamedTuple):
    """One of the featurizers of a task.

    Attributes:
        prepared: The featurizer, as it travels to the workers.
        origin: Origin of its features.
        meter: Accumulator of the usage of its images.
    """

    prepared: Broadcast[PreparedFeaturizer]
    origin: Origin
    meter: Accumulator[Usage]


class FeaturizeTogether(FeaturizeImages):
    """The function of one Spark task with several featurizers.

    Args:
        members: The featurizers; the meter of the first takes the time of all.
        root: Folder or URI that the paths are relative to.
        parameters: Size of a batch, reads ahead of it, and the limits of an image are read.
        threads: Cores that one task may use.
    """

    def __init__(
        self,
        members: Sequence[Member],
        root: str,
        *,
        parameters: FeaturizationParameters,
        threads: int,
    ) -> None:
        first = members[0]
        super().__init__(
            first.prepared,
            root,
            first.origin,
            parameters=parameters,
            threads=threads,
            meter=first.meter,
        )
        self._members = members

    def __call__(self, arriving: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        """Featurize the images of one partition.

        Args:
            arriving: Batches of the schema `IMAGES`.

        Yields:
            Batches of the `schema`, one row for every image.
        """
        self._usages = [Usage() for _ in self._members[1:]]
        yield from super().__call__(arriving)
        for member, usage in zip(self._members[1:], self._usages, strict=True):
            member.meter.add(usage)

    def schema(self) -> str:
        """Return the columns of the result: of the images, then features and error by member."""
        lists = [f"features_{n} array<float>, error_{n} string" for n in range(len(self._members))]
        return ", ".join([IMAGES, *lists])

    @contextmanager
    def _opened(self) -> Iterator[Work]:
        """Open the featurizers; after a failed attempt of this task, each in a child process."""
        if not is_repeated():
            featurizers = [
                open_once(one.prepared.value, one.origin, self._threads) for one in self._members
            ]
            yield partial(self._all, partial(self._together, featurizers))
            return
        with ExitStack() as stack:
            isolated = [
                stack.enter_context(
                    opened(one.prepared.value, one.origin, self._threads, self._limits)
                )
                for one in self._members
            ]
            yield partial(self._all, partial(_one_by_one, isolated))

    def _together(
        self,
        featurizers: Sequence[OpenFeaturizer],
        images: Contents,
        wanted: NDArray[np.bool_],
    ) -> list[FeaturizedBatch]:
        """Featurize from one decoding or, if memory is refused, one featurizer after another."""
        seconds = self._limits.max_seconds * len(images) * len(featurizers)
        with cpu_time_limit(seconds):
            try:
                return featurize_together(featurizers, images, wanted)
            except MemoryError:
                parts = [partial(featurize_within_memory, one) for one in featurizers]
                return _one_by_one(parts, images, wanted)

    def _all(
        self,
        featurize: Featurize,
        rows: pa.RecordBatch,
        images: Contents,
        clock: Clock,
    ) -> pa.RecordBatch:
        masks = np.asarray(rows["wanted"].to_numpy(zero_copy_only=False), np.int64)
        wanted = (masks[:, None] >> np.arange(len(self._members)) & 1).astype(np.bool_)
        first, *others = featurize(images, wanted)
        clock.account(first)
        for usage, done in zip(self._usages, others, strict=True):
            account(usage, done)
            clock.account_beside(done)
        columns = [rows["path"], rows["size"], rows["modified"], rows["wanted"]]
        for place, done in enumerate([first, *others]):
            columns += _columns(done, wanted[:, place])
        return pa.RecordBatch.from_arrays(columns, _names(len(self._members)))


def map_together(images: DataFrame, featurize: FeaturizeTogether, partitions: int) -> DataFrame:
    """Return features of every image by several featurizers, computed when the result is written.

    Args:
        images: Images, with the schema `IMAGES`.
        featurize: The function of a task.
        partitions: Number of tasks.

    Returns:
        Rows of the function's `schema`, one for each row of `images`.
    """
    arranged = images.select("path", "size", "modified", "wanted").repartition(partitions)
    return arranged.mapInArrow(featurize, featurize.schema())


def rows_of(done: DataFrame, place: int, origin: Origin) -> DataFrame:
    """Return the rows of the table `features` of one of several featurizers.

    Args:
        done: What `map_together` returns.
        place: Position of the featurizer.
        origin: Origin of its features.
    """
    from pixelmill.spark import functions as sf

    marks = [sf.lit(value).alias(name) for name, value in origin._asdict().items()]
    mine = done.where(sf.shiftright("wanted", place).bitwiseAND(1) == 1)
    return mine.select(
        *("path", "size", "modified"),
        sf.col(f"features_{place}").alias("features"),
        sf.col(f"error_{place}").alias("error"),
        *marks,
    )


def _one_by_one(
    featurizers: Sequence[OpenFeaturizer], images: Contents, wanted: NDArray[np.bool_]
) -> list[FeaturizedBatch]:
    """Run each featurizer by itself, which decodes its images again."""
    chosen = [list(compress(images, flags)) for flags in wanted.T]
    return [
        one(of_one) if of_one else joined([])
        for one, of_one in zip(featurizers, chosen, strict=True)
    ]


def _columns(done: FeaturizedBatch, wanted: NDArray[np.bool_]) -> list[pa.Array]:
    """Return features and errors of all n images; null for those that were not wanted."""
    errors: list[str | None] = [None] * len(wanted)
    for number, error in zip(np.flatnonzero(wanted).tolist(), done.errors, strict=True):
        errors[number] = error
    failed = np.array([error is not None for error in errors], np.bool_)
    return [vectors(done.features, wanted & ~failed), pa.array(errors, pa.string())]


def _names(members: int) -> list[str]:
    of_members = [f"{what}_{place}" for place in range(members) for what in ("features", "error")]
    return ["path", "size", "modified", "wanted", *of_members]
