"""Applies a classifier to a table of features, in Spark tasks."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyarrow as pa

from pixelmill.spark.vectors import as_lists, as_matrix

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from pyspark.sql import DataFrame

    from pixelmill.classifier import Classifier

PREDICTIONS = "path string, label string, prediction string, scores array<double>"


def predict(classifier: Classifier, images: DataFrame) -> DataFrame:
    """Labels images by their features.

    Args:
        classifier: Trained classifier, or one without a model.
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


def _labelled(classifier: Classifier, batch: pa.RecordBatch) -> pa.RecordBatch:
    scores = classifier.scores(as_matrix(batch["features"], classifier.manifest.dimension))
    labels = pa.array(classifier.manifest.labels, pa.string())
    predictions = labels.take(pa.array(scores.argmax(axis=1)))
    columns = [batch["path"], batch["label"], predictions, as_lists(scores)]
    return pa.RecordBatch.from_arrays(columns, ["path", "label", "prediction", "scores"])
