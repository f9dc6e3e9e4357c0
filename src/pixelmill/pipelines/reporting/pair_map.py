"""The accuracy of all pairs on the page, and the hardest of them."""

from dataclasses import dataclass

from pixelmill.pipelines.reporting.heat_map import cell_size
from pixelmill.pipelines.reporting.pairs import (
    Pair,
    PairMatrix,
    hardest_pairs,
    pair_matrix,
)
from pixelmill.pipelines.reporting.tables import Table

GUESSING = 0.5  # share of failures that gets the full colour: as many as by tossing a coin
FAINTEST = 0.1  # opacity of the smallest failure


@dataclass(frozen=True)
class PairCell:
    """A cell of the matrix.

    Attributes:
        pair: What it shows.
        opacity: Opacity of its colour, 0 to 1; 0 if no image is confused.
    """

    pair: Pair
    opacity: float


@dataclass(frozen=True)
class PairMap:
    """The pairs, ready for the page.

    Attributes:
        matrix: The rates; None for fewer than three classes.
        size: `large`, `medium` or `small` cells.
        rows: [n][n] cells; None where there is no rate.
        hardest: The pairs confused most.
        trained: Number of pairs.
    """

    matrix: PairMatrix | None
    size: str
    rows: list[list[PairCell | None]]
    hardest: list[Pair]
    trained: int


def pair_map(pairs: Table) -> PairMap | None:
    """Lay out the accuracy of all pairs.

    Args:
        pairs: `class_a`, `class_b`, `train`, `test`, `success_rate` (null without test images).

    Returns:
        None where no pair was tested.
    """
    hardest = hardest_pairs(pairs)
    if not hardest:
        return None
    matrix = pair_matrix(pairs)
    return PairMap(
        matrix=matrix,
        size=cell_size(len(matrix.labels) if matrix else 0),
        rows=[[_cell(pair) for pair in line] for line in matrix.pairs] if matrix else [],
        hardest=hardest,
        trained=len(pairs),
    )


def _cell(pair: Pair | None) -> PairCell | None:
    if pair is None:
        return None
    failures = min((1 - pair.success_rate) / GUESSING, 1.0)
    opacity = FAINTEST + (1 - FAINTEST) * failures if failures > 0 else 0.0
    return PairCell(pair, round(opacity, 2))
