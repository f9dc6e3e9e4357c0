"""Labels new images by their features, in Spark tasks; an image without features keeps its row."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from pixelmill.spark.vectors import as_lists, as_matrix

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from pyspark.sql import DataFrame

    from pixelmill.classifier import Classifier

LABELLED = "path string, prediction string, score double, scores array<double>, error string"


def label_images(classifier: Classifier, images: DataFrame) -> DataFrame:
    """Labels images, and passes on why the others cannot be.

    Args:
        classifier: Classifier with a model.
        images: Columns `path`, `features` (array of float32, as many as the manifest's
            `dimension`, or null) and `error` (the reason, where `features` is null).

    Returns:
        A row for each image: `path`, `prediction`, `score` (of the prediction), `scores` (array
        of float64 in the order of the manifest's `labels`), all three null where there is an
        `error`.
    """
    shared = images.sparkSession.sparkContext.broadcast(classifier.without_spark())

    def label(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        from threadpoolctl import threadpool_limits

        with threadpool_limits(1):  # a task has one core
            for batch in batches:
                yield _labelled(shared.value, batch)

    return images.select("path", "features", "error").mapInArrow(label, LABELLED)


def _labelled(classifier: Classifier, batch: pa.RecordBatch) -> pa.RecordBatch:
    good = batch["features"].is_valid()
    scores = _scores(classifier, batch.filter(good))
    best = scores.argmax(axis=1)
    labels = pa.array(classifier.manifest.labels, pa.string())
    columns = [
        batch["path"],
        _spread(labels.take(pa.array(best)), good),
        _spread(pa.array(np.take_along_axis(scores, best[:, None], axis=1)[:, 0]), good),
        _spread(as_lists(scores), good),
        batch["error"],
    ]
    return pa.RecordBatch.from_arrays(columns, LABELLED.replace(",", "").split()[::2])


def _scores(classifier: Classifier, batch: pa.RecordBatch) -> np.ndarray:
    """float64 [n, labels]; n may be 0."""
    if not len(batch):
        return np.empty((0, len(classifier.manifest.labels)))
    return classifier.scores(as_matrix(batch["features"], classifier.manifest.dimension))


def _spread(values: pa.Array, good: pa.BooleanArray) -> pa.Array:
    """Gives each good row its value, in their order, and every other null."""
    good = good.to_numpy(zero_copy_only=False)
    return values.take(pa.array(np.cumsum(good) - 1, mask=~good))
