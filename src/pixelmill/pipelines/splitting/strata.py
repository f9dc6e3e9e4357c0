"""How many new images of each class go to one side, and which is the last of them.

A window over a class would sort all its images in one task, which for two classes of 35 million
images is no use. Counts by class and range of hashes say in which range the last image lies; only
the images of that range, one in 4,096, are sorted.
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pyspark.sql import Column, DataFrame

    from pixelmill.spark.types import ArrowTable

RANGE_BITS = 12


def lowest_of_each_class(images: "DataFrame", test_fraction: float) -> "ArrowTable":
    """The last image, by hash, that each class needs for its share of test images.

    Args:
        images: Columns `label`, `earlier` (split or null) and `key`, a struct of `hash` (long)
            and `path`.
        test_fraction: Share of each class.

    Returns:
        `label` and `last` (a key), one row for each class that lacks test images.
    """
    from pyspark.sql import Window
    from pyspark.sql import functions as sf

    part = sf.shiftright("key.hash", 64 - RANGE_BITS)
    labelled = images.filter("label is not null").withColumn("part", part)
    counts = labelled.groupBy("label", "part").agg(
        sf.count("*").alias("images"),
        sf.count_if(sf.col("earlier") == "test").alias("tested"),
        sf.count_if(sf.col("earlier").isNull()).alias("new"),
    )
    of_class = Window.partitionBy("label")
    sums = {name: sf.sum(name).over(of_class) for name in ("images", "tested", "new")}
    lacking = wanted_tests(sums["images"], test_fraction) - sums["tested"]
    up_to_part = of_class.orderBy("part").rowsBetween(Window.unboundedPreceding, 0)
    known = counts.select(
        "label",
        "part",
        sf.least(lacking, sums["new"]).alias("lacking"),
        (sf.sum("new").over(up_to_part) - sf.col("new")).alias("before"),
        "new",
    )
    place = sf.col("lacking") - sf.col("before")
    edges = known.filter(place.between(1, sf.col("new"))).select(
        "label", "part", place.alias("place")
    )
    near_edge = labelled.filter("earlier is null").join(sf.broadcast(edges), ["label", "part"])
    keys = sf.array_sort(sf.collect_list("key"))
    last = sf.element_at(keys, sf.first("place").cast("int")).alias("last")
    return near_edge.groupBy("label").agg(last).toArrow()


def wanted_tests(images: "Column", test_fraction: float) -> "Column":
    """How many of the images of a class are tested.

    Args:
        images: Number of images.
        test_fraction: Share of them.

    Returns:
        The rounded share, at least one of two or more; one image is left for training.
    """
    from pyspark.sql import functions as sf

    share = sf.floor(images * test_fraction + 0.5)
    return sf.greatest(sf.least(share, images - 1), sf.when(images > 1, 1).otherwise(0))


def first_of_each_class(images: "DataFrame", count: int) -> "ArrowTable":
    """The last image, by path, that each class needs to have `count` training images.

    Args:
        images: Columns `label`, `earlier` (split or null) and `key` (the path).
        count: Training images of each class.

    Returns:
        `label` and `last` (a key), one row for each class that lacks training images.
    """
    from pyspark.sql import Window
    from pyspark.sql import functions as sf

    labelled = images.filter("label is not null")
    trained = labelled.groupBy("label").agg(
        sf.count_if(sf.col("earlier") == "train").alias("trained")
    )
    place = sf.row_number().over(Window.partitionBy("label").orderBy("key"))
    new = labelled.filter("earlier is null").select("label", "key", place.alias("place"))
    # Spark keeps the first of each class before it sorts them, where the limit is a number.
    first = new.filter(sf.col("place") <= count).join(trained, "label")
    needed = first.filter(sf.col("place") <= count - sf.col("trained"))
    return needed.groupBy("label").agg(sf.max("key").alias("last")).toArrow()
