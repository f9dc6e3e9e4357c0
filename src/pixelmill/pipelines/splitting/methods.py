"""Splitting methods: one function for each `splitting.method`.

No method depends on the partitions or the order of the index, and none moves an image because
others came: folder and column say what they say, the others keep the splits of earlier runs.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from pixelmill.errors import InputError
from pixelmill.pages.formatting import quantity
from pixelmill.parameters import SplittingParameters
from pixelmill.pipelines.splitting.strata import (
    Lacking,
    first_of_each_class,
    lacking_tests,
    lacking_training,
    lowest_of_each_class,
)
from pixelmill.spark.tables import add_columns, as_spark, count_by, is_in_memory
from pixelmill.spark.xxhash64 import xxhash64

if TYPE_CHECKING:
    import pyarrow as pa
    from pyspark.sql import DataFrame

    from pixelmill.spark.tables import Batch
    from pixelmill.spark.types import ArrowTable, Table

Method = Callable[["Table", SplittingParameters], "Table"]

FOLDERS = ("train", "training", "test", "testing", "validation", "valid", "val", "dev")
FOLDER = re.compile(rf"(?ais)(?:.*/)?({'|'.join(FOLDERS)})/")
# What each method depends on; another value divides all images again.
USED: dict[str, set[str]] = {
    "fraction": {"test_fraction", "seed"},
    "first_per_class": {"count"},
    "folder": set(),
    "column": {"column"},
}


def by_fraction(images: Table, splitting: SplittingParameters) -> Table:
    """Test the requested share of each class, drawn by a hash of path and seed.

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
    seed = splitting.seed
    lacking = lacking_tests(count_by(images, ["label", "earlier"]), splitting.test_fraction)
    if is_in_memory(images):
        return _filled(images, lacking, lambda path: (xxhash64(seed, path), path), "test", "train")
    from pixelmill.spark import functions as sf

    drawn = sf.xxhash64(sf.lit(seed).cast("long"), sf.col("path"))
    keyed = images.withColumn("key", sf.struct(drawn.alias("hash"), "path"))
    return _fill(keyed, lowest_of_each_class(keyed, lacking), "test", "train")


def first_per_class(images: Table, splitting: SplittingParameters) -> Table:
    """Train on `count` images of each class: on the first in the order of their paths.

    Images that have a split keep it; of the others the first fill what the class lacks.

    Args:
        images: Columns `path`, `label` and `earlier` (the split of an earlier run, or null).
        splitting: Parameters; uses `count`.

    Returns:
        `path`, `label` and `split`.
    """
    lacking = lacking_training(count_by(images, ["label", "earlier"]), splitting.count)
    if is_in_memory(images):
        return _filled(images, lacking, lambda path: path, "train", "test")
    from pixelmill.spark import functions as sf

    keyed = images.withColumn("key", sf.col("path"))
    last = first_of_each_class(keyed, lacking, splitting.count)
    return _fill(keyed, last, "train", "test")


def by_folder(images: Table, _: SplittingParameters) -> Table:
    """Read the split from the folder nearest to the file that is named after one.

    Args:
        images: Columns `path` and `label`.

    Returns:
        `path`, `label` and `split`.

    Raises:
        InputError: If a labelled image is in none of `FOLDERS` (in any case).
    """
    named, count, example = _judged(images, _folders)
    if count:
        raise InputError(
            f"splitting.method is folder, but of {quantity(count, 'image')} no folder is named "
            f"{', '.join(FOLDERS[:-1])} or {FOLDERS[-1]} ({example}): move them into one, or set "
            "splitting.method to fraction"
        )
    return named


def by_column(images: Table, splitting: SplittingParameters) -> Table:
    """Take the split that the table of images declares, 'train' or 'test' in any case.

    Args:
        images: Columns `path`, `label` and `declared` (string: the table's own word, or null).
        splitting: Parameters; uses `column`, for the error's sentence.

    Returns:
        `path`, `label` and `split`.

    Raises:
        InputError: If a labelled image has another word.
    """
    valid, count, example = _judged(images, _words)
    if count:
        raise InputError(
            f"column {splitting.column} must hold 'train' or 'test', and does not for "
            f"{quantity(count, 'image')} ({example}): correct the table"
        )
    return valid


