"""The confusion matrix, whole or cut down to what can be looked at."""

import numpy as np
from sklearn import metrics

from pixelmill.pipelines.reporting.confusion import confusion_matrix, worst_confusions
from pixelmill.pipelines.reporting.counts import ConfusionCount

COUNTS = [
    ConfusionCount("2", "2", 5),
    ConfusionCount("2", "10", 3),
    ConfusionCount("10", "10", 4),
    ConfusionCount("10", "7", 1),
    ConfusionCount("1", "1", 9),
]


def test_whole_matrix_is_scikit_learns():
    matrix = confusion_matrix(COUNTS, limit=10)
    truth, predicted, weights = zip(*COUNTS, strict=True)
    expected = metrics.confusion_matrix(
        truth, predicted, labels=matrix.labels, sample_weight=weights
    )
    assert matrix.labels == ["1", "2", "7", "10"]
    assert np.array_equal(matrix.images, expected)
    assert matrix.support == expected.sum(axis=1).tolist()
    assert matrix.share(1, 3) == 3 / 8
    assert matrix.share(2, 2) == 0  # no test image of the class


def test_too_many_classes_leave_those_with_mistakes():
    matrix = confusion_matrix(COUNTS, limit=2)
    assert matrix.labels == ["2", "10"]
    assert matrix.images == [[5, 3], [0, 4]]
    assert matrix.support == [8, 5]  # of all predictions, shown or not
    assert matrix.classes == 4


def test_worst_pairs_come_first():
    assert worst_confusions(COUNTS, limit=5) == [("2", "10", 3, 8), ("10", "7", 1, 5)]
    assert len(worst_confusions(COUNTS, limit=1)) == 1
