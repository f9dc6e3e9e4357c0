"""How images are divided into 'train' and 'test': one function for each `splitting.method`.

No method depends on the partitions or the order of the index, and none moves an image because
others came: folder and column say what they say, the others keep the splits of earlier runs.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from pixelmill.errors import InputError
from pixelmill.parameters import SplittingParameters
from pixelmill.pipelines.splitting.strata import first_of_each_class, lowest_of_each_class

if TYPE_CHECKING:
    from pyspark.sql import Column, DataFrame

    from pixelmill.spark.types import ArrowTable

Method = Callable[["DataFrame", SplittingParameters], "DataFrame"]

FOLDERS = ("train", "training", "test", "testing", "validation", "valid", "val", "dev")
FOLDER = rf"(?is)^(?:.*/)?({'|'.join(FOLDERS)})/"
# What each method depends on; another value divides all images anew.
USED: dict[str, set[str]] = {
    "fraction": {"test_fraction", "seed"},
    "first_per_class": {"count"},
    "folder": set(),
    "column": {"column"},
}


def by_fraction(images: "DataFrame", splitting: SplittingParameters) -> "DataFrame":
    """Tests the share asked for of each class, drawn by a hash of path and seed.

    A class of n images has round(n · test_fraction) test images, at least one from two images on,
    and at least one training image. Images that have a split keep it; of the others those with
    the lowest hashes fill what the class lacks. Without earlier splits a larger `test_fraction`
    keeps every test image of a smaller one.

    Args:
        images: Columns `path`, `label` and `earlier` (the split of an earlier run, or null).
        splitting: Parameters; uses `test_fraction` and `seed`.

    Returns:
        `path`, `label` and `split`.
    """
    from pyspark.sql import functions as sf

    drawn = sf.xxhash64(sf.lit(splitting.seed).cast("long"), sf.col("path"))
    keyed = images.withColumn("key", sf.struct(drawn.alias("hash"), "path"))
    lowest = lowest_of_each_class(keyed, splitting.test_fraction)
    return _fill(keyed, lowest, "test", "train")


def first_per_class(images: "DataFrame", splitting: SplittingParameters) -> "DataFrame":
    """Trains on `count` images of each class: on the first in the order of their paths.

    Images that have a split keep it; of the others the first fill what the class lacks.

    Args:
        images: Columns `path`, `label` and `earlier` (the split of an earlier run, or null).
        splitting: Parameters; uses `count`.

    Returns:
        `path`, `label` and `split`.
    """
    from pyspark.sql import functions as sf

    keyed = images.withColumn("key", sf.col("path"))
    return _fill(keyed, first_of_each_class(keyed, splitting.count), "train", "test")


def by_folder(images: "DataFrame", _: SplittingParameters) -> "DataFrame":
    """Reads the split from the folder nearest to the file that is named after one.

    Args:
        images: Columns `path` and `label`.

    Returns:
        `images` with the column `split`.

    Raises:
        InputError: If a labelled image lies in none of `FOLDERS` (in any case).
    """
    from pyspark.sql import functions as sf

    folder = sf.lower(sf.regexp_extract("path", FOLDER, 1))
    named = images.withColumn(
        "split", sf.when(folder != "", _test_where(~folder.startswith("train")))
    )
    count, example = _unsplit(named, "path")
    if count:
        raise InputError(
            f"splitting.method is folder, but {count} images lie in no folder named "
            f"{', '.join(FOLDERS[:-1])} or {FOLDERS[-1]} ({example}): move them into one, "
            "or set splitting.method to fraction"
        )
    return named


def by_column(images: "DataFrame", splitting: SplittingParameters) -> "DataFrame":
    """Takes the split that the table of images declares, 'train' or 'test' in any case.

    Args:
        images: Columns `path`, `label` and `declared` (string: the table's own word, or null).
        splitting: Parameters; uses `column`, for the error's sentence.

    Returns:
        `path`, `label` and `split`.

    Raises:
        InputError: If a labelled image has another word.
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


def record_of(splitting: SplittingParameters) -> dict[str, Any]:
    """The parameters that a split depends on, by name."""
    return splitting.model_dump(include={"method", "near_duplicates", *USED[splitting.method]})


def _fill(images: "DataFrame", last: "ArrowTable", low: str, high: str) -> "DataFrame":
    """Gives new images a split: `low` up to the last key of their class, `high` beyond.

    Args:
        images: Columns `path`, `label`, `earlier` and `key`.
        last: Columns `label` and `last`; no row for classes whose images are all beyond.
        low: Split of the images up to there.
        high: Split of the others.
    """
    from pyspark.sql import functions as sf

    limits = sf.broadcast(images.sparkSession.createDataFrame(last))
    drawn = sf.when(sf.col("key") <= sf.col("last"), low).otherwise(high)
    split = sf.coalesce("earlier", drawn).alias("split")
    return images.join(limits, "label", "left").select("path", "label", split)


def _unsplit(images: "DataFrame", example: str) -> tuple[int, str]:
    """How many labelled images have no split, and the first of them."""
    from pyspark.sql import functions as sf

    missing = images.filter("label is not null and split is null")
    row = missing.agg(sf.count("*"), sf.min(sf.expr(example))).head()
    return (0, "") if row is None else (row[0], row[1])
