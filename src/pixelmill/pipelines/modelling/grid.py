"""Nodes of the grid search: plan the fits, run missing ones, choose the best candidate."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from pixelmill.datasets.grid_fits import FinishedFit
from pixelmill.grid.leaderboard import PointResult, leaderboard, rank_points, winner
from pixelmill.grid.plan import GridPlan, copy_warnings, plan_fits
from pixelmill.grid.training import collect_folded, scan_training
from pixelmill.parameters import ModellingParameters
from pixelmill.pipelines.modelling.images import chosen_sizes, training_images
from pixelmill.records import ChosenEstimator, JoinedFeaturizer
from pixelmill.spark.tables import as_spark
from pixelmill.spark.types import ArrowTable, Table

if TYPE_CHECKING:
    from pandas import DataFrame as PandasFrame
else:
    PandasFrame = Any  # Kedro reads the signatures at run time

logger = logging.getLogger(__name__)


def plan_grid(
    labelled_features: Table,
    featurizer: JoinedFeaturizer,
    modelling: ModellingParameters,
    near_duplicates: ArrowTable | None = None,
) -> GridPlan:
    """Divide the search into fits of one candidate on one fold, each with its own key.

    Args:
        labelled_features: Columns `path`, `label`, `split`, `features` (array of float32).
        featurizer: What made the features.
        modelling: Modelling parameters with or without a grid.
        near_duplicates: Columns `path` and `group`; None if they were not searched. The images of
            a group are held out together.

    Returns:
        The plan; an empty one without a grid, or where there are not two classes to train.

    Raises:
        InputError: If each class has fewer training images than there are folds, chosen pairs name
            a class without any, or the features are too large for one worker.
    """
    if modelling.grid is None:
        return GridPlan()
    train = as_spark(training_images(labelled_features, modelling.pairs))
    scan = scan_training(train, near_duplicates)
    if len(scan.sizes) < 2:
        return GridPlan()
    chosen_sizes(scan.sizes, modelling.pairs)  # refuses before the search what follows it
    if scan.copies:
        shown = f"{len(scan.copies):,} of {scan.images:,}"
        logger.info("%s training images have copies: each picture is in one fold.", shown)
    for warning in copy_warnings(scan, modelling.grid.folds):
        logger.warning(warning)
    return plan_fits(scan, featurizer, modelling)


def search_grid(
    labelled_features: Table,
    grid_plan: GridPlan,
    finished_fits: list[FinishedFit],
    modelling: ModellingParameters,
) -> Iterator[list[FinishedFit]]:
    """Run the fits that no earlier run finished; Kedro saves each as soon as it is done.

    Args:
        labelled_features: Columns `path`, `label`, `split`, `features` (array of float32).
        grid_plan: All fits of this grid.
        finished_fits: Fits of this or any other grid, from earlier runs.
        modelling: Modelling parameters with or without a grid.

    Yields:
        One finished fit after another; at last an empty list, which says that none is missing.

    Raises:
        InputError: If features are not finite.
    """
    from pixelmill.grid.search import GridSearch

    missing = grid_plan.missing(finished_fits)
    if missing and modelling.grid is not None:
        train = as_spark(training_images(labelled_features, modelling.pairs))
        images = collect_folded(train, grid_plan.labels, modelling.grid, grid_plan.copies)
        logger.info("The grid has %d fits left to do.", len(missing))
        for fit in GridSearch(train.sparkSession, images, modelling).run(missing):
            yield [fit]
    yield []


def choose_estimator(
    grid_fits: list[FinishedFit], grid_plan: GridPlan
) -> tuple[PandasFrame, ChosenEstimator]:
    """Compare the grid candidates.

    Args:
        grid_fits: Finished fits, those of other grids among them.
        grid_plan: All fits of this grid.

    Returns:
        The leaderboard: `estimator`, `parameters` (JSON), `fold_scores` (list, null where a fit
        failed), `mean` and `std` (null for a failed point), `fit_seconds` (mean), `error` (null
        or the reason), the best first and the failed last; and what was chosen.

    Raises:
        InputError: If all points failed, or fits are missing.
    """
    ranked = rank_points(grid_plan, grid_fits)
    _log(ranked)
    return leaderboard(ranked), winner(ranked)


def _log(ranked: list[PointResult]) -> None:
    for result in ranked:
        if result.error is not None:
            logger.warning("A point of the grid failed, %s: %s", result.name, result.error)
    warned = [(one, fit.warnings[0]) for one in ranked for fit in one.fits[:1] if fit.warnings]
    if warned:
        first, warning = warned[0]
        shown = len(warned), len(ranked), first.name, warning
        logger.warning("%d of %d points of the grid warned, the best of them %s: %s", *shown)
    if ranked and ranked[0].error is None:
        best = ranked[0]
        logger.info("The best of the grid is %s, %.4f.", best.name, best.scores.mean())
