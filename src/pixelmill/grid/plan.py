"""Fits of a grid search: every candidate on every fold, each with its own key."""

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from importlib import metadata as installed
from typing import Any

from pixelmill.datasets.grid_fits import FinishedFit
from pixelmill.errors import InputError
from pixelmill.grid.points import grid_points
from pixelmill.grid.training import TrainingScan
from pixelmill.parameters import GridParameters, GridPoint, ModellingParameters
from pixelmill.records import JoinedFeaturizer

FORMAT = 2  # of a key: another number, and no fit of before counts
NAMED = 5  # classes that a warning names
BYTES_PER_FEATURE = 8
CHANGES_SCORES = {"preparation", "strategy", "balance", "pairs"}


@dataclass(frozen=True)
class PlannedFit:
    """One point on one fold.

    Attributes:
        key: Hash of all that changes the score.
        point: The estimator with one value for each parameter.
        fold: Number of the fold that is held out.
    """

    key: str
    point: GridPoint
    fold: int


@dataclass(frozen=True)
class GridPlan:
    """All fits of a grid; none where there is no grid, or nothing to train.

    Attributes:
        labels: Class labels, sorted.
        points: Grid candidates in the order of the grid.
        fits: A row for each point, a fit for each fold.
        copies: Group of each training image that has copies, by path.
    """

    labels: list[str] = field(default_factory=list)
    points: list[GridPoint] = field(default_factory=list)
    fits: list[list[PlannedFit]] = field(default_factory=list)
    copies: dict[str, int] = field(default_factory=dict)

    def missing(self, finished: Iterable[FinishedFit]) -> list[PlannedFit]:
        """Return the fits that are to be done, fold after fold, none twice.

        A worker prepares the features of a fold once for all points that follow each other.

        Args:
            finished: Fits of earlier runs.
        """
        done = {fit.key for fit in finished if not fit.retry}
        by_fold = [fit for fold in zip(*self.fits, strict=True) for fit in fold]
        return list({fit.key: fit for fit in by_fold if fit.key not in done}.values())


def plan_fits(
    scan: TrainingScan, featurizer: JoinedFeaturizer, modelling: ModellingParameters
) -> GridPlan:
    """Divide a search into fits, or refuse it before any work.

    Args:
        scan: Scan of the training images, with at least two classes.
        featurizer: What made the features.
        modelling: Modelling parameters with a grid.

    Raises:
        InputError: If a class has fewer images than there are folds, or the features are too
            large for one worker.
    """
    grid = modelling.grid
    assert grid is not None  # noqa: S101
    _check_classes(scan, grid.folds)
    _check_size(scan, modelling.broadcast_limit)
    shared = {
        "format": FORMAT,
        "versions": {name: installed.version(name) for name in ("pixelmill", "scikit-learn")},
        "featurizer": featurizer["fingerprint"],
        "training": scan.digest,
        **modelling.model_dump(include=CHANGES_SCORES),
        **grid.model_dump(include={"folds", "scoring", "seed"}),
    }
    points = grid_points(grid)
    fits = [_fits(point, grid, shared) for point in points]
    return GridPlan(sorted(scan.sizes), points, fits, scan.copies)


def _fits(point: GridPoint, grid: GridParameters, shared: dict[str, Any]) -> list[PlannedFit]:
    described = shared | point.model_dump()
    return [PlannedFit(_key(described | {"fold": fold}), point, fold) for fold in range(grid.folds)]


def _key(described: dict[str, Any]) -> str:
    text = json.dumps(described, sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()


def _check_classes(scan: TrainingScan, folds: int) -> None:
    """Refuse where scikit-learn's folds do: no class has an image for each."""
    largest = max(scan.pictures.values())
    if largest < folds:
        images = f"{largest:,} training image{'s' if largest > 1 else ''}"
        copies = ", copies of one another counted once" if scan.copies else ""
        raise InputError(
            f"modelling.grid.folds: the largest class has {images}{copies}, and {folds} folds need "
            "one each: set fewer folds, or give the classes more images"
        )


def copy_warnings(scan: TrainingScan, folds: int) -> list[str]:
    """Return a sentence about classes that some folds lack because of copies.

    Args:
        scan: Scan of the training images.
        folds: Number of folds.
    """
    few = sorted(name for name, one in scan.pictures.items() if one < folds <= scan.sizes[name])
    if not few:
        return []
    warning = (
        f"Classes whose training images are copies of fewer pictures than the grid's {folds} "
        f"folds: {_named(few)}. Some folds do not test them: set fewer folds, or give them more "
        "images."
    )
    return [warning]


def warnings_of(sizes: dict[str, int], grid: GridParameters | None) -> list[str]:
    """Return a sentence about classes that some folds lack; none without a grid.

    Args:
        sizes: Training images of each class.
        grid: Grid parameters, with `folds`.
    """
    few = sorted(label for label, images in sizes.items() if grid and images < grid.folds)
    if grid is None or not few:
        return []
    warning = (
        f"Classes with fewer training images than the grid's {grid.folds} folds: {_named(few)}. "
        "Some folds do not test them: set fewer folds, or give them more images."
    )
    return [warning]


def _named(labels: list[str]) -> str:
    return f"{len(labels)} ({', '.join(labels[:NAMED])}{' …' if len(labels) > NAMED else ''})"


def _check_size(scan: TrainingScan, limit: int) -> None:
    needed = scan.images * scan.dimension * BYTES_PER_FEATURE
    if needed > limit:
        raise InputError(
            f"modelling.grid: {scan.images:,} training images of {scan.dimension:,} features are "
            f"{needed / 1e9:.1f} GB, more than modelling.broadcast_limit ({limit / 1e9:.1f} GB) "
            "lets one worker hold: set modelling.grid to null and take an estimator of Spark ML "
            "(logistic_regression, linear_svc, random_forest, gradient_boosting, "
            "multilayer_perceptron), or raise the limit"
        )
