"""Predictions for tables of features, in Spark tasks or in memory."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from pixelmill.one_core import one_core
from pixelmill.spark.tables import is_in_memory
from pixelmill.spark.vectors import as_lists, as_matrix
from pixelmill.tables import LABELLED_IMAGES, PREDICTIONS, arrow_schema

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from pyspark.sql import DataFrame

    from pixelmill.classifier.classifier import Classifier
    from pixelmill.spark.types import Table

BATCH = 10_000  # images whose scores are computed at once, as in Spark's tasks


def predict(classifier: Classifier, images: Table) -> Table:
    """Label images by their features.

    Args:
        classifier: Trained classifier, or one without a model.
        images: Columns `path`, `label` (may be null) and `features` (array of float32, as many
            as the manifest's `dimension`).

    Returns:
        `path`, `label`, `prediction` and `scores` (array of float64 in the order of the
        manifest's `labels`), a row for each image; no rows where there is no model.
    """
    if classifier.model is None:
        return _no_predictions()
    if is_in_memory(images):
        return _predicted(classifier, images)
    context = images.sparkSession.sparkContext
    # What was read from Spark's own model holds a JVM's object, which no worker could have.
    shared = context.broadcast(classifier.without_spark())

    def label(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        yield from _predicted_batches(shared.value, batches)

    return images.select("path", "label", "features").mapInArrow(label, PREDICTIONS)


def _no_predictions() -> pa.Table:
    return arrow_schema(PREDICTIONS).empty_table()


def _predicted(classifier: Classifier, images: pa.Table) -> pa.Table:
    """Return the predictions of images in memory."""
    batches = images.to_batches(BATCH)
    return pa.concat_tables(
        [
            _no_predictions(),
            *(pa.Table.from_batches([batch]) for batch in _predicted_batches(classifier, batches)),
        ]
    )


def _predicted_batches(
    classifier: Classifier, batches: Iterable[pa.RecordBatch]
) -> Iterator[pa.RecordBatch]:
    with one_core():
        for batch in batches:
            yield _predicted_batch(classifier, batch)


def _predicted_batch(classifier: Classifier, batch: pa.RecordBatch) -> pa.RecordBatch:
    scores = classifier.scores(as_matrix(batch["features"], classifier.manifest.dimension))
    labels = pa.array(classifier.manifest.labels, pa.string())
    predictions = labels.take(pa.array(scores.argmax(axis=1)))
    columns = [batch["path"], batch["label"], predictions, as_lists(scores)]
    return pa.RecordBatch.from_arrays(columns, arrow_schema(PREDICTIONS).names)


def label_images(classifier: Classifier, images: DataFrame) -> DataFrame:
    """Label images that have features, and keep the error of the others.

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
        with one_core():
            for batch in batches:
                yield _labelled(shared.value, batch)

    return images.select("path", "features", "error").mapInArrow(label, LABELLED_IMAGES)


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
    return pa.RecordBatch.from_arrays(columns, arrow_schema(LABELLED_IMAGES).names)


def _scores(classifier: Classifier, batch: pa.RecordBatch) -> np.ndarray:
    """Return scores, float64 [n, labels]; n may be 0."""
    if not len(batch):
        return np.empty((0, len(classifier.manifest.labels)))
    return classifier.scores(as_matrix(batch["features"], classifier.manifest.dimension))


def _spread(values: pa.Array, good: pa.BooleanArray) -> pa.Array:
    """Give each valid row its value, in their order, and every other row null."""
    good = good.to_numpy(zero_copy_only=False)
    return values.take(pa.array(np.cumsum(good) - 1, mask=~good))
