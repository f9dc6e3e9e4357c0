"""Grid candidates, the best first, with the spread of their folds."""

import json
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from pixelmill.pipelines.reporting.tables import Table, rows


@dataclass(frozen=True)
class Point:
    """One point of the grid.

    Attributes:
        estimator: Last part of the estimator's name: `SVC` for `sklearn.svm.SVC`.
        family: The names before that; empty where there are none.
        parameters: Parameters of the grid as text.
        folds: Score of each fold, 0 to 1; empty where it failed.
        mean: Mean score of the folds; None if it failed.
        std: Standard deviation over the folds; None if it failed.
        fit_seconds: Mean time of a fit; None if unknown.
        error: Reason of the failure; None if it did not fail.
        chosen: Whether it won.
    """

    estimator: str
    family: str
    parameters: str
    folds: list[float]
    mean: float | None
    std: float | None
    fit_seconds: float | None
    error: str | None
    chosen: bool = False


@dataclass(frozen=True)
class Leaderboard:
    """The points that have a score, and those that failed.

    Attributes:
        points: The best first; the first one is chosen.
        failed: Failed candidates in the order of the grid.
        low: Lower end of the axis that the folds are drawn on.
        high: Upper end of the axis.
    """

    points: list[Point]
    failed: list[Point]
    low: float
    high: float

    def place(self, score: float) -> float:
        """Return the position of a score on the axis, in percent."""
        return round(100 * (score - self.low) / (self.high - self.low), 2)


def leaderboard(grid: Table) -> Leaderboard | None:
    """Rank the grid candidates.

    Args:
        grid: `estimator`, `parameters` (JSON), `fold_scores` (a list or null), `mean`, `std`,
            `fit_seconds`, `error`, in the order of the grid.

    Returns:
        None where no grid was searched.
    """
    if not len(grid):
        return None
    found = [_point(row) for row in rows(grid)]
    ranked = sorted((one for one in found if one.mean is not None), key=_best_first)
    best = [Point(**vars(one) | {"chosen": True}) for one in ranked[:1]]
    failed = [one for one in found if one.mean is None]
    return Leaderboard(best + ranked[1:], failed, *_axis(ranked))


def _best_first(point: Point) -> float:
    """Return the sort key, best first; of equal ones the first stays first, as in scikit-learn."""
    return -(point.mean or 0.0)


def _point(row: dict[str, Any]) -> Point:
    family, _, estimator = str(row["estimator"]).rpartition(".")
    return Point(
        estimator=estimator,
        family=family,
        parameters=_written(row["parameters"]),
        folds=_numbers(row["fold_scores"]),
        mean=_number(row["mean"]),
        std=_number(row["std"]),
        fit_seconds=_number(row["fit_seconds"]),
        error=row["error"],
    )


def _written(parameters: str | None) -> str:
    named = json.loads(parameters or "{}")
    return ", ".join(f"{name} = {_plain(value)}" for name, value in named.items())


def _plain(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)


def _numbers(values: Iterable[Any] | None) -> list[float]:
    found = [_number(value) for value in (() if values is None else values)]
    return [number for number in found if number is not None]


def _number(value: Any) -> float | None:
    return None if value is None or math.isnan(value) else float(value)


def _axis(points: Sequence[Point]) -> tuple[float, float]:
    """Return the ends of the axis, wide enough for every fold and never equal."""
    scores = [score for one in points for score in (*one.folds, one.mean or 0.0)]
    low, high = min(scores, default=0.0), max(scores, default=1.0)
    margin = max(0.05 * (high - low), 0.005)
    return low - margin, high + margin
