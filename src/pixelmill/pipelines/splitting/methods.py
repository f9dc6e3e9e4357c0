"""How images are divided into 'train' and 'test': one function for each `splitting.method`.

Every method is a function of an image's path and label, never of the partitions or the order of
the index.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING

from pixelmill.errors import InputError
from pixelmill.parameters import SplittingParameters

if TYPE_CHECKING:
    from pyspark.sql import Column, DataFrame

Method = Callable[["DataFrame", SplittingParameters], "DataFrame"]

BUCKETS = 2**32
FOLDER = r"(?is)^(?:.*/)?(train|training|test|testing|validation)/"


def by_fraction(images: "DataFrame", splitting: SplittingParameters) -> "DataFrame":
    """Draws each image by a hash of its path and the seed, so that no other image matters.

    Each class is divided like the whole, within sampling error: exact strata would move images
    whenever new ones arrive. A larger `test_fraction` keeps every test image of a smaller one.

    Args:
        images: Columns `path` and `label`.
        splitting: Takes `test_fraction` and `seed`.

    Returns:
        `images` with the column `split`.
    """
    from pyspark.sql import functions as sf

    drawn = sf.xxhash64(sf.lit(splitting.seed).cast("long"), sf.col("path"))
    place = sf.pmod(drawn, sf.lit(BUCKETS)) / BUCKETS
    return images.withColumn("split", _test_where(place < splitting.test_fraction))


def first_per_class(images: "DataFrame", splitting: SplittingParameters) -> "DataFrame":
    """Trains on the first `count` images of each class in the order of their paths.

    Args:
        images: Columns `path` and `label`.
        splitting: Takes `count`.

    Returns:
        `images` with the column `split`.
    """
    from pyspark.sql import Window
    from pyspark.sql import functions as sf

    place = sf.row_number().over(Window.partitionBy("label").orderBy("path"))
    labelled = images.filter("label is not null")
    ranked = labelled.withColumn("split", _test_where(place > splitting.count))
    # Apart, because a window over the null label would put all its images on one worker.
    unlabelled = images.filter("label is null").withColumn("split", sf.lit("test"))
    return ranked.unionByName(unlabelled)


def by_folder(images: "DataFrame", _: SplittingParameters) -> "DataFrame":
    """Reads the split from the folder nearest to the file that is named after one.

    Args:
        images: Columns `path` and `label`.

    Returns:
        `images` with the column `split`.

    Raises:
        InputError: Where a labelled image lies in no folder train, training, test, testing or
            validation (in any case).
    """
    from pyspark.sql import functions as sf

    folder = sf.lower(sf.regexp_extract("path", FOLDER, 1))
    named = images.withColumn(
        "split", sf.when(folder != "", _test_where(~folder.startswith("train")))
    )
    count, example = _unsplit(named, "path")
    if count:
        raise InputError(
            f"splitting.method is folder, but {count} images lie in no folder named train, "
            f"training, test, testing or validation ({example}): move them into one, "
            "or set splitting.method to fraction"
        )
    return named


def by_column(images: "DataFrame", splitting: SplittingParameters) -> "DataFrame":
    """Takes the split that the table of images declares, 'train' or 'test' in any case.

    Args:
        images: Columns `path`, `label` and `declared` (string: the table's own word, or null).
        splitting: Takes `column`, for the error's sentence.

    Returns:
        `path`, `label` and `split`.

    Raises:
        InputError: Where a labelled image has another word.
    """
    from pyspark.sql import functions as sf

    word = sf.lower(sf.trim("declared"))
    valid = images.withColumn("split", sf.when(word.isin("train", "test"), word))
    count, example = _unsplit(valid, "concat_ws(' has ', path, coalesce(declared, 'nothing'))")
    if count:
        raise InputError(
            f"column {splitting.column} must hold 'train' or 'test', and does not for {count} "
            f"images ({example}): correct the table"
        )
    return valid.drop("declared")


METHODS: dict[str, Method] = {
    "fraction": by_fraction,
    "first_per_class": first_per_class,
    "folder": by_folder,
    "column": by_column,
}


def _test_where(condition: "Column") -> "Column":
    from pyspark.sql import functions as sf

    return sf.when(condition, "test").otherwise("train")


def _unsplit(images: "DataFrame", example: str) -> tuple[int, str]:
    """How many labelled images have no split, and the first of them."""
    from pyspark.sql import functions as sf

    missing = images.filter("label is not null and split is null")
    row = missing.agg(sf.count("*"), sf.min(sf.expr(example))).head()
    return (0, "") if row is None else (row[0], row[1])
