"""Numbers of test images by the score of their predicted class, from Spark tasks."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from pixelmill.datasets.small_tables import small_rows
from pixelmill.spark.types import DataFrame
from pixelmill.spark.vectors import as_matrix

BINS = 10
UNKNOWN = BINS  # the bin of scores that are no numbers
SCHEMA = "bin int, images long, right long, among_three long, confidence double"

Positions = NDArray[np.int64]
Scores = NDArray[np.float64]


class ScoreCount(NamedTuple):
    """The test images whose predicted class has a score in one bin.

    Attributes:
        bin: 0 to 9, the tenth of 0 to 1 that holds the score, upper end included; None where the
            score is no number.
        images: Number of images.
        right: Number of them that are predicted right.
        among_three: Number of them with the true class among the three highest scores.
        confidence: Sum of their predicted classes' scores.
    """

    bin: int | None
    images: int
    right: int
    among_three: int
    confidence: float


def score_counts(predictions: DataFrame, labels: Sequence[str]) -> list[ScoreCount]:
    """Count the test images by the score of their predicted class.

    Args:
        predictions: Columns `label`, `prediction`, `scores` (as many as there are labels); rows
            without a label are left out.
        labels: The classifier's classes in the order of the scores.

    Returns:
        One entry for each bin that occurs.
    """
    if not labels:
        return []
    columns, count = ["label", "prediction", "scores"], _counter(labels)
    few = small_rows(predictions, columns)
    if few is None:
        counted = predictions.select(*columns).mapInArrow(count, SCHEMA).toArrow()
    else:
        counted = pa.Table.from_batches(count(few.to_batches()))
    totals = np.zeros((BINS + 1, 4))
    for position, *row in zip(*(column.to_pylist() for column in counted.columns), strict=True):
        totals[position] += row
    return [_count(position, total) for position, total in enumerate(totals) if total[0]]


def among_first(scores: Scores, truth: Positions, first: int) -> NDArray[np.bool_]:
    """Return whether the true class has one of the highest scores; of equal ones the first wins.

    That is the order of `argmax`: among the first one are the right predictions.

    Args:
        scores: float64 [n, classes]; one that is no number is higher than any other.
        truth: int64 [n], positions of the true classes; -1 is none of them.
        first: Number of highest scores.

    Returns:
        bool [n].
    """
    own = scores[np.arange(len(scores)), truth][:, None]
    before = np.arange(scores.shape[1]) < truth[:, None]
    above = ~(scores <= own) | ((scores == own) & before)
    found: NDArray[np.bool_] = (truth >= 0) & (above.sum(axis=1) < first)
    return found


def _counter(
    labels: Sequence[str],
) -> Callable[[Iterable[pa.RecordBatch]], Iterator[pa.RecordBatch]]:
    """Return the function of a task, which sums each bin over a partition."""

    def count(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        known = pa.array(labels, pa.string())
        labelled = (_labelled(batch, len(labels)) for batch in batches)
        totals = sum((_totals(batch, known) for batch in labelled), np.zeros((BINS + 1, 4)))
        counts = [pa.array(totals[:, column].astype(np.int64)) for column in range(3)]
        bins = pa.array(np.arange(BINS + 1, dtype=np.int32))
        yield pa.RecordBatch.from_arrays(
            [bins, *counts, pa.array(totals[:, 3])],
            ["bin", "images", "right", "among_three", "confidence"],
        )

    return count


def _labelled(batch: pa.RecordBatch, labels: int) -> pa.RecordBatch:
    """Return the rows that have a label, and a score for each of the labels."""
    whole = pc.equal(pc.list_value_length(batch["scores"]), labels)
    return batch.filter(pc.and_(pc.is_valid(batch["label"]), pc.fill_null(whole, False)))


def _totals(batch: pa.RecordBatch, labels: pa.Array) -> Scores:
    """Return float64 [BINS + 1, 4]: images, right, among three, and the sum of the scores."""
    scores = as_matrix(batch["scores"], len(labels))
    truth, predicted = _positions(batch["label"], labels), _positions(batch["prediction"], labels)
    confidence = np.where(predicted >= 0, scores[np.arange(len(scores)), predicted], np.nan)
    counted = np.stack(
        [
            np.ones(len(scores)),
            (truth == predicted) & (truth >= 0),
            among_first(scores, truth, 3),
            np.nan_to_num(confidence),
        ],
        axis=1,
    )
    totals = np.zeros((BINS + 1, 4))
    np.add.at(totals, _bins(confidence), counted)
    return totals


def _positions(names: pa.Array, labels: pa.Array) -> Positions:
    found = pc.index_in(names, value_set=labels).fill_null(-1)
    positions: Positions = found.to_numpy(zero_copy_only=False).astype(np.int64)
    return positions


def _bins(confidence: Scores) -> Positions:
    """Return bins with the edges of scikit-learn's `calibration_curve`."""
    inner = np.linspace(0, 1, BINS + 1)[1:-1]
    return np.where(np.isnan(confidence), UNKNOWN, np.searchsorted(inner, confidence))


def _count(position: int, total: Scores) -> ScoreCount:
    images, right, among_three = (int(one) for one in total[:3])
    known = None if position == UNKNOWN else position
    return ScoreCount(known, images, right, among_three, float(total[3]))
