"""Applies a classifier to a table of features, in Spark tasks."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyarrow as pa

from pixelmill.spark.tables import is_in_memory
from pixelmill.spark.vectors import as_lists, as_matrix

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from pixelmill.classifier import Classifier
    from pixelmill.spark.types import Table

COLUMNS = ["path", "label", "prediction", "scores"]
BATCH = 10_000  # images whose scores are computed at once, as in Spark's tasks
PREDICTIONS = "path string, label string, prediction string, scores array<double>"


def predict(classifier: Classifier, images: Table) -> Table:
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
        return _no_predictions()
    if is_in_memory(images):
        return _predicted(classifier, images)
    context = images.sparkSession.sparkContext
    # What was read from Spark's own model holds a JVM's object, which no worker could have.
    shared = context.broadcast(classifier.without_spark())

    def label(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        yield from _labelled_batches(shared.value, batches)

    return images.select("path", "label", "features").mapInArrow(label, PREDICTIONS)


def _no_predictions() -> pa.Table:
    types = (pa.string(), pa.string(), pa.string(), pa.list_(pa.float64()))
    return pa.schema(dict(zip(COLUMNS, types, strict=True))).empty_table()


def _predicted(classifier: Classifier, images: pa.Table) -> pa.Table:
    """The predictions of images in memory."""
    batches = images.to_batches(BATCH)
    return pa.concat_tables(
        [
            _no_predictions(),
            *(pa.Table.from_batches([batch]) for batch in _labelled_batches(classifier, batches)),
        ]
    )


def _labelled_batches(
    classifier: Classifier, batches: Iterable[pa.RecordBatch]
) -> Iterator[pa.RecordBatch]:
    from threadpoolctl import threadpool_limits

    with threadpool_limits(1):  # a task has one core, and more would add in another order
        for batch in batches:
            yield _labelled(classifier, batch)


def _labelled(classifier: Classifier, batch: pa.RecordBatch) -> pa.RecordBatch:
    scores = classifier.scores(as_matrix(batch["features"], classifier.manifest.dimension))
    labels = pa.array(classifier.manifest.labels, pa.string())
    predictions = labels.take(pa.array(scores.argmax(axis=1)))
    columns = [batch["path"], batch["label"], predictions, as_lists(scores)]
    return pa.RecordBatch.from_arrays(columns, COLUMNS)
