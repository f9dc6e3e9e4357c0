"""Fitted projections and clusterings, applied to all other images in Spark tasks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

import numpy as np
import pyarrow as pa

from pixelmill.one_core import one_core
from pixelmill.spark.parallelism import find_parallelism
from pixelmill.spark.vectors import as_matrix
from pixelmill.tables import MAP_COORDINATES

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from numpy.typing import NDArray
    from pyspark.sql import Column, DataFrame

GROUPED = "path string, cluster int"
ROWS_A_TASK = 20_000


class Transform(Protocol):
    """A fitted projection; see `pixelmill.projections`."""

    def transform(self, rows: NDArray[np.float32]) -> NDArray[np.float64]:
        """Return the positions of rows [n, k]: [n, 2]."""
        ...


class Prediction(Protocol):
    """A fitted grouping; see `pixelmill.groupings`."""

    def predict(self, rows: NDArray[np.floating]) -> NDArray[np.int32]:
        """Return clusters of rows [n, d]: [n]."""
        ...


def chance(seed: int) -> Column:
    """Return the random number of each image, from its path and the seed alone.

    Args:
        seed: Seed of the draw. The lowest numbers are drawn: a larger draw holds every smaller one.
    """
    from pixelmill.spark import functions as sf

    # By a word of its own, so that what is drawn here has nothing to do with the test images.
    return sf.xxhash64(sf.lit("map"), sf.lit(seed).cast("long"), sf.col("path"))


def sampled(images: DataFrame, count: int, seed: int) -> Column:
    """Return whether an image is one of `count` sampled ones, whatever its partition.

    Args:
        images: Column `path`, more than `count` rows.
        count: Number of images to draw, at least 1.
        seed: Seed of the draw.
    """
    from pixelmill.spark import functions as sf

    lowest = images.select(chance(seed).alias("chance")).orderBy("chance").limit(count)
    last = lowest.agg(sf.max("chance")).collect()[0][0]
    chosen: Column = chance(seed) <= last
    return chosen


def place(rows: DataFrame, count: int, fitted: Transform) -> DataFrame:
    """Place images on a map that was fitted on others.

    Args:
        rows: Columns `path`, `label` and `features` (array of float32).
        count: Approximate number of rows, which decides the number of tasks.
        fitted: Picklable fitted projection.

    Returns:
        `path`, `label`, `x` and `y`, when they are computed.
    """
    shared = rows.sparkSession.sparkContext.broadcast(fitted)

    def transform(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        with one_core():
            for batch in batches:
                if len(batch):
                    places = shared.value.transform(as_matrix(batch["features"]))
                    x, y = np.ascontiguousarray(places.T, np.float64)
                    columns = [batch["path"], batch["label"], pa.array(x), pa.array(y)]
                    yield pa.RecordBatch.from_arrays(columns, ["path", "label", "x", "y"])

    chosen = _divided(rows.select("path", "label", "features"), count)
    return chosen.mapInArrow(transform, MAP_COORDINATES)


def group(rows: DataFrame, count: int, fitted: Prediction) -> DataFrame:
    """Assign images to the clusters that were found among others.

    Args:
        rows: Columns `path` and `features` (array of floats: what the groups were found by).
        count: Approximate number of rows, which decides the number of tasks.
        fitted: Picklable fitted clustering.

    Returns:
        `path` and `cluster` (-1 is noise), when they are computed.
    """
    shared = rows.sparkSession.sparkContext.broadcast(fitted)

    def predict(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        with one_core():
            for batch in batches:
                if len(batch):
                    clusters = shared.value.predict(as_matrix(batch["features"]))
                    columns = [batch["path"], pa.array(clusters, pa.int32())]
                    yield pa.RecordBatch.from_arrays(columns, ["path", "cluster"])

    return _divided(rows.select("path", "features"), count).mapInArrow(predict, GROUPED)


def _divided(rows: DataFrame, count: int) -> DataFrame:
    from pixelmill.spark.parallelism import partitions_of

    cores = find_parallelism(rows.sparkSession.sparkContext, count)
    return rows.repartition(partitions_of(count, cores, ROWS_A_TASK))
