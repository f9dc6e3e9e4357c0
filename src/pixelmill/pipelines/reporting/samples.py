"""The images that the report shows: the worst mistakes first."""

from __future__ import annotations

import heapq
import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pixelmill.datasets.small_tables import small_rows
from pixelmill.errors import ImageError
from pixelmill.spark.tables import is_in_memory
from pixelmill.spark.types import ArrowTable, DataFrame, Table
from pixelmill.spark.xxhash64 import xxhash64
from pixelmill.storage import Blob, open_storage
from pixelmill.thumbnails import thumbnail

if TYPE_CHECKING:
    import pyarrow as pa

    from pixelmill.spark.tables import Batch

READS_IN_FLIGHT = 8
RANKS = {"wrong": 0, "right": 1, "unlabelled": 2}
COLUMNS = ["path", "label", "prediction", "scores"]
CHOSEN = "path string, label string, prediction string, score double"
NOWHERE = 2**31  # a place that no list of scores has


@dataclass(frozen=True)
class Chosen:
    """An image to show.

    Attributes:
        path: Relative to the images' root.
        label: True class; None without a label.
        prediction: Predicted class; None without a classifier.
        score: What the classifier gives the predicted class; a probability where the estimator
            has them. None if there is none.
    """

    path: str
    label: str | None = None
    prediction: str | None = None
    score: float | None = None

    @property
    def outcome(self) -> str:
        """`wrong`, `right`, or `unlabelled` if the label is unknown."""
        if self.label is None or self.prediction is None:
            return "unlabelled"
        return "right" if self.label == self.prediction else "wrong"


@dataclass(frozen=True)
class Sample(Chosen):
    """An image with its picture.

    Attributes:
        picture: A WebP file; None where there is no picture.
        problem: Reason why there is no picture; None if there is one.
    """

    picture: bytes | None = None
    problem: str | None = None


def worst_predictions(predictions: DataFrame, labels: Sequence[str], limit: int) -> list[Chosen]:
    """Return confident mistakes first, then the least confident right answers, then unlabelled.

    Args:
        predictions: Columns `path`, `label`, `prediction`, `scores` (one for each of `labels`).
        labels: The classifier's classes in the order of the scores.
        limit: Maximum number of images.
    """
    few = small_rows(predictions, COLUMNS)
    if few is not None:
        return _worst(_chosen(few, labels), limit)

    def worst(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        images = (image for batch in batches for image in _chosen(batch, labels))
        yield _batch(_worst(images, limit))

    found = predictions.select(*COLUMNS).mapInArrow(worst, CHOSEN).toArrow()
    return _worst((Chosen(**row) for row in found.to_pylist()), limit)


def any_predictions(predictions: DataFrame, labels: Sequence[str], limit: int) -> list[Chosen]:
    """Return predicted images right and wrong, always the same: drawn by a hash of their paths.

    Args:
        predictions: Columns `path`, `label`, `prediction`, `scores` (one for each of `labels`).
        labels: The classifier's classes in the order of the scores.
        limit: Maximum number of images.

    Returns:
        The images in the order of their paths.
    """
    few = small_rows(predictions, COLUMNS)
    drawn = _drawn(predictions.select(*COLUMNS) if few is None else few, limit)
    return sorted(_chosen(drawn, labels), key=lambda image: image.path)


def some_images(features: DataFrame, limit: int) -> list[Chosen]:
    """Return images from all over the data set, always the same: by a hash of their paths.

    Args:
        features: Columns `path` and `error`; images with an error are left out.
        limit: Maximum number of images.
    """
    import pyarrow.compute as pc

    few = small_rows(features, ["path", "error"])
    if few is None:
        return [Chosen(path) for path in _paths(features.where("error is null"), limit)]
    return [Chosen(path) for path in _paths(few.filter(pc.field("error").is_null()), limit)]


def with_pictures(chosen: Sequence[Chosen], root: str, side: int) -> Iterator[Sample]:
    """Read and shrink the images; a missing one keeps its place, with the reason.

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


def _worst(images: Iterable[Chosen], limit: int) -> list[Chosen]:
    return heapq.nsmallest(limit, images, _badness)


def _badness(image: Chosen) -> tuple[int, bool, float, str]:
    """Return the sort key of the worst images first, those of unknown score last."""
    rank = RANKS[image.outcome]
    score = image.score or 0.0
    return rank, image.score is None, -score if rank == 0 else score, image.path


def _paths(images: Table, limit: int) -> list[str]:
    paths: list[str] = _drawn(images.select(["path"]), limit)["path"].to_pylist()
    return paths


def _drawn(images: Table, limit: int) -> ArrowTable:
    """Return the images with the lowest hashes of their paths, in this order."""
    if is_in_memory(images):
        import pyarrow as pa

        hashes = [xxhash64(path) for path in images["path"].to_pylist()]
        lowest = heapq.nsmallest(limit, range(len(hashes)), hashes.__getitem__)
        return images.take(pa.array(lowest, pa.int64()))
    from pixelmill.spark import functions as sf

    return images.orderBy(sf.xxhash64("path")).limit(limit).toArrow()


def _chosen(predictions: Batch, labels: Sequence[str]) -> Iterator[Chosen]:
    columns = (predictions[name].to_pylist() for name in ("path", "label", "prediction"))
    for row in zip(*columns, _scores(predictions, labels), strict=True):
        yield Chosen(*row)


def _scores(predictions: Batch, labels: Sequence[str]) -> list[float | None]:
    """Return the scores of the predicted classes; None where one is not a number or not there."""
    import pyarrow as pa
    import pyarrow.compute as pc

    scores = predictions["scores"]
    if isinstance(scores, pa.ChunkedArray):
        scores = scores.combine_chunks()
    place = pc.index_in(predictions["prediction"], value_set=pa.array(labels, pa.string()))
    place = pc.fill_null(place.cast(pa.int64()), NOWHERE)
    there = pc.less(place, pc.fill_null(pc.list_value_length(scores), 0))
    starts = pc.subtract(scores.offsets.slice(0, len(scores)), scores.offsets[0])
    found = scores.flatten().take(pc.if_else(there, pc.add(place, starts), None))
    return [None if score is None or math.isnan(score) else score for score in found.to_pylist()]


def _batch(images: Sequence[Chosen]) -> pa.RecordBatch:
    import pyarrow as pa

    types = {"path": pa.string(), "label": pa.string(), "prediction": pa.string()}
    schema = pa.schema({**types, "score": pa.float64()})
    return pa.RecordBatch.from_pylist([vars(image) for image in images], schema)
