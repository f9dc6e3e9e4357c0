"""Metrics of the classifier from counts: precision, recall, F1 and confidence intervals."""

import math
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from string import digits
from typing import Any, NamedTuple

from pixelmill.pipelines.reporting.counts import ConfusionCount, ImageCount, left_out, tally_reasons
from pixelmill.records import Averages, ClassifierSummary, ImageTotals, Scores

MEASURES = ("precision", "recall", "f1")


class ClassScores(NamedTuple):
    """One class.

    Attributes:
        label: Class label.
        train: Training images with features.
        test: Test images that were predicted (the support).
        precision: Share of the predictions of this class that are right, 0 to 1; None where
            nothing was predicted at all, or the class neither occurs nor is predicted.
        recall: Share of its test images that were recognised; None without test images.
        f1: Harmonic mean of both; None without test images.
    """

    label: str
    train: int
    test: int
    precision: float | None
    recall: float | None
    f1: float | None


def natural_order(labels: Iterable[str]) -> list[str]:
    """Sort in natural order: 2 before 10.

    Example:
        >>> natural_order(["class 10", "class 2", "Birds"])
        ['Birds', 'class 2', 'class 10']
    """

    def key(label: str) -> list[tuple[int, int, str]]:
        parts = filter(None, re.split(r"([0-9]+)", label.casefold()))
        numbers = ((part[0] in digits, part.lstrip("0"), part) for part in parts)
        return [(0, len(own), own) if is_one else (1, 0, part) for is_one, own, part in numbers]

    return sorted(labels, key=lambda label: (key(label), label))


def overall_scores(counts: Sequence[ConfusionCount]) -> Scores:
    """Accuracy, and precision, recall and F1 averaged over the classes.

    Args:
        counts: The cells of the confusion matrix.

    Returns:
        `accuracy`, `balanced_accuracy`, and for each of `precision`, `recall` and `f1` a `macro`
        (every class weighs the same) and a `weighted` (every image does) average, 0 to 1; None
        where nothing was predicted.

    Source: scikit-learn, `precision_recall_fscore_support` with `zero_division=0`.
    """
    precision, recall, f1 = _averages(counts)
    return {
        "accuracy": accuracy(counts) if counts else None,
        "balanced_accuracy": balanced_accuracy(counts) if counts else None,
        "precision": precision,
        "recall": recall,
        "f1": f1,
    }


def _averages(counts: Sequence[ConfusionCount]) -> list[Averages]:
    if not counts:
        return [{"macro": None, "weighted": None} for _ in MEASURES]
    macro, weighted = (_scored(counts, average=average) for average in ("macro", "weighted"))
    both = zip(macro[: len(MEASURES)], weighted[: len(MEASURES)], strict=True)
    return [{"macro": float(one), "weighted": float(other)} for one, other in both]


def class_scores(
    counts: Sequence[ConfusionCount], images: Sequence[ImageCount]
) -> list[ClassScores]:
    """Return the scores of each class that occurs among the images or the predictions.

    Args:
        counts: The cells of the confusion matrix.
        images: The images of each split and label.

    Returns:
        One entry for each class, in natural order.
    """
    train = usable_images(images, "train")
    known = {count.label for count in images if count.label is not None}
    labels = natural_order(known.union(*((count.label, count.prediction) for count in counts)))
    if not counts or not labels:
        return [ClassScores(label, train[label], 0, None, None, None) for label in labels]
    measured = zip(*_scored(counts, labels=labels), strict=True)
    predicted = {count.prediction for count in counts}
    return [
        _one_class(label, train[label], scores, label in predicted)
        for label, scores in zip(labels, measured, strict=True)
    ]


def usable_images(images: Iterable[ImageCount], split: str) -> Counter[str | None]:
    """Return how many images of a split have features, for each label."""
    usable: Counter[str | None] = Counter()
    for count in images:
        if count.split == split and count.reason is None:
            usable[count.label] += count.images
    return usable


