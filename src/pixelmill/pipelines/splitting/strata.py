"""Numbers of new images of each class for each split.

A window over a class would sort all its images in one task, which for two classes of 35 million
images is no use. Counts by class and range of hashes say in which range the last image lies; only
the images of that range, one in 4,096, are sorted.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from pyspark.sql import DataFrame

    from pixelmill.spark.types import ArrowTable

RANGE_BITS = 12

Lacking = dict[str, int]


def lacking_tests(counts: ArrowTable, test_fraction: float) -> Lacking:
    """Return how many new images of each class become test images.

    Args:
        counts: Columns `label`, `earlier` (split of an earlier run, null of new images) and `rows`.
        test_fraction: Share of each class.

    Returns:
        Number of images by label, above 0.
    """
    return _lacking(counts, lambda of: wanted_tests(of.total(), test_fraction) - of.get("test", 0))


def lacking_training(counts: ArrowTable, count: int) -> Lacking:
    """Return how many new images of each class become training images.

    Args:
        counts: As `lacking_tests` takes them.
        count: Training images of each class.

    Returns:
        Number of images by label, above 0.
    """
    return _lacking(counts, lambda of: count - of.get("train", 0))


def wanted_tests(images: int, test_fraction: float) -> int:
    """Return how many of the images of a class are tested.

    Args:
        images: Number of images.
        test_fraction: Share of them.

    Returns:
        The rounded share, at least one of two or more; one image is left for training.
    """
    share = math.floor(images * test_fraction + 0.5)
    return max(min(share, images - 1), 1 if images > 1 else 0)


def _lacking(counts: ArrowTable, wanted: Callable[[Counter[str | None]], int]) -> Lacking:
    classes: defaultdict[str, Counter[str | None]] = defaultdict(Counter)
    rows = (counts[name].to_pylist() for name in ("label", "earlier", "rows"))
    for label, earlier, images in zip(*rows, strict=True):
        if label is not None:
            classes[label][earlier] += images
    found = {label: min(wanted(of), of[None]) for label, of in classes.items()}
    return {label: lacking for label, lacking in found.items() if lacking > 0}


def lowest_of_each_class(images: DataFrame, lacking: Mapping[str, int]) -> ArrowTable:
    """Return the last image, by hash, that each class needs for its share of test images.

    Args:
        images: Columns `label`, `earlier` (split or null) and `key`, a struct of `hash` (long)
            and `path`.
        lacking: Number of new images to test by label.

    Returns:
        `label` and `last` (a key), one row for each class that lacks test images.
    """
    from pyspark.sql import Window

    from pixelmill.spark import functions as sf

    part = sf.shiftright("key.hash", 64 - RANGE_BITS)
    new = images.filter("earlier is null").withColumn("part", part)
    new = new.join(sf.broadcast(_table_of(images, lacking)), "label")
    counts = new.groupBy("label", "lacking", "part").agg(sf.count("*").alias("new"))
    up_to_part = (
        Window.partitionBy("label").orderBy("part").rowsBetween(Window.unboundedPreceding, 0)
    )
    before = sf.sum("new").over(up_to_part) - sf.col("new")
    known = counts.withColumn("place", sf.col("lacking") - before)
    edges = known.filter(sf.col("place").between(1, sf.col("new")))
    near_edge = new.join(sf.broadcast(edges.select("label", "part", "place")), ["label", "part"])
    keys = sf.array_sort(sf.collect_list("key"))
    last = sf.element_at(keys, sf.first("place").cast("int")).alias("last")
    return near_edge.groupBy("label").agg(last).toArrow()


def first_of_each_class(images: DataFrame, lacking: Mapping[str, int], count: int) -> ArrowTable:
    """Return the last image, by path, that each class needs to have `count` training images.

    Args:
        images: Columns `label`, `earlier` (split or null) and `key` (the path).
        lacking: Number of new images to train on by label.
        count: Training images of each class.

    Returns:
        `label` and `last` (a key), one row for each class that lacks training images.
    """
    from pyspark.sql import Window

    from pixelmill.spark import functions as sf

    place = sf.row_number().over(Window.partitionBy("label").orderBy("key"))
    new = images.filter("label is not null and earlier is null")
    placed = new.select("label", "key", place.alias("place"))
    # Spark keeps the first of each class before it sorts them, where the limit is a number.
    first = placed.filter(sf.col("place") <= count)
    needed = first.join(sf.broadcast(_table_of(images, lacking)), "label")
    last = needed.filter(sf.col("place") == sf.col("lacking"))
    return last.select("label", sf.col("key").alias("last")).toArrow()


def _table_of(images: DataFrame, lacking: Mapping[str, int]) -> DataFrame:
    import pyarrow as pa

    columns = {
        "label": pa.array(list(lacking), pa.string()),
        "lacking": pa.array(list(lacking.values()), pa.int64()),
    }
    return images.sparkSession.createDataFrame(pa.table(columns))
