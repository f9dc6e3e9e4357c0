"""Margins of a classifier's members on a table of features, in Spark tasks."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from pixelmill.classifier import Classifier
from pixelmill.models import Array
from pixelmill.models.one_vs_rest import OneVsRestModel
from pixelmill.models.pairwise import PairwiseModel
from pixelmill.preparation import Preparation
from pixelmill.spark.types import DataFrame
from pixelmill.spark.vectors import as_matrix

Model = TypeVar("Model", PairwiseModel, OneVsRestModel)
Positions = NDArray[np.int64]
Measured = Iterator[tuple[pa.RecordBatch, Array, Positions]]
MARGINS_AT_ONCE = 2**22
OTHER = -1


@dataclass(frozen=True)
class Margins(Generic[Model]):
    """What gives the margins of images by their features.

    Attributes:
        preparation: Preparation of the features.
        model: Model whose members have the margins.
        labels: Class labels.
    """

    preparation: Preparation
    model: Model
    labels: list[str]

    def of(self, batches: Iterable[pa.RecordBatch]) -> Measured:
        """Measure images, so few at a time that the margins stay small.

        Args:
            batches: Columns `label` and `features` without nulls, perhaps others.

        Yields:
            Some of the images, their margins (float64 [n, members]), and the positions of their
            labels (int64 [n]), -1 for labels that the classifier does not know.
        """
        at_once = max(1, MARGINS_AT_ONCE // len(self.model.members))
        labels = pa.array(self.labels, pa.string())
        for batch in batches:
            for start in range(0, len(batch), at_once):
                part = batch.slice(start, at_once)
                features = as_matrix(part["features"], self.preparation.dimension)
                margins = self.model.margins(self.preparation.apply(features))
                found = pc.index_in(part["label"], value_set=labels).fill_null(OTHER)
                yield part, margins, found.to_numpy(zero_copy_only=False).astype(np.int64)


def margins_of(classifier: Classifier, kind: type[Model]) -> Margins[Model] | None:
    """Return the margins of a classifier's model where it is of that kind, or None."""
    if not isinstance(classifier.model, kind) or classifier.preparation is None:
        return None
    return Margins(classifier.preparation, classifier.model, classifier.manifest.labels)


@contextmanager
def broadcast_margins(margins: Margins[Model], images: DataFrame) -> Iterator[Any]:
    """Broadcast to the workers of a table's session, for as long as the context lasts."""
    shared = images.sparkSession.sparkContext.broadcast(margins)
    try:
        yield shared
    finally:
        shared.destroy()


def sum_counts(
    margins: Margins[Model],
    images: DataFrame,
    names: Sequence[str],
    count: Callable[[Array, Positions], Positions],
) -> dict[str, Positions]:
    """Count something of the margins of images, and sum it over all images.

    Args:
        margins: Measures the images.
        images: Columns `label` (never null) and `features`.
        names: Names of the counts.
        count: Takes margins, float64 [n, members], and positions of labels, int64 [n]; returns
            int64 [len(names), members].

    Returns:
        For each name int64 [members].
    """
    from pixelmill.spark import functions as sf

    with broadcast_margins(margins, images) as shared:

        def counted(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
            sums = [count(values, targets) for _, values, targets in shared.value.of(batches)]
            if sums:
                columns = dict(zip(names, np.sum(sums, axis=0), strict=True))
                yield pa.RecordBatch.from_pydict({"member": np.arange(sums[0].shape[1])} | columns)

        schema = ", ".join(f"{name} long" for name in ("member", *names))
        rows = images.select("label", "features").mapInArrow(counted, schema)
        totals = rows.groupBy("member").agg(*(sf.sum(name).alias(name) for name in names))
        table = totals.orderBy("member").toArrow()
    nothing = np.zeros(len(margins.model.members), dtype=np.int64)
    return {name: table[name].to_numpy() if len(table) else nothing for name in names}
