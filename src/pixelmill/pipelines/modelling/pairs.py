"""Accuracy of each pair of classes, and misclassified images of the hardest pairs."""

from collections.abc import Iterable, Iterator, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from pixelmill.classifier import Classifier
from pixelmill.models import Array
from pixelmill.models.pairwise import PairwiseModel
from pixelmill.pipelines.modelling.images import labelled_images
from pixelmill.pipelines.modelling.margins import (
    Margins,
    Positions,
    broadcast_margins,
    margins_of,
    sum_counts,
)
from pixelmill.records import PairMistake
from pixelmill.spark.tables import as_spark
from pixelmill.spark.types import DataFrame, Table

if TYPE_CHECKING:
    from pandas import DataFrame as PandasFrame
else:
    PandasFrame = Any  # Kedro reads the signatures at run time

HARDEST = 10
SHOWN = 6
COLUMNS = {
    "class_a": "str",
    "class_b": "str",
    "train": "int64",
    "test": "int64",
    "success_rate": "float64",
}
CONFUSED = "pair int, path string, label string, margin double"


def score_pairs(
    classifier: Classifier, labelled_features: Table
) -> tuple[PandasFrame, list[PairMistake]]:
    """Rate each pair's classifier on the test images of its own two classes.

    Args:
        classifier: Trained classifier, or one without a model.
        labelled_features: Columns `path`, `label`, `split`, `features` (array of float32).

    Returns:
        A row for each pair, sorted by the names: `class_a`, `class_b`, `train` and `test` (images
        of both), `success_rate` (share of those test images that the pair's classifier puts on
        the right side; NaN without test images). And of the ten pairs with the lowest rates the
        images that are farthest on the wrong side, six of each at most, worst first. Both are
        empty where there is no model, or one of another strategy.
    """
    margins = margins_of(classifier, PairwiseModel)
    if margins is None:
        return _table([[]] * len(COLUMNS)), []
    labelled = as_spark(labelled_features)
    test = labelled_images(labelled, "test")
    right = sum_counts(margins, test, ["right"], partial(_right, margins.model.pairs))["right"]
    table = _rated(margins, labelled, right)
    return table, _confused(margins, test, _hardest(table["success_rate"].to_numpy()))


def _right(pairs: Positions, margins: Array, targets: Positions) -> Positions:
    """Return images on the right side of each pair, int64 [1, pairs]."""
    of_first, of_second = (targets[:, None] == pairs[:, side] for side in (0, 1))
    right = (of_first & (margins <= 0)) | (of_second & (margins > 0))
    counts: Positions = right.sum(axis=0, dtype=np.int64)[None]
    return counts


def _rated(
    margins: Margins[PairwiseModel], labelled_features: DataFrame, right: Positions
) -> PandasFrame:
    pairs, labels = margins.model.pairs, margins.labels
    names = np.array(labels, dtype=object)[pairs]
    counted = labelled_features.groupBy("split", "label").count().collect()
    images = {(row["split"], row["label"]): row["count"] for row in counted}
    train, test = (
        np.array([images.get((split, label), 0) for label in labels])[pairs].sum(axis=1)
        for split in ("train", "test")
    )
    rate = np.divide(right, test, out=np.full(len(pairs), np.nan), where=test > 0)
    return _table([names[:, 0], names[:, 1], train, test, rate])


def _table(columns: Sequence[Any]) -> PandasFrame:
    import pandas as pd

    return pd.DataFrame(dict(zip(COLUMNS, columns, strict=True))).astype(COLUMNS)


def _hardest(rates: Array) -> list[int]:
    """Return positions of the pairs with the lowest rates below 1, hardest first."""
    order = [int(position) for position in np.argsort(rates, kind="stable")]
    return [position for position in order if rates[position] < 1][:HARDEST]


def _confused(
    margins: Margins[PairwiseModel], test: DataFrame, hardest: Sequence[int]
) -> list[PairMistake]:
    """Return the worst misclassified images of some pairs, given by their positions."""
    from pyspark.sql import Window

    from pixelmill.spark import functions as sf

    if not hardest:
        return []
    pairs, labels = margins.model.pairs, margins.labels
    images = test.filter(sf.col("label").isin([labels[c] for c in np.unique(pairs[hardest])]))
    rank = sf.row_number().over(Window.partitionBy("pair").orderBy("margin", "path"))
    with broadcast_margins(margins, images) as shared:

        def wrong(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
            for part, values, targets in shared.value.of(batches):
                for place, pair in enumerate(hardest):
                    yield _wrong(part, values[:, pair], targets, pairs[pair], place)

        rows = images.select("path", "label", "features").mapInArrow(wrong, CONFUSED)
        worst = rows.withColumn("rank", rank).filter(sf.col("rank") <= SHOWN)
        found = worst.orderBy("pair", "rank").collect()
    return [_shown(row, *(labels[side] for side in pairs[hardest[row["pair"]]])) for row in found]


def _wrong(
    images: pa.RecordBatch,
    margins: NDArray[np.float64],
    targets: Positions,
    pair: Positions,
    place: int,
) -> pa.RecordBatch:
    """Return the misclassified images of a pair, with the margin of their own class."""
    first, second = targets == pair[0], targets == pair[1]
    wrong = np.flatnonzero((first & (margins > 0)) | (second & (margins <= 0)))
    own = np.where(first, -margins, margins)[wrong]
    columns = {
        "pair": pa.array(np.full(len(wrong), place), pa.int32()),
        "path": images["path"].take(pa.array(wrong)),
        "label": images["label"].take(pa.array(wrong)),
        "margin": pa.array(own),
    }
    return pa.RecordBatch.from_pydict(columns)


def _shown(row: Any, class_a: str, class_b: str) -> PairMistake:
    return {
        "class_a": class_a,
        "class_b": class_b,
        "path": row["path"],
        "label": row["label"],
        "margin": row["margin"],
    }
