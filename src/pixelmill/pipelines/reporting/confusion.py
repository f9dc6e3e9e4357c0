"""The confusion matrix, limited to a readable size."""

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from pixelmill.pipelines.reporting.counts import ConfusionCount
from pixelmill.pipelines.reporting.scores import natural_order


@dataclass(frozen=True)
class ConfusionMatrix:
    """The classes that are shown, and how often each was taken for each.

    Attributes:
        labels: The n classes shown, in natural order.
        images: [n][n] test images; the row is the true class, the column the predicted one.
        support: [n] test images of each class, predictions that are not shown included.
        classes: Number of classes that there are.
    """

    labels: list[str]
    images: list[list[int]]
    support: list[int]
    classes: int

    def share(self, row: int, column: int) -> float:
        """Return the share of the test images of class `row` predicted as `column`, 0 to 1."""
        return self.images[row][column] / self.support[row] if self.support[row] else 0.0


class Confusion(NamedTuple):
    """Two classes of which the first is taken for the second.

    Attributes:
        label: The true class.
        prediction: The predicted class.
        images: Number of test images.
        support: Test images of the true class.
    """

    label: str
    prediction: str
    images: int
    support: int


def confusion_matrix(counts: Sequence[ConfusionCount], limit: int) -> ConfusionMatrix:
    """Return the matrix of all classes, or of those with the most mistakes if there are too many.

    Args:
        counts: The cells that are not zero.
        limit: Maximum number of classes to show.
    """
    support, mistakes = _support(counts), _mistakes(counts)
    shown = natural_order(sorted(mistakes, key=lambda label: (-mistakes[label], label))[:limit])
    position = {label: index for index, label in enumerate(shown)}
    images = [[0] * len(shown) for _ in shown]
    for count in counts:
        if count.label in position and count.prediction in position:
            images[position[count.label]][position[count.prediction]] = count.images
    return ConfusionMatrix(shown, images, [support[label] for label in shown], len(mistakes))


def worst_confusions(counts: Sequence[ConfusionCount], limit: int) -> list[Confusion]:
    """Return the pairs of classes that are confused most often.

    Args:
        counts: The cells that are not zero.
        limit: Maximum number of pairs.
    """
    support = _support(counts)
    wrong = [count for count in counts if count.label != count.prediction]
    wrong.sort(key=lambda count: (-count.images, support[count.label], count.label))
    return [Confusion(*count, support[count.label]) for count in wrong[:limit]]


def _support(counts: Sequence[ConfusionCount]) -> Counter[str]:
    support: Counter[str] = Counter()
    for count in counts:
        support[count.label] += count.images
    return support


def _mistakes(counts: Sequence[ConfusionCount]) -> dict[str, int]:
    """Return the wrong predictions that each class takes part in; every class has an entry."""
    mistakes: dict[str, int] = defaultdict(int)
    for count in counts:
        wrong = 0 if count.label == count.prediction else count.images
        mistakes[count.label] += wrong
        mistakes[count.prediction] += wrong
    return mistakes
