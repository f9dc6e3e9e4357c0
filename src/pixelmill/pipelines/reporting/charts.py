"""Coordinates of the lines and bars of the page's charts, which the template draws as SVG."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import Any

from pixelmill.records import Calibration, CalibrationBin, FeatureImportance, FeatureStatistics

WIDTH, HEIGHT = 340, 240  # of a chart's plane; on a phone one unit is about one pixel
MILESTONES = (0.5, 0.9, 0.95, 0.99)  # shares of the variance whose number of components is shown
STATISTICS = 64  # histograms at most
POINTS = 400  # of a curve; more are within one pixel


@dataclass(frozen=True)
class Bar:
    """One bar of a reliability curve.

    Attributes:
        left: Left edge of the bar, in plot coordinates.
        width: Width of the bar.
        top: Top of the bar; HEIGHT is the baseline.
        dot: Where mean confidence and share right meet: (x, y).
        images: Number of images.
    """

    left: float
    width: float
    top: float
    dot: tuple[float, float]
    images: int


@dataclass(frozen=True)
class Variance:
    """How much variance the first principal components keep.

    Attributes:
        line: The curve, as `points` of an SVG polyline.
        components: Number of components.
        kept: Share of the variance that they keep, 0 to 1.
        milestones: For some shares of the variance, the components that they take.
        dots: Their positions on the curve: (x, y).
    """

    line: str
    components: int
    kept: float
    milestones: list[tuple[float, int]]
    dots: list[tuple[float, float]]


def reliability(calibration: Calibration | None) -> list[Bar]:
    """Return the bars of the reliability curve; bins without images have none.

    Args:
        calibration: The entry of the metrics.
    """
    bins = calibration["bins"] if calibration else []
    return [_bar(one) for one in bins if one["images"]]


def variance_curve(shares: Sequence[float] | None) -> Variance | None:
    """Return the cumulative share of the variance over the components.

    Args:
        shares: Explained variance of each principal component, the largest first, 0 to 1.

    Returns:
        None without a PCA.
    """
    if not shares:
        return None
    kept = list(accumulate(shares))
    known = [(share, _first(kept, share)) for share in MILESTONES]
    reached = [(share, components) for share, components in known if components]
    return Variance(
        line=_line(kept),
        components=len(kept),
        kept=min(kept[-1], 1.0),
        milestones=reached,
        dots=[_place(kept, components - 1) for _, components in reached],
    )


def histograms(statistics: Iterable[FeatureStatistics]) -> list[dict[str, Any]]:
    """Return each histogram with the heights of its bars, 0 to 1.

    Args:
        statistics: Distribution of each feature.
    """
    return [
        one | {"heights": [count / max(1, *one["counts"]) for count in one["counts"]]}
        for one in list(statistics)[:STATISTICS]
    ]


def importance_bars(importance: Sequence[FeatureImportance]) -> list[dict[str, Any]]:
    """Return each feature with the places of its bars, in percent of the axis.

    Args:
        importance: Importance of each feature.

    Returns:
        The same with `length`, `low` and `high` of the permutation's bar and its spread, and
        `impurity_length`.
    """
    reach = [one["permutation"] + one["permutation_std"] for one in importance]
    longest = max([*reach, 1e-9])
    largest = max([*(one["impurity"] or 0.0 for one in importance), 1e-9])
    return [
        one
        | {
            "length": _percent(one["permutation"] / longest),
            "low": _percent((one["permutation"] - one["permutation_std"]) / longest),
            "high": _percent((one["permutation"] + one["permutation_std"]) / longest),
            "impurity_length": _percent((one["impurity"] or 0.0) / largest),
        }
        for one in importance
    ]


def balance_bars(classes: dict[str, int] | None) -> list[tuple[str, int, float]]:
    """Return the classes with their images and bar lengths in percent, the largest first.

    Args:
        classes: Images of each label.
    """
    counted = sorted((classes or {}).items(), key=lambda item: (-item[1], item[0]))
    largest = max([1, *(images for _, images in counted)])
    return [(label, images, _percent(images / largest)) for label, images in counted]


def _bar(one: CalibrationBin) -> Bar:
    left, right = WIDTH * one["from"], WIDTH * one["to"]
    top = round(HEIGHT * (1 - (one["accuracy"] or 0.0)), 1)
    dot = (round(WIDTH * (one["confidence"] or 0.0), 1), top)
    return Bar(round(left, 1), round(right - left, 1), top, dot, one["images"])


def _first(kept: Sequence[float], share: float) -> int | None:
    """Return the number of components that keep a share of the variance, or None."""
    enough = (components for components, kept_by in enumerate(kept, 1) if kept_by >= share)
    return next(enough, None)


def _line(kept: Sequence[float]) -> str:
    """Return the curve from zero to the last component, thinned out to visible points."""
    step = -(-len(kept) // POINTS)
    shown = [*range(step - 1, len(kept) - 1, step), len(kept) - 1]
    points = [(0.0, float(HEIGHT)), *(_place(kept, index) for index in shown)]
    return " ".join(f"{x:.1f},{y:.1f}" for x, y in points)


def _place(kept: Sequence[float], index: int) -> tuple[float, float]:
    """Return the position of a component on the plane."""
    x, y = WIDTH * (index + 1) / len(kept), HEIGHT * (1 - min(kept[index], 1.0))
    return round(x, 1), round(y, 1)


def _percent(share: float) -> float:
    return round(100 * min(max(share, 0.0), 1.0), 2)
