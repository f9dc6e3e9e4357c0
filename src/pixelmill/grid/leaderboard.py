"""Results of a grid search: candidates, best first, failed ones last."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from pixelmill.errors import InputError
from pixelmill.records import ChosenEstimator

if TYPE_CHECKING:
    import pandas as pd

    from pixelmill.datasets.grid_fits import FinishedFit
    from pixelmill.grid.plan import GridPlan
    from pixelmill.models import Array
    from pixelmill.parameters import GridPoint

COLUMNS = ["estimator", "parameters", "fold_scores", "mean", "std", "fit_seconds", "error"]


@dataclass(frozen=True)
class PointResult:
    """One point on all folds.

    Attributes:
        point: The estimator with one value for each parameter.
        fits: One for each fold, in their order.
    """

    point: GridPoint
    fits: Sequence[FinishedFit]

    @property
    def error(self) -> str | None:
        """The reason of the first fit that failed; None where none did."""
        return next((fit.error for fit in self.fits if fit.error is not None), None)

    @property
    def scores(self) -> Array:
        """float64 [folds], NaN where the fit failed."""
        return np.array([fit.score for fit in self.fits], dtype=np.float64)

    @property
    def name(self) -> str:
        """The point as a sentence names it."""
        return f"{self.point.estimator} {_written(self.point.parameters)}"

    def row(self) -> dict[str, Any]:
        """Return its row of the leaderboard; mean and spread are NaN if a fit failed."""
        return {
            "estimator": self.point.estimator,
            "parameters": _written(self.point.parameters),
            "fold_scores": [fit.score for fit in self.fits],
            "mean": self.scores.mean(),
            "std": self.scores.std(),
            "fit_seconds": float(np.mean([fit.seconds for fit in self.fits])),
            "error": self.error,
        }


def rank_points(plan: GridPlan, finished: Sequence[FinishedFit]) -> list[PointResult]:
    """Return the grid candidates, the best mean first, equal ones in the grid's order.

    Args:
        plan: Plan of this grid; fits of other plans are ignored.
        finished: Fits of this and earlier runs.

    Raises:
        InputError: If a fit is missing.
    """
    # A fit that was tried again counts by its last word.
    found = {fit.key: fit for fit in sorted(finished, key=lambda fit: not fit.retry)}
    missing = sum(planned.key not in found for fits in plan.fits for planned in fits)
    if missing:
        raise InputError(
            f"modelling.grid: {missing:,} fits of the search are missing: run the pipeline "
            "`modelling` again, which does only these"
        )
    results = [
        PointResult(point, [found[planned.key] for planned in fits])
        for point, fits in zip(plan.points, plan.fits, strict=True)
    ]
    return sorted(results, key=lambda result: (result.error is not None, -result.scores.mean()))


def leaderboard(ranked: Sequence[PointResult]) -> pd.DataFrame:
    """Return a row for each point, in their order."""
    import pandas as pd

    return pd.DataFrame([result.row() for result in ranked], columns=COLUMNS)


def winner(ranked: Sequence[PointResult]) -> ChosenEstimator:
    """Return `estimator` and `parameters` of the best point; empty without points.

    Args:
        ranked: The best first.

    Raises:
        InputError: If all points failed.
    """
    if not ranked:
        return {}
    best = ranked[0]
    if best.error is not None:
        raise InputError(
            f"modelling.grid: each of its {len(ranked)} points failed, {best.name} with: "
            f"{best.error}"
        )
    return {"estimator": best.point.estimator, "parameters": best.point.parameters}


def _written(parameters: dict[str, Any]) -> str:
    return json.dumps(parameters, default=str)
