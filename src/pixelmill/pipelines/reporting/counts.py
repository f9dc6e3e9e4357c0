"""Counts for the report, aggregated by Spark to few rows."""

from collections import Counter
from collections.abc import Iterable
from itertools import groupby, islice
from operator import itemgetter
from typing import TYPE_CHECKING, Any, NamedTuple

from pixelmill.datasets.small_tables import small_rows
from pixelmill.datasets.splits_table import LEFT_OUT
from pixelmill.records import FailureSummary
from pixelmill.spark.tables import add_columns, count_by, is_in_memory, join_by_path
from pixelmill.spark.types import DataFrame, Table

if TYPE_CHECKING:
    import pyarrow as pa

    from pixelmill.spark.tables import Batch

NO_ROW = "no row in the table of features"
REASONS = 50  # listed; an error message without a reason before its colon could make millions
EXAMPLES = 5  # of each reason


class ImageCount(NamedTuple):
    """How many images share a split, a label and a fate.

    Attributes:
        split: 'train', 'test', 'left_out', or 'left_out: ' with a kind of finding.
        label: Class of the images; None without one.
        reason: Reason why they have no features; None if they have.
        images: Number of images.
    """

    split: str
    label: str | None
    reason: str | None
    images: int


class ConfusionCount(NamedTuple):
    """One cell of the confusion matrix that is not zero.

    Attributes:
        label: The true class.
        prediction: The predicted class.
        images: Number of test images.
    """

    label: str
    prediction: str
    images: int


def count_images(splits: DataFrame, feature_errors: Table) -> list[ImageCount]:
    """Count the images of each split, label and reason of failure.

    Args:
        splits: Columns `path`, `label`, `split`.
        feature_errors: Columns `path` and `error` (null for an image that has features).

    Returns:
        One entry for each combination that occurs.
    """
    images = small_rows(splits, ["path", "label", "split"])
    fates = small_rows(feature_errors, ["path", "error"])
    if images is None or fates is None:
        images, fates = splits, feature_errors.select(["path", "error"])
    known = add_columns(fates, "reason string, known boolean", _reasons)
    joined = join_by_path(images, known.select(["path", "reason", "known"]))
    counted = count_by(joined, ["split", "label", "reason", "known"])
    return [
        ImageCount(
            row["split"], row["label"], row["reason"] if row["known"] else NO_ROW, row["rows"]
        )
        for row in counted.to_pylist()
    ]


def confusion_counts(predictions: DataFrame) -> list[ConfusionCount]:
    """Count the test images of each pair of true and predicted class.

    Args:
        predictions: Columns `label` and `prediction` at least; rows without a label are left out.

    Returns:
        One entry for each pair that occurs.
    """
    columns = ["label", "prediction"]
    rows = small_rows(predictions, columns)
    counted = count_by(predictions if rows is None else rows, columns)
    return [
        ConfusionCount(*row.values())
        for row in counted.select([*columns, "rows"]).to_pylist()
        if None not in row.values()
    ]


def list_failures(image_counts: list[ImageCount], feature_errors: Table) -> FailureSummary:
    """Return the reasons why images have no features, the most frequent first.

    Args:
        image_counts: The counted images.
        feature_errors: Columns `path` and `error` (null for an image that has features).
    """
    tally = tally_reasons(image_counts)
    shown = [reason for reason, _ in tally.most_common(REASONS)]
    found = failure_examples(feature_errors, shown, EXAMPLES) if shown else []
    return {
        "images": sum(count.images for count in image_counts),
        "failed": tally.total(),
        "reasons": [
            {
                "reason": reason,
                "images": tally[reason],
                "examples": [
                    {"path": row["path"], "error": row["error"]}
                    for row in found
                    if row["reason"] == reason
                ],
            }
            for reason in shown
        ],
    }


def failure_examples(feature_errors: Table, reasons: list[str], each: int) -> list[dict[str, Any]]:
    """Return the first failures of each reason, in the order of their paths.

    Args:
        feature_errors: Columns `path` and `error` (null for an image that has features).
        reasons: The reasons to show.
        each: How many examples of a reason.

    Returns:
        Dictionaries with `reason`, `path` and `error`.
    """
    few = small_rows(feature_errors, ["path", "error"])
    failed = _failed(feature_errors.select(["path", "error"]) if few is None else few)
    known = add_columns(failed, "reason string, known boolean", _reasons)
    if is_in_memory(known):
        rows = sorted(known.to_pylist(), key=lambda row: (row["reason"], row["path"]))
        groups = groupby(rows, key=itemgetter("reason"))
        first = [row for reason, of in groups if reason in reasons for row in islice(of, each)]
    else:
        first = _first_of_each(known, reasons, each)
    return [{name: row[name] for name in ("reason", "path", "error")} for row in first]


def _failed(features: Table) -> Table:
    if is_in_memory(features):
        return features.filter(features["error"].is_valid())
    return features.where("error is not null")


def _first_of_each(failed: DataFrame, reasons: list[str], each: int) -> list[Any]:
    from pyspark.sql import Window

    from pixelmill.spark import functions as sf

    place = sf.row_number().over(Window.partitionBy("reason").orderBy("path"))
    chosen = failed.where(sf.col("reason").isin(reasons)).withColumn("place", place)
    return chosen.where(sf.col("place") <= each).orderBy("reason", "place").collect()


def tally_reasons(images: Iterable[ImageCount]) -> Counter[str]:
    """Return how many images have no features, for each reason."""
    tally: Counter[str] = Counter()
    for count in images:
        if count.reason is not None:
            tally[count.reason] += count.images
    return tally


def left_out(images: Iterable[ImageCount]) -> dict[str, int]:
    """Return how many images are in neither split, for each reason; the most frequent first.

    Args:
        images: The counted images.

    Returns:
        By what `ingestion.exclude` names; `near_duplicates` is that of `splitting`.
    """
    tally: Counter[str] = Counter()
    for count in images:
        if count.split.startswith(LEFT_OUT):
            reason = count.split.removeprefix(LEFT_OUT).removeprefix(": ")
            tally[reason or "near_duplicates"] += count.images
    return dict(tally.most_common())


def _reasons(features: "Batch") -> "dict[str, pa.Array]":
    """Return the columns `reason` and, always true, `known`."""
    import pyarrow as pa

    errors = features["error"].to_pylist()
    reasons = [error and error.partition(":")[0].strip(" ") for error in errors]
    return {
        "reason": pa.array(reasons, pa.string()),
        "known": pa.array([True] * len(reasons), pa.bool_()),
    }
