"""Applies a classifier to a table of features, in Spark tasks."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from pyspark.sql import DataFrame

    from pixelmill.classifier import Classifier

PREDICTIONS = "path string, label string, prediction string, scores array<double>"


def predict(classifier: Classifier, images: DataFrame) -> DataFrame:
    """Labels images by their features.

    Args:
        classifier: Trained, or without a model.
        images: Columns `path`, `label` (may be null) and `features` (array of float32, as many
            as the manifest's `dimension`).

    Returns:
        `path`, `label`, `prediction` and `scores` (array of float64 in the order of the
        manifest's `labels`), a row for each image; no rows where there is no model.
    """
    if classifier.model is None:
        return images.sparkSession.createDataFrame([], PREDICTIONS)
    context = images.sparkSession.sparkContext
    # What was read from Spark's own model holds a JVM's object, which no worker could have.
    shared = context.broadcast(classifier.without_spark())

    def label(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        from threadpoolctl import threadpool_limits

        with threadpool_limits(1):  # a task has one core
            for batch in batches:
                yield _labelled(shared.value, batch)

    return images.select("path", "label", "features").mapInArrow(label, PREDICTIONS)


def feature_rows(batch: pa.RecordBatch, dimension: int) -> NDArray[np.float32]:
    """The features of a batch.

    Args:
        batch: With a column `features` without nulls.
        dimension: Features of an image.

    Returns:
        float32 [n, dimension].
    """
    values: NDArray[np.float32] = batch["features"].flatten().to_numpy(zero_copy_only=False)
    return values.reshape(-1, dimension)


def _labelled(classifier: Classifier, batch: pa.RecordBatch) -> pa.RecordBatch:
    scores = classifier.scores(feature_rows(batch, classifier.manifest.dimension))
    labels = pa.array(classifier.manifest.labels, pa.string())
    predictions = labels.take(pa.array(scores.argmax(axis=1)))
    offsets = np.arange(len(scores) + 1, dtype=np.int32) * scores.shape[1]
    rows = pa.ListArray.from_arrays(pa.array(offsets), pa.array(scores.ravel()))
    columns = [batch["path"], batch["label"], predictions, rows]
    return pa.RecordBatch.from_arrays(columns, ["path", "label", "prediction", "scores"])
