"""Confidence intervals of the metrics, by bootstrapping the test images."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pixelmill.pipelines.reporting.counts import ConfusionCount

Counts = NDArray[np.int64]
Figures = NDArray[np.float64]

NAMES = ("accuracy", "f1_macro", "balanced_accuracy")
RESAMPLES = 1000


def bootstrap_intervals(
    counts: Sequence[ConfusionCount], resamples: int = RESAMPLES, seed: int = 0
) -> dict[str, list[float]] | None:
    """Return the intervals in which figures lie with 95% confidence, by the percentile bootstrap.

    As many test images as there are get drawn from them, with replacement. Right ones are drawn
    by class, which needs no image; mistakes are drawn one by one, because they are few, and far
    faster so than the many cells of a confusion matrix that hold one or two. F1 of drawn images is
    lower than F1 of all where classes have few, so that the percentiles are moved
    by what the median is off.

    Args:
        counts: The cells of the confusion matrix that are not zero.
        resamples: How often test images are drawn.
        seed: Seed of the bootstrap samples.

    Returns:
        For each of `NAMES` the lower and upper end, 0 to 1; None where nothing was predicted.

    Source: Efron and Tibshirani, An Introduction to the Bootstrap (1993), chapter 13.
    """
    if not counts:
        return None
    right, truth, predicted = _cells(sorted(counts))  # a draw is of a place in them
    images = int(right.sum()) + len(truth)
    shares = np.append(right, len(truth)) / images
    random = np.random.default_rng(seed)
    drawn = np.empty((resamples, len(NAMES)))
    for resample in range(resamples):
        found = random.multinomial(images, shares)
        picked = random.integers(max(len(truth), 1), size=found[-1])
        drawn[resample] = _figures_of(found[:-1], truth[picked], predicted[picked])
    bias = np.median(drawn, axis=0) - _figures_of(right, truth, predicted)
    ends = np.clip(np.quantile(drawn, (0.025, 0.975), axis=0) - bias, 0, 1)
    return dict(zip(NAMES, ends.T.tolist(), strict=True))


def figures(right: Counts, missed: Counts, wrong: Counts) -> Figures:
    """Return the figures of `NAMES`, over the classes that occur.

    Args:
        right: Test images of each class predicted as it, int64 [classes].
        missed: Test images of each class predicted as another, int64 [classes].
        wrong: Images of other classes predicted as each class (int64 [classes]).

    Returns:
        float64 [3], 0 to 1.
    """
    # Of one class, with TP, FN and FP: recall = TP / (TP + FN), and F1, the harmonic mean of
    # recall and precision, is 2 TP / (2 TP + FN + FP), which needs no precision that is 0 / 0.
    support = right + missed
    either = support + right + wrong
    recall = right[support > 0] / support[support > 0]
    f1 = 2 * right[either > 0] / either[either > 0]
    return np.array([right.sum() / support.sum(), f1.mean(), recall.mean()])


def _figures_of(right: Counts, truth: Counts, predicted: Counts) -> Figures:
    missed = np.bincount(truth, minlength=len(right))
    return figures(right, missed, np.bincount(predicted, minlength=len(right)))


def _cells(counts: Sequence[ConfusionCount]) -> tuple[Counts, Counts, Counts]:
    """Return right images of each class, and of every mistake its true and its predicted class."""
    known = {name for count in counts for name in (count.label, count.prediction)}
    position = {label: index for index, label in enumerate(sorted(known))}
    cells: Any = [(position[one.label], position[one.prediction], one.images) for one in counts]
    truth, predicted, images = np.array(cells, dtype=np.int64).T
    same = truth == predicted
    right = np.bincount(truth[same], images[same], len(known)).astype(np.int64)
    each = images[~same]
    return right, np.repeat(truth[~same], each), np.repeat(predicted[~same], each)
