"""What Spark counts for the report: few rows come to the driver, however many images there are."""

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from pixelmill.spark.types import DataFrame

if TYPE_CHECKING:
    from pyspark.sql import Column

NO_ROW = "no row in the table of features"
BINS = 10  # of scores


class ImageCount(NamedTuple):
    """How many images share a split, a label and a fate.

    Attributes:
        split: 'train' or 'test'.
        label: Their class; None where they have none.
        reason: Why they have no features; None where they have.
        images: How many.
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
        images: How many test images.
    """

    label: str
    prediction: str
    images: int


class ScoreCount(NamedTuple):
    """The test images whose predicted class has a score in one bin.

    Attributes:
        bin: 0 to 9, the tenth of 0 to 1 that holds the score, upper end included; None where the
            score is no number.
        images: How many.
        right: How many of them are predicted right.
        among_three: How many have their true class among the three highest scores.
        confidence: Sum of their predicted classes' scores.
    """

    bin: int | None
    images: int
    right: int
    among_three: int
    confidence: float


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


def score_counts(predictions: DataFrame, labels: Sequence[str]) -> list[ScoreCount]:
    """Counts the test images by the score of their predicted class.

    Args:
        predictions: Columns `label`, `prediction`, `scores`; rows without a label are left out.
        labels: The classifier's classes in the order of the scores.

    Returns:
        One entry for each bin that occurs.
    """
    from pyspark.sql import functions as sf

    if not labels:
        return []
    labelled = predictions.where(sf.col("label").isNotNull() & sf.col("prediction").isNotNull())
    counted = (
        labelled.select(
            score_of("prediction", labels).alias("score"),
            (sf.col("label") == sf.col("prediction")).cast("int").alias("right"),
            _among(3, labels).cast("int").alias("among"),
        )
        .groupBy(_bin("score").alias("bin"))
        .agg(
            sf.count(sf.lit(1)),
            sf.sum("right"),
            sf.sum("among"),
            sf.coalesce(sf.sum("score"), sf.lit(0.0)),
        )
    )
    return [ScoreCount(*row) for row in counted.collect()]


def score_of(column: str, labels: Sequence[str]) -> "Column":
    """The score of the class that a column names; null where it is not a number or not there.

    Args:
        column: Name of a column that holds one of `labels`.
        labels: The classifier's classes in the order of the column `scores`.
    """
    from pyspark.sql import functions as sf

    if not labels:
        return sf.lit(None).cast("double")
    score = sf.get("scores", _position(column, labels))
    return sf.when(~sf.isnan(score), score)


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


def _position(column: str, labels: Sequence[str]) -> "Column":
    """From 0; -1 where it is none of the labels."""
    from pyspark.sql import functions as sf

    return (sf.array_position(sf.lit(list(labels)), sf.col(column)) - 1).cast("int")


def _among(first: int, labels: Sequence[str]) -> "Column":
    """Whether the true class has one of the highest scores; of equal ones the first is higher.

    That is the order of `argmax`, so that among the first one are the right predictions.
    """
    from pyspark.sql import functions as sf

    own, position = score_of("label", labels), _position("label", labels)
    before = sf.slice("scores", 1, sf.greatest(position, sf.lit(0)))
    higher = sf.size(sf.filter("scores", lambda score: score > own))
    equal = sf.size(sf.filter(before, lambda score: score == own))
    return own.isNotNull() & (higher + equal < first)


def _bin(score: str) -> "Column":
    """Compares with the very edges that scikit-learn's `calibration_curve` has."""
    import numpy as np
    from pyspark.sql import functions as sf

    edges = np.linspace(0, 1, BINS + 1)[1:-1].tolist()
    bins = sf.lit(0)
    for edge in edges:
        bins = bins + (sf.col(score) > edge).cast("int")
    return bins


def _reason() -> "Column":
    from pyspark.sql import functions as sf

    return sf.trim(sf.substring_index("error", ":", 1))
