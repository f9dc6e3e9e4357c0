"""Fit a preparation over the partitions of a table, and apply it there."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import reduce
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

from pixelmill.errors import InputError
from pixelmill.one_core import one_core
from pixelmill.preparation.fitting import ArrayFeatures, Gram, check_finite, fit
from pixelmill.preparation.moments import Moments, Scatter, as_floats, in_blocks, moments_of
from pixelmill.preparation.pieces import (
    PIECES,
    Bounds,
    assembled,
    one_row,
    piece_bounds,
    pieces_of,
    summed_pieces,
    task_number,
)
from pixelmill.spark.tables import is_in_memory
from pixelmill.spark.vectors import as_lists, as_matrix

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from numpy.typing import NDArray
    from pyspark.sql import DataFrame, Row

    from pixelmill.models import Array
    from pixelmill.parameters import PreparationParameters
    from pixelmill.preparation import Preparation
    from pixelmill.spark.types import Table

MOMENTS = "task int, count long, bad long, example string, values binary"
PREPARED = "path string, features array<double>, target int"
NO_ROWS = (
    "modelling: there is no training image with features: "
    "check ingestion.label, splitting and the errors in the table of features"
)
PARTIAL_SUMS_BYTES = 2 * 2**30
MEETING_BYTES = 128 * 2**20  # of whole matrices, of which half is sent


def fit_preparation(train: Table, parameters: PreparationParameters) -> Preparation:
    """Fit a preparation on the training images.

    Args:
        train: Column `features` (array of float32, never null); `path`, where it is there, names
            an image in a refusal. It is read up to three times.
        parameters: Steps of the preparation.

    Returns:
        The preparation; the number of partitions changes no more than the rounding.

    Raises:
        InputError: If there is no image, features are not finite, or there are too few or too
            many of them for the components that are wanted.
    """
    if not is_in_memory(train):
        return fit(TableFeatures(train), parameters)
    with one_core():
        return fit(ArrayFeatures(_finite_features(train)), parameters)


def prepared(table: Table, preparation: Preparation) -> Table:
    """Apply a preparation to a table, when the result is computed.

    Args:
        table: Columns `path`, `features` (array of float32) and `target` (int).
        preparation: Fitted preparation.

    Returns:
        The same columns, `features` an array of float64.
    """
    table = table.select(["path", "features", "target"])
    if is_in_memory(table):
        return table.set_column(1, "features", _prepared_features(table, preparation))
    shared = table.sparkSession.sparkContext.broadcast(preparation)

    def prepare(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        for part, features in _blocks(batches):
            yield _prepared(part, shared.value.apply(features))

    return table.mapInArrow(prepare, PREPARED)


@dataclass(frozen=True)
class TableFeatures:
    """Features of training images in a Spark table.

    Attributes:
        table: Column `features`, and optionally `path`.
    """

    table: DataFrame

    def moments(self, before: Preparation | None = None) -> Moments:
        """Return the moments of the features, after a preparation."""
        shared = self.table.sparkSession.sparkContext.broadcast(before)
        columns: list[str] = [name for name in ("path", "features") if name in self.table.columns]

        def sum_up(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
            yield from _task_moments(batches, shared.value)

        found = self.table.select(columns).mapInArrow(sum_up, MOMENTS).toArrow().sort_by("task")
        return _merged(found)

    def dimension(self) -> int:
        """Return the number of features of an image."""
        first = self.table.select("features").head()
        if first is None:
            raise InputError(NO_ROWS)
        return len(first["features"])

    def scatter(self) -> Scatter:
        """Return the scatter matrix of the features."""
        dimension = self.dimension()
        bounds = piece_bounds(dimension)

        def sum_up(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
            yield from _task_scatter(batches, bounds)

        lower, others = assembled(self._summed(sum_up, dimension), bounds)
        parts = [_part(row["values"]) for row in others]
        if not parts or any(bad for bad, _, _ in parts):
            self.moments()  # which says what is wrong, of which image
        return Scatter.of_parts(lower, [(count, mean) for _, count, mean in parts if count])

    def gram(self, before: Preparation) -> Array:
        """Return the Gram matrix of the prepared features: [d, d], the lower triangle alone."""
        shared = self.table.sparkSession.sparkContext.broadcast(before)
        bounds = piece_bounds(before.dimension)

        def sum_up(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
            yield from _task_gram(batches, shared.value, bounds)

        return assembled(self._summed(sum_up, before.dimension), bounds)[0]

    def _summed(self, sum_up: Callable[..., Any], dimension: int) -> Iterator[Row]:
        """Return the pieces of a matrix [d, d], each the sum of those of all tasks."""
        needed = 8 * dimension**2
        parallel = self.table.sparkSession.sparkContext.defaultParallelism
        tasks = max(1, min(parallel, PARTIAL_SUMS_BYTES // needed))
        partial = self.table.select("features").coalesce(tasks).mapInArrow(sum_up, PIECES)
        # The partial sums meet in the shuffle, on disk and some pieces at a time, so that neither
        # a JVM nor the driver ever holds two of them.
        meetings = math.ceil(tasks * needed / MEETING_BYTES)
        together = partial.repartition(meetings, "piece").sortWithinPartitions("piece", "task")
        summed = together.mapInArrow(summed_pieces, PIECES)
        found: Iterator[Row] = summed.toLocalIterator(prefetchPartitions=True)
        return found

    def collected(self) -> NDArray[np.floating]:
        """Return the features as an array [n, d]."""
        return as_matrix(self.table.select("features").toArrow()["features"])


def _finite_features(train: pa.Table) -> NDArray[np.floating]:
    """Return the features of images in memory, [n, d], or refuse an empty table."""
    if not len(train):
        raise InputError(NO_ROWS)
    features = as_matrix(train["features"])
    broken = np.flatnonzero(~np.isfinite(features).all(axis=1))
    named = len(broken) and "path" in train.column_names
    check_finite(len(broken), train["path"][int(broken[0])].as_py() if named else None)
    return features


def _prepared_features(table: pa.Table, preparation: Preparation) -> pa.ListArray:
    features = as_matrix(table["features"], preparation.dimension)
    return as_lists(np.concatenate([preparation.apply(block) for block in in_blocks(features)]))


def _blocks(
    batches: Iterable[pa.RecordBatch],
) -> Iterator[tuple[pa.RecordBatch, NDArray[np.floating]]]:
    """Yield batches in parts whose float64 copies stay small, each with its features [n, d]."""
    for batch in batches:
        start = 0
        for features in in_blocks(as_matrix(batch["features"])) if len(batch) else ():
            yield batch.slice(start, len(features)), features
            start += len(features)


def _task_moments(
    batches: Iterable[pa.RecordBatch], before: Preparation | None
) -> Iterator[pa.RecordBatch]:
    moments, bad, example = Moments(0, np.zeros(0), np.zeros(0)), 0, None
    for part, features in _blocks(batches):
        broken = np.flatnonzero(~np.isfinite(features).all(axis=1))
        if len(broken):
            bad += len(broken)
            example = part["path"][broken[0]].as_py() if "path" in part.schema.names else None
            continue
        found = moments_of(before.apply(features) if before else as_floats(features))
        moments = moments.merged(found) if moments.count else found
    values = np.stack([moments.mean, moments.squares]).tobytes()
    yield one_row(MOMENTS, task_number(), moments.count, bad, example, values)


def _merged(found: pa.Table) -> Moments:
    rows = found.to_pylist()
    examples = (row["example"] for row in rows if row["example"] is not None)
    check_finite(sum(row["bad"] for row in rows), next(examples, None))
    parts = [
        Moments(row["count"], *np.frombuffer(row["values"]).reshape(2, -1))
        for row in rows
        if row["count"]
    ]
    if not parts:
        raise InputError(NO_ROWS)
    return reduce(Moments.merged, parts)


def _task_gram(
    batches: Iterable[pa.RecordBatch], before: Preparation, bounds: Bounds
) -> Iterator[pa.RecordBatch]:
    gram, empty = Gram(before), True
    with one_core():
        for _, features in _blocks(batches):
            gram.add(features)
            empty = False
    if not empty:
        yield from pieces_of(gram.lower, bounds)


def _task_scatter(batches: Iterable[pa.RecordBatch], bounds: Bounds) -> Iterator[pa.RecordBatch]:
    """Yield the pieces of a task, and behind all pieces one of its own: bad, count, mean."""
    scatter, bad = Scatter(bounds[-1][1]), 0
    with one_core():
        for _, features in _blocks(batches):
            broken = int(np.count_nonzero(~np.isfinite(features).all(axis=1)))
            bad += broken
            if not broken:
                scatter.add(features)
    if scatter.count:
        yield from pieces_of(scatter.lower, bounds)
    if scatter.count or bad:
        values = np.concatenate([[bad, scatter.count], scatter.mean])
        yield one_row(PIECES, len(bounds) + task_number(), task_number(), values.tobytes())


def _part(values: bytes) -> tuple[int, int, Array]:
    """Return images of a task that are not finite, the number of the others, and their mean."""
    bad, count, *mean = np.frombuffer(values)
    return int(bad), int(count), np.array(mean)


def _prepared(part: pa.RecordBatch, values: Array) -> pa.RecordBatch:
    columns = [part["path"], as_lists(values), part["target"]]
    return pa.RecordBatch.from_arrays(columns, ["path", "features", "target"])