METHODS: dict[str, Method] = {
    "fraction": by_fraction,
    "first_per_class": first_per_class,
    "folder": by_folder,
    "column": by_column,
}


def record_of(splitting: SplittingParameters) -> dict[str, Any]:
    """Return the parameters that a split depends on, by name."""
    return splitting.model_dump(include={"method", "near_duplicates", *USED[splitting.method]})


def _filled(
    images: ArrowTable, lacking: Lacking, key: Callable[[str], Any], low: str, high: str
) -> ArrowTable:
    """Give new images a split: `low` to as many as their class lacks, by their keys; else `high`.

    Args:
        images: Columns `path`, `label`, `earlier`.
        lacking: Number of images by label.
        key: Key of an image by its path.
        low: Split of the images with the lowest keys.
        high: Split of the others.
    """
    import pyarrow as pa

    paths, labels, splits = (images[name].to_pylist() for name in ("path", "label", "earlier"))
    new = [row for row, split in enumerate(splits) if split is None]
    left = Counter(lacking)
    for row in sorted(new, key=lambda row: key(paths[row])):
        splits[row] = low if left[labels[row]] > 0 else high
        left[labels[row]] -= 1
    return images.select(["path", "label"]).append_column("split", pa.array(splits, pa.string()))


def _fill(images: DataFrame, last: ArrowTable, low: str, high: str) -> DataFrame:
    """Return the same in Spark: `low` up to the last key of their class, `high` beyond.

    Args:
        images: Columns `path`, `label`, `earlier` and `key`.
        last: Columns `label` and `last`; no row for classes whose images are all beyond.
        low: Split of the images up to there.
        high: Split of the others.
    """
    from pixelmill.spark import functions as sf

    limits = sf.broadcast(as_spark(last))
    drawn = sf.when(sf.col("key") <= sf.col("last"), low).otherwise(high)
    split = sf.coalesce("earlier", drawn).alias("split")
    return images.join(limits, "label", "left").select("path", "label", split)


def _judged(
    images: Table, rule: Callable[[Batch], Mapping[str, pa.Array]]
) -> tuple[Table, int, str]:
    """Give images the splits of a rule; count the labelled ones that have none, and name one.

    Args:
        images: Columns that the rule takes, and `label`.
        rule: Gives `split`, and `problem` where a labelled image has none.
    """
    judged = add_columns(images, "split string, problem string", rule)
    found = judged.select(["path", "label", "split"])
    if is_in_memory(judged):
        problems = judged["problem"].drop_null().to_pylist()
        return found, len(problems), min(problems, default="")
    from pixelmill.spark import functions as sf

    row = judged.agg(sf.count("problem"), sf.min("problem")).collect()[0]
    return found, row[0], row[1]


def _folders(images: Batch) -> dict[str, pa.Array]:
    paths = images["path"].to_pylist()
    names = [found and found[1].lower() for found in map(FOLDER.match, paths)]
    sides = [name and ("train" if name.startswith("train") else "test") for name in names]
    return _sides(sides, images, paths)


def _words(images: Batch) -> dict[str, pa.Array]:
    paths, given = (images[name].to_pylist() for name in ("path", "declared"))
    words = [(word or "").strip(" ").lower() for word in given]
    sides = [word if word in ("train", "test") else None for word in words]
    problems = [f"{path} has {word or 'nothing'}" for path, word in zip(paths, given, strict=True)]
    return _sides(sides, images, problems)


def _sides(sides: list[str | None], images: Batch, problems: list[str]) -> dict[str, pa.Array]:
    """Return the columns `split` and `problem`."""
    import pyarrow as pa

    found = [
        problem if side is None and label is not None else None
        for side, label, problem in zip(sides, images["label"].to_pylist(), problems, strict=True)
    ]
    return {"split": pa.array(sides, pa.string()), "problem": pa.array(found, pa.string())}
