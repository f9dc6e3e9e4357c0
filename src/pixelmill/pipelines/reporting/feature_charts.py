"""Charts of named features: distributions, class means, correlation, pair plots."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from pixelmill.pages.palette import group_colour
from pixelmill.pipelines.reporting.charts import histograms
from pixelmill.pipelines.reporting.colour_grid import STRONGEST, correlation_grid, means_grid
from pixelmill.records import ClassDistributions, FeatureExploration, FeatureStatistics

SIDE = 120  # of a cell of the pair plots, in units of the SVG
GAP = 8  # between cells
DOT = 4  # side of a point
TALL = 12  # of a distribution, in units of the SVG

# The eleven basic colour terms of English (Berlin and Kay, Basic Color Terms, 1969), and violet.
NAMED = {
    "black": "#1b1b1b",
    "blue": "#2f6fd0",
    "brown": "#8a5a2b",
    "gray": "#8c8c8c",
    "green": "#2f9e44",
    "grey": "#8c8c8c",
    "orange": "#f08c1a",
    "pink": "#f48fb1",
    "purple": "#8e44ad",
    "red": "#d62f2f",
    "violet": "#8f5be8",
    "white": "#ffffff",
    "yellow": "#f2d21b",
}


@dataclass(frozen=True)
class ClassLine:
    """The distribution of one feature in one class.

    Attributes:
        label: Name of the class.
        colour: CSS colour of the class.
        path: Outline of the histogram, `d` of an SVG path, `BINS` wide and `TALL` high.
    """

    label: str
    colour: str
    path: str


@dataclass(frozen=True)
class PlotCell:
    """A cell of the pair plots.

    Attributes:
        x: Left side, in units of the SVG.
        y: Top side.
        paths: Colour and `d` of the SVG path of each class: points, or the outline of a histogram
            on the diagonal.
        is_diagonal: Whether it shows one feature alone.
    """

    x: int
    y: int
    paths: list[tuple[str, str]]
    is_diagonal: bool


@dataclass(frozen=True)
class PairPlots:
    """Scatter plots of all pairs of a few features, and their histograms on the diagonal.

    Attributes:
        names: Names of the features, with the share of their variance between classes (η²).
        cells: Cells on and below the diagonal.
        side: Width and height of the whole, in units of the SVG.
        points: Number of images.
        most: Number of images of the class that has the most.
    """

    names: list[tuple[str, float | None]]
    cells: list[PlotCell]
    side: int
    points: int
    most: int


def feature_charts(exploration: FeatureExploration, *, has_script: bool) -> dict[str, Any]:
    """Return the variables of the template `feature_statistics.html.j2`.

    Args:
        exploration: Statistics of named features; may be empty.
        has_script: Whether the page has the script that reads the tables' cells out.
    """
    return {
        "histograms": histograms(exploration.get("statistics") or []),
        "correlation": correlation_grid(exploration.get("correlation")),
        "class_means": means_grid(exploration.get("class_means")),
        "strongest": STRONGEST,
        "legend": class_legend(exploration),
        "class_lines": class_lines(exploration),
        "pair_plots": pair_plots(exploration),
        "has_script": has_script,
    }


def class_colours(labels: Sequence[str]) -> list[str]:
    """Return a CSS colour for each class: its own where all are named like colours.

    Args:
        labels: Names of the classes.
    """
    named = [NAMED.get(label.strip().lower()) for label in labels]
    if all(named):
        return [str(one) for one in named]
    return ["#{:02x}{:02x}{:02x}".format(*group_colour(place)) for place in range(len(labels))]


def class_legend(exploration: FeatureExploration) -> list[tuple[str, str]]:
    """Return the classes that have distributions, with their CSS colours.

    Args:
        exploration: Statistics of named features; may be empty.
    """
    found = exploration.get("distributions")
    labels = found["labels"] if found else []
    return list(zip(labels, class_colours(labels), strict=True))


def class_lines(exploration: FeatureExploration) -> list[list[ClassLine]]:
    """Return the distribution of each feature in each class.

    Args:
        exploration: Statistics of named features; may be empty.

    Returns:
        For each feature a line for each class; empty where there are fewer than two classes.
    """
    legend = class_legend(exploration)
    if len(legend) < 2:
        return []
    by_class = exploration["distributions"]["counts"]
    features = len(by_class[0])
    return [
        [
            ClassLine(label, colour, _outline(counts[feature], 1, TALL))
            for (label, colour), counts in zip(legend, by_class, strict=True)
        ]
        for feature in range(features)
    ]


def pair_plots(exploration: FeatureExploration) -> PairPlots | None:
    """Return the pairs of the features that separate classes best.

    Args:
        exploration: Statistics of named features; may be empty.

    Returns:
        None where there is nothing to plot.
    """
    found = exploration.get("distributions")
    if not found or not found["features"] or not found["values"]:
        return None
    features = found["features"]
    statistics = [exploration["statistics"][feature] for feature in features]
    places = _places(found["values"], statistics)
    colours = class_colours(found["labels"])
    cells = [
        _cell(row, column, found, places, colours)
        for row in range(len(features))
        for column in range(row + 1)
    ]
    return PairPlots(
        names=[(one["name"], one["between_classes"]) for one in statistics],
        cells=cells,
        side=len(features) * (SIDE + GAP) - GAP,
        points=len(places),
        most=max(Counter(found["codes"]).values()),
    )


def _cell(
    row: int,
    column: int,
    found: ClassDistributions,
    places: Sequence[Sequence[float]],
    colours: Sequence[str],
) -> PlotCell:
    if row == column:
        counts = [of_class[found["features"][row]] for of_class in found["counts"]]
        drawn = [_outline(one, SIDE / len(one), SIDE) for one in counts]
    else:
        both = [(place[column], SIDE - DOT - place[row]) for place in places]
        drawn = [_dots(both, found["codes"], code) for code in range(len(colours))]
    paths = [pair for pair in zip(colours, drawn, strict=True) if pair[1]]
    return PlotCell(column * (SIDE + GAP), row * (SIDE + GAP), paths, row == column)


def _places(
    values: Sequence[Sequence[float]], statistics: Sequence[FeatureStatistics]
) -> list[list[float]]:
    """Return distances from the lowest value in units of the SVG, [points][features]."""
    ends = [(one["edges"][0], one["edges"][-1]) for one in statistics]
    return [
        [
            min(max((value - low) / (high - low), 0.0), 1.0) * (SIDE - DOT)
            for value, (low, high) in zip(point, ends, strict=True)
        ]
        for point in values
    ]


def _dots(places: Sequence[tuple[float, float]], codes: Sequence[int], code: int) -> str:
    """Return squares at the points of one class as one path."""
    return "".join(
        f"M{x:.1f} {y:.1f}h{DOT}v{DOT}h-{DOT}z"
        for (x, y), own in zip(places, codes, strict=True)
        if own == code
    )


def _outline(counts: Sequence[int], width: float, height: float) -> str:
    """Return a histogram as a path on the ground, its highest bin as high as the plane."""
    highest = max(counts, default=0)
    if not highest:
        return ""
    steps = "".join(f"V{height * (1 - count / highest):.4g}h{width:g}" for count in counts)
    return f"M0 {height:g}{steps}V{height:g}z"
