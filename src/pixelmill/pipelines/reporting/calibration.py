"""Calibration of scores, and top-3 accuracy."""

from collections.abc import Sequence

from pixelmill.pipelines.reporting.score_counts import BINS, ScoreCount
from pixelmill.records import Calibration, CalibrationBin

FEWEST_CLASSES = 4  # of three classes, all are among the first three


def calibration(counts: Sequence[ScoreCount]) -> Calibration | None:
    """Return the reliability curve and the expected calibration error.

    Args:
        counts: The test images by the probability of their predicted class.

    Returns:
        Both, each image weighing the same; None where nothing was predicted.

    Source: Guo et al., On Calibration of Modern Neural Networks (2017).
    """
    by_bin = {count.bin: count for count in counts if count.bin is not None}
    images = sum(count.images for count in by_bin.values())
    if not images:
        return None
    # Σ_b n_b / n |confidence_b - accuracy_b|; the counts hold the sums n_b confidence_b and
    # n_b accuracy_b of each bin b.
    error = sum(abs(count.confidence - count.right) for count in by_bin.values()) / images
    return {
        "expected_calibration_error": error,
        "images": images,
        "bins": [_bin(position, by_bin.get(position)) for position in range(BINS)],
    }


def top_3(counts: Sequence[ScoreCount], classes: int) -> float | None:
    """Return the share of test images with the true class among the three highest scores, 0 to 1.

    Args:
        counts: The test images by the score of their predicted class.
        classes: Number of classes of the classifier.

    Returns:
        None for fewer than four classes, or where nothing was predicted.
    """
    images = sum(count.images for count in counts)
    if not images or classes < FEWEST_CLASSES:
        return None
    return sum(count.among_three for count in counts) / images


def _bin(position: int, count: ScoreCount | None) -> CalibrationBin:
    return {
        "from": position / BINS,
        "to": (position + 1) / BINS,
        "images": count.images if count else 0,
        "confidence": count.confidence / count.images if count else None,
        "accuracy": count.right / count.images if count else None,
    }
