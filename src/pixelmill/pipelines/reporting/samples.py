"""The images that the report shows: the worst mistakes first."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pixelmill.errors import ImageError
from pixelmill.spark.types import DataFrame
from pixelmill.storage import Blob, open_storage
from pixelmill.thumbnails import thumbnail

if TYPE_CHECKING:
    from pyspark.sql import Column

READS_IN_FLIGHT = 8


@dataclass(frozen=True)
class Chosen:
    """An image to show.

    Attributes:
        path: Relative to the images' root.
        label: True class; None without a label.
        prediction: Predicted class; None without a classifier.
        score: What the classifier gives the predicted class; a probability where the estimator
            has them. None where there is none.
    """

    path: str
    label: str | None = None
    prediction: str | None = None
    score: float | None = None


@dataclass(frozen=True)
class Sample(Chosen):
    """An image with its picture.

    Attributes:
        picture: A WebP file; None where there is no picture.
        problem: Reason why there is no picture; None if there is one.
    """

    picture: bytes | None = None
    problem: str | None = None

    @property
    def outcome(self) -> str:
        """`wrong`, `right`, or `unlabelled` if the label is unknown."""
        if self.label is None or self.prediction is None:
            return "unlabelled"
        return "right" if self.label == self.prediction else "wrong"


def worst_predictions(predictions: DataFrame, labels: Sequence[str], limit: int) -> list[Chosen]:
    """The most confident mistakes, then the least confident right answers, then the unlabelled.

    Args:
        predictions: Columns `path`, `label`, `prediction`, `scores` (one for each of `labels`).
        labels: The classifier's classes in the order of the scores.
        limit: Maximum number of images.
    """
    from pyspark.sql import functions as sf

    right = sf.col("label") == sf.col("prediction")
    rank = sf.when(right.isNull(), 2).when(right, 1).otherwise(0)
    scored = predictions.select("path", "label", "prediction", _score(labels).alias("score"))
    confidence = sf.when(rank == 0, -sf.col("score")).otherwise(sf.col("score"))
    worst = scored.orderBy(rank, confidence.asc_nulls_last(), "path").limit(limit)
    return [Chosen(**row.asDict()) for row in worst.collect()]


def any_predictions(predictions: DataFrame, labels: Sequence[str], limit: int) -> list[Chosen]:
    """Predicted images right and wrong, always the same: drawn by a hash of their paths.

    Args:
        predictions: Columns `path`, `label`, `prediction`, `scores` (one for each of `labels`).
        labels: The classifier's classes in the order of the scores.
        limit: Maximum number of images.

    Returns:
        The images in the order of their paths.
    """
    from pyspark.sql import functions as sf

    scored = predictions.select("path", "label", "prediction", _score(labels).alias("score"))
    drawn = scored.orderBy(sf.xxhash64("path")).limit(limit).collect()
    return sorted((Chosen(**row.asDict()) for row in drawn), key=lambda image: image.path)


def some_images(features: DataFrame, limit: int) -> list[Chosen]:
    """Images from all over the data set, always the same: by a hash of their paths.

    Args:
        features: Columns `path` and `error`; images with an error are left out.
        limit: Maximum number of images.
    """
    from pyspark.sql import functions as sf

    usable = features.where(sf.col("error").isNull()).select("path")
    return [Chosen(row.path) for row in usable.orderBy(sf.xxhash64("path")).limit(limit).collect()]


def with_pictures(chosen: Sequence[Chosen], root: str, side: int) -> Iterator[Sample]:
    """Reads the images and shrinks them; one that is gone keeps its place, with the reason.

    Args:
        chosen: The images.
        root: Folder or URI that their paths are relative to.
        side: Longest side of a picture in pixels.
    """
    blobs = open_storage(root).read_all([image.path for image in chosen], READS_IN_FLIGHT)
    for image, blob in zip(chosen, blobs, strict=True):
        picture, problem = _picture(blob, side)
        yield Sample(**vars(image), picture=picture, problem=problem)


def _picture(blob: Blob | ImageError, side: int) -> tuple[bytes | None, str | None]:
    if isinstance(blob, ImageError):
        return None, str(blob)
    try:
        return thumbnail(blob.data, side), None
    except ImageError as error:
        return None, str(error)


def _score(labels: Sequence[str]) -> "Column":
    """The score of the predicted class; null where it is not a number or not there."""
    from pyspark.sql import functions as sf

    if not labels:
        return sf.lit(None).cast("double")
    position = sf.array_position(sf.lit(list(labels)), sf.col("prediction"))
    score = sf.get("scores", (position - 1).cast("int"))
    return sf.when(~sf.isnan(score), score)
