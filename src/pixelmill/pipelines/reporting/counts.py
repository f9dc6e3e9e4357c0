"""What Spark counts for the report: few rows come to the driver, however many images there are."""

from collections import Counter
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, NamedTuple

from pixelmill.datasets.splits_table import LEFT_OUT
from pixelmill.spark.types import DataFrame

if TYPE_CHECKING:
    from pyspark.sql import Column

NO_ROW = "no row in the table of features"


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


def image_counts(splits: DataFrame, features: DataFrame) -> list[ImageCount]:
    """Counts the images of each split, label and reason of failure.

    Args:
        splits: Columns `path`, `label`, `split`.
        features: Columns `path` and `error` at least.

    Returns:
        One entry for each combination that occurs.
    """
    from pyspark.sql import functions as sf

    fates = features.select("path", _reason().alias("reason"), sf.lit(True).alias("known"))
    reason = sf.when(sf.col("known").isNull(), sf.lit(NO_ROW)).otherwise(sf.col("reason"))
    counted = (
        splits.join(fates, "path", "left")
        .groupBy("split", "label", reason.alias("reason"))
        .agg(sf.count(sf.lit(1)).alias("images"))
    )
    return [ImageCount(*row) for row in counted.collect()]


def confusion_counts(predictions: DataFrame) -> list[ConfusionCount]:
    """Counts the test images of each pair of true and predicted class.

    Args:
        predictions: Columns `label` and `prediction` at least; rows without a label are left out.

    Returns:
        One entry for each pair that occurs.
    """
    from pyspark.sql import functions as sf

    labelled = predictions.where(sf.col("label").isNotNull() & sf.col("prediction").isNotNull())
    counted = labelled.groupBy("label", "prediction").agg(sf.count(sf.lit(1)).alias("images"))
    return [ConfusionCount(*row) for row in counted.collect()]


def failure_examples(features: DataFrame, reasons: list[str], each: int) -> list[dict[str, Any]]:
    """The first failures of each reason, in the order of their paths.

    Args:
        features: Columns `path` and `error` at least.
        reasons: The reasons to show.
        each: How many examples of a reason.

    Returns:
        Dictionaries with `reason`, `path` and `error`.
    """
    from pyspark.sql import Window
    from pyspark.sql import functions as sf

    first = sf.row_number().over(Window.partitionBy("reason").orderBy("path"))
    failed = features.where(sf.col("error").isNotNull()).select(
        _reason().alias("reason"), "path", "error"
    )
    chosen = failed.where(sf.col("reason").isin(reasons)).withColumn("rank", first)
    rows = chosen.where(sf.col("rank") <= each).orderBy("reason", "rank").drop("rank")
    return [row.asDict() for row in rows.collect()]


def tally_reasons(images: Iterable[ImageCount]) -> Counter[str]:
    """How many images have no features, for each reason."""
    tally: Counter[str] = Counter()
    for count in images:
        if count.reason is not None:
            tally[count.reason] += count.images
    return tally


def left_out(images: Iterable[ImageCount]) -> dict[str, int]:
    """How many images are in neither split, for each reason; the most frequent first.

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


def _reason() -> "Column":
    from pyspark.sql import functions as sf

    return sf.trim(sf.substring_index("error", ":", 1))
