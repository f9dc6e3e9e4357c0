"""Rates of one-vs-rest classifiers by class."""

import numpy as np

from pixelmill.classifier import Classifier
from pixelmill.models import Array
from pixelmill.models.one_vs_rest import OneVsRestModel
from pixelmill.pipelines.modelling.images import labelled_images
from pixelmill.pipelines.modelling.margins import Positions, margins_of, sum_counts
from pixelmill.records import ClassRates
from pixelmill.spark.tables import as_spark
from pixelmill.spark.types import Table

COUNTS = ("hits", "misses", "false_alarms", "rejections")


def rate_classes(classifier: Classifier, labelled_features: Table) -> list[ClassRates]:
    """Rate each class's own classifier on the test images of every class.

    Args:
        classifier: Trained classifier, or one without a model.
        labelled_features: Columns `path`, `label`, `split`, `features` (array of float32).

    Returns:
        The rates of each class, in the classifier's order; they count test images of classes
        without a training image too. Empty without a model, or for one of another strategy.
    """
    margins = margins_of(classifier, OneVsRestModel)
    if margins is None:
        return []
    test = labelled_images(as_spark(labelled_features), "test")
    counts = sum_counts(margins, test, COUNTS, _answers)
    rows = zip(*(counts[name].tolist() for name in COUNTS), strict=True)
    return [_rates(label, *row) for label, row in zip(margins.labels, rows, strict=True)]


def _answers(margins: Array, targets: Positions) -> Positions:
    """Answers right and wrong to 'is it of the class?': int64 [4, classes] as in COUNTS."""
    predicted = margins > 0
    true = targets[:, None] == np.arange(margins.shape[1])
    kinds = (predicted & true, ~predicted & true, predicted & ~true, ~predicted & ~true)
    return np.stack([kind.sum(axis=0, dtype=np.int64) for kind in kinds])


def _rates(label: str, hits: int, misses: int, false_alarms: int, rejections: int) -> ClassRates:
    test = hits + misses + false_alarms + rejections
    return {
        "label": label,
        "test": test,
        "success_rate": _share(hits + rejections, test),
        "sensitivity": _share(hits, hits + misses),
        "specificity": _share(rejections, rejections + false_alarms),
    }


def _share(part: int, whole: int) -> float | None:
    return part / whole if whole else None