def image_totals(
    images: Sequence[ImageCount], seen: Sequence[ImageCount], tested: Sequence[ConfusionCount]
) -> ImageTotals:
    """Return the numbers of images and classes for the metrics.

    Args:
        images: The images of each split and label.
        seen: Those of them that the classifier was trained and measured on.
        tested: The cells of the confusion matrix; empty where nothing was predicted.

    Returns:
        `classes`, `images`, `train`, `test`, `failed`, and `left_out` (by reason).
    """
    predicted = sum(count.images for count in tested)
    train, test = (usable_images(seen, split) for split in ("train", "test"))
    return {
        "classes": len((train.keys() | test.keys()) - {None}),
        "images": sum(count.images for count in images),
        "train": train.total(),
        "test": predicted or test.total(),
        "failed": tally_reasons(images).total(),
        "left_out": left_out(images),
    }


def images_of_classifier(
    images: Iterable[ImageCount], classifier: ClassifierSummary
) -> list[ImageCount]:
    """Return the images of the classes of a classifier; all if none was trained.

    Chosen pairs leave out images of other classes, and features that are joined those that only
    some featurizers could read: what the training counted is right, whatever the index says.

    Args:
        images: The images of each split and label.
        classifier: The classifier's summary: `trained`, `pairs`, and `train_by_class`.
    """
    known = {label for pair in classifier.get("pairs") or () for label in pair}
    chosen = [one for one in images if not known or one.label is None or one.label in known]
    if not classifier.get("trained") or "train_by_class" not in classifier:
        return chosen
    trained = [
        ImageCount("train", label, None, count)
        for label, count in classifier["train_by_class"].items()
    ]
    others = [one for one in chosen if one.split != "train" or one.label is None or one.reason]
    return trained + others


def accuracy(counts: Sequence[ConfusionCount]) -> float:
    """Return the share of the predictions that are right, 0 to 1."""
    right = sum(count.images for count in counts if count.label == count.prediction)
    return right / sum(count.images for count in counts)


def balanced_accuracy(counts: Sequence[ConfusionCount]) -> float:
    """Return the mean recall of the classes that have test images, 0 to 1.

    Source: scikit-learn, `balanced_accuracy_score`.
    """
    support = _support(counts)
    right = _support([count for count in counts if count.label == count.prediction])
    return sum(right[label] / support[label] for label in support) / len(support)


def largest_class_share(counts: Sequence[ConfusionCount]) -> float:
    """Return the accuracy of always naming the class with the most test images, 0 to 1."""
    support = _support(counts)
    return max(support.values()) / support.total()


def wilson_interval(share: float, images: int, z: float = 1.96) -> tuple[float, float]:
    """Return the interval in which a share lies with 95% confidence.

    Args:
        share: Observed share, 0 to 1.
        images: Number of observations, at least 1.
        z: Quantile of the normal distribution.

    Returns:
        Lower and upper end, 0 to 1.

    Source: Wilson, Probable inference, the law of succession, and statistical inference (1927).
    """
    # Its ends are the two p with |share - p| = z √(p (1 - p) / n), a quadratic equation in p. The
    # plain interval has √(share (1 - share) / n) there, which is 0 where all are right.
    scale = 1 + z * z / images
    centre = (share + z * z / (2 * images)) / scale
    reach = z / scale * math.sqrt(share * (1 - share) / images + z * z / (4 * images * images))
    return max(0.0, centre - reach), min(1.0, centre + reach)


def _support(counts: Iterable[ConfusionCount]) -> Counter[str]:
    support: Counter[str] = Counter()
    for count in counts:
        support[count.label] += count.images
    return support


def _one_class(label: str, train: int, scores: Sequence[float], predicted: bool) -> ClassScores:
    precision, recall, f1 = map(float, scores[:3])
    support = round(scores[3])
    if support:
        return ClassScores(label, train, support, precision, recall, f1)
    return ClassScores(label, train, 0, precision if predicted else None, None, None)


def _scored(counts: Sequence[ConfusionCount], **options: Any) -> tuple[Any, ...]:
    from sklearn.metrics import precision_recall_fscore_support

    truth, predicted, weights = zip(*counts, strict=True)
    measured = precision_recall_fscore_support(
        truth, predicted, sample_weight=weights, zero_division=0, **options
    )
    return tuple(measured)
