"""One-vs-one: accuracy of each pair of classes, and the hardest pairs."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from pixelmill.pipelines.reporting.samples import Chosen
from pixelmill.pipelines.reporting.scores import natural_order
from pixelmill.pipelines.reporting.tables import Table
from pixelmill.records import PairMistake

HARDEST = 10
MISTAKES = 6  # images of a pair
CLASSES = 60  # of the matrix; more are too small to read


class Pair(NamedTuple):
    """Two classes and how well they are separated.

    Attributes:
        class_a: One class.
        class_b: The other.
        train: Training images of both.
        test: Test images of both.
        success_rate: Share of those separated, 0 to 1.
    """

    class_a: str
    class_b: str
    train: int
    test: int
    success_rate: float


@dataclass(frozen=True)
class PairMatrix:
    """The accuracy of all pairs of the classes that are shown.

    Attributes:
        labels: The n classes shown, in natural order.
        pairs: [n][n], the same above and below the diagonal; None where a pair was not trained or
            has no test images.
        classes: Number of classes that there are.
    """

    labels: list[str]
    pairs: list[list[Pair | None]]
    classes: int


def hardest_pairs(pairs: Table, limit: int = HARDEST) -> list[Pair]:
    """Return the pairs that are confused most.

    Args:
        pairs: `class_a`, `class_b`, `train`, `test`, `success_rate` (null without test images).
        limit: Maximum number of pairs.
    """
    tested = _tested(pairs)
    lowest = tested["success_rate"].astype(float).nsmallest(limit)
    worst = tested[tested["success_rate"] <= lowest.max()]
    worst = worst.sort_values(["success_rate", "class_a", "class_b"]).head(limit)
    return [_pair(*row) for row in worst.itertuples(index=False)]


def pair_matrix(pairs: Table, limit: int = CLASSES) -> PairMatrix | None:
    """Return the matrix of all classes, or of the hardest ones where there are too many.

    Args:
        pairs: `class_a`, `class_b`, `train`, `test`, `success_rate` (null without test images).
        limit: Maximum number of classes to show.

    Returns:
        None for fewer than three classes: a single pair is no matrix.
    """
    tested = _tested(pairs)
    known = _hardest_classes(tested)
    if len(known) <= 2:
        return None
    labels = natural_order(known[:limit])
    position = {label: index for index, label in enumerate(labels)}
    shown = tested[tested["class_a"].isin(position) & tested["class_b"].isin(position)]
    cells: list[list[Pair | None]] = [[None] * len(labels) for _ in labels]
    for row in shown.itertuples(index=False):
        pair = _pair(*row)
        a, b = position[pair.class_a], position[pair.class_b]
        cells[a][b] = cells[b][a] = pair
    return PairMatrix(labels, cells, len(known))


def pair_images(pairs: Sequence[Pair], mistakes: Sequence[PairMistake]) -> list[list[Chosen]]:
    """Return the test images that each pair confuses most.

    Args:
        pairs: The pairs to show.
        mistakes: Misclassified images, the most confused of a pair first.

    Returns:
        For each pair at most `MISTAKES` images; `score` is the distance of the margin from 0.
    """
    chosen: dict[tuple[str, str], list[Chosen]] = {}
    for found in mistakes:
        pair = (found["class_a"], found["class_b"])
        other = pair[1] if found["label"] == pair[0] else pair[0]
        image = Chosen(found["path"], found["label"], other, abs(found["margin"]))
        chosen.setdefault(pair, []).append(image)
    return [chosen.get((pair.class_a, pair.class_b), [])[:MISTAKES] for pair in pairs]


def _tested(pairs: Table) -> Table:
    if not len(pairs):  # a table without rows may have lost its columns
        return pairs.reindex(columns=list(Pair._fields))
    return pairs.loc[pairs["success_rate"].notna(), list(Pair._fields)]


def _hardest_classes(tested: Table) -> list[str]:
    """Return all classes by their hardest pair, and of equal ones by their mean."""
    import pandas as pd

    both = pd.concat([tested["class_a"], tested["class_b"]]).to_numpy(dtype=object)
    rates = np.tile(tested["success_rate"].to_numpy(dtype=np.float64), 2)
    by_class = pd.DataFrame({"label": both, "rate": rates}).groupby("label")["rate"]
    ranked = by_class.agg(["min", "mean"]).sort_values(["min", "mean"], kind="stable")
    return list(ranked.index)


def _pair(a: Any, b: Any, train: Any, test: Any, success_rate: Any) -> Pair:
    """Return a pair with Python's numbers, since JSON and Plotly write no NumPy types."""
    return Pair(str(a), str(b), int(train), int(test), float(success_rate))
