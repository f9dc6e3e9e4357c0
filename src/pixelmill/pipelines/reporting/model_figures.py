"""More figures for kedro-viz: calibration, pairs, grid, components, importance, exploration."""

from itertools import accumulate
from typing import Any

from pixelmill.pipelines.reporting.charts import variance_curve
from pixelmill.pipelines.reporting.colour_grid import (
    ColourGrid,
    correlation_grid,
    means_grid,
)
from pixelmill.pipelines.reporting.figures import (
    Figure,
    empty,
    figure,
    layout,
    plain,
    title_of,
)
from pixelmill.pipelines.reporting.leaderboard import Point, leaderboard
from pixelmill.pipelines.reporting.pairs import PairMatrix, hardest_pairs, pair_matrix
from pixelmill.pipelines.reporting.score_counts import BINS
from pixelmill.pipelines.reporting.tables import Table

ORANGES = [[0.0, "#b3431a"], [0.5, "#f3c9a8"], [0.98, "#fdf1e7"], [1.0, "#ffffff"]]
DIVERGING = [[0.0, "#c2521c"], [0.5, "#ffffff"], [1.0, "#1f7a8c"]]
TEAL, GREY = "#1f7a8c", "#9aa5af"
POINTS = 50  # of the grid, the best


def draw_calibration_curve(metrics: dict[str, Any]) -> Figure:
    """Return the share of right predictions over their score, with the number of images on hover.

    Args:
        metrics: The figures of the run with the entry `calibration`.
    """
    title = "Calibration"
    calibration = metrics.get("calibration")
    if not calibration:
        return empty(title, "No scores that are probabilities, so nothing to compare them with.")
    bins = [one for one in calibration["bins"] if one["images"]]
    ideal = {"type": "scatter", "mode": "lines", "name": "ideal", "x": [0, 1], "y": [0, 1]}
    drawn = figure(
        [
            {
                "type": "bar",
                "name": "share right",
                "x": [(one["from"] + one["to"]) / 2 for one in bins],
                "y": [one["accuracy"] for one in bins],
                "customdata": [[one["images"], one["confidence"]] for one in bins],
                "width": [0.9 / BINS] * len(bins),
                "marker": {"color": TEAL, "opacity": 0.7},
                "hovertemplate": "%{customdata[0]} images with a mean score of "
                "%{customdata[1]:.1%}<br>%{y:.1%} right<extra></extra>",
            },
            ideal | {"hoverinfo": "skip", "line": {"dash": "dash", "color": GREY}},
        ]
    )
    error = calibration["expected_calibration_error"]
    layout(drawn, f"{title}: the expected error is {error:.1%}", 460)
    drawn.update_xaxes(title="score of the predicted class", range=[0, 1])
    drawn.update_yaxes(title="share right", range=[0, 1.02], tickformat=".0%")
    return drawn


def draw_pair_success(pairs: Table) -> Figure:
    """Return a heat map of the accuracy of all pairs; bars where there is one pair only.

    Args:
        pairs: `class_a`, `class_b`, `train`, `test`, `success_rate`; may be empty.
    """
    title = "Accuracy by pair of classes"
    if not hardest_pairs(pairs, 1):
        return empty(title, "No pairs: the strategy is another than one_vs_one.")
    matrix = pair_matrix(pairs)
    return _pair_bars(pairs, title) if matrix is None else _pair_map(matrix, title)


def draw_grid_leaderboard(grid: Table) -> Figure:
    """Return the best grid candidates with their mean and standard deviation, the winner on top.

    Args:
        grid: `estimator`, `parameters`, `fold_scores`, `mean`, `std`, `fit_seconds`, `error`;
            may be empty.
    """
    title = "Leaderboard of the grid"
    board = leaderboard(grid)
    if board is None:
        return empty(title, "No grid was searched: modelling.grid is null.")
    shown = board.points[:POINTS]
    if not shown:
        return empty(title, "Every point of the grid failed; the report says why.")
    rows = list(range(len(shown)))
    drawn = figure(
        {
            "type": "scatter",
            "mode": "markers",
            "x": [one.mean for one in shown],
            "y": rows,
            "error_x": {"type": "data", "array": [one.std or 0.0 for one in shown]},
            "text": [_point_text(one) for one in shown],
            "hovertemplate": "%{text}<extra></extra>",
            "marker": {"size": 9, "color": [TEAL if one.chosen else GREY for one in shown]},
        }
    )
    failed = f", {len(board.failed)} failed" if board.failed else ""
    known = len(board.points)
    best = f"{title}: the best {len(shown)} of {known}" if len(shown) < known else title
    layout(drawn, best + failed, 200 + 24 * len(shown))
    names = [plain(f"{one.estimator} {one.parameters}"[:60]) for one in shown]
    drawn.update_yaxes(tickvals=rows, ticktext=names, autorange="reversed")
    drawn.update_xaxes(title="mean score of the folds ± standard deviation", tickformat=".1%")
    return drawn


def draw_explained_variance(classifier_summary: dict[str, Any]) -> Figure:
    """Return the cumulative share of the variance over the principal components.

    Args:
        classifier_summary: The classifier's description with `variance_share` (or null).
    """
    title = "Explained variance"
    shares = classifier_summary.get("variance_share")
    curve = variance_curve(shares)
    if curve is None or not shares:
        return empty(title, "No principal components: modelling.preparation.pca is null.")
    kept = [min(share, 1.0) for share in accumulate(shares)]
    drawn = figure(
        {
            "type": "scatter",
            "mode": "lines",
            "fill": "tozeroy",
            "x": list(range(1, len(kept) + 1)),
            "y": kept,
            "line": {"color": TEAL},
            "hovertemplate": "%{x} components explain %{y:.1%}<extra></extra>",
        }
    )
    layout(drawn, f"{title}: {curve.components:,} components explain {curve.kept:.1%}", 420)
    drawn.update_xaxes(title="principal components", rangemode="tozero")
    drawn.update_yaxes(title="share of the variance", range=[0, 1.02], tickformat=".0%")
    return drawn


def draw_feature_importance(importance: list[dict[str, Any]]) -> Figure:
    """Return the permutation importance of each feature, and its share in the decisions of trees.

    Args:
        importance: `feature`, `permutation`, `permutation_std`, `impurity` (or null), best first.
    """
    title = "Feature importance"
    if not importance:
        return empty(title, "No named features, so nothing to rank.")
    rows = list(range(len(importance)))
    bars = {"type": "bar", "orientation": "h", "y": rows}
    permutation = bars | {
        "name": "permutation",
        "x": [one["permutation"] for one in importance],
        "error_x": {"type": "data", "array": [one["permutation_std"] for one in importance]},
        "marker": {"color": TEAL},
    }
    impurity = bars | {
        "name": "impurity",
        "x": [one["impurity"] for one in importance],
        "marker": {"color": "#dda448"},
    }
    by_trees = any(one["impurity"] is not None for one in importance)
    drawn = figure([permutation, impurity] if by_trees else [permutation])
    layout(drawn, title, 180 + 26 * len(rows))
    names = [plain(one["feature"]) for one in importance]
    drawn.update_yaxes(tickvals=rows, ticktext=names, autorange="reversed")
    drawn.update_xaxes(tickformat=".1%")
    return drawn


def draw_feature_exploration(exploration: dict[str, Any]) -> Figure:
    """Return the mean of each feature in each class; without classes the features' correlation.

    Args:
        exploration: Dictionary with `class_means` and `correlation`; may be empty.
    """
    means = means_grid(exploration.get("class_means"))
    if means is not None:
        title = "Mean of each class, in standard deviations from the others"
        return _grid_map(means, title_of(title, len(means.rows), len(means.rows) + means.left_out))
    correlation = correlation_grid(exploration.get("correlation"))
    if correlation is not None:
        return _grid_map(correlation, "Correlation of the features")
    return empty("Features", "No named features, so nothing to explore.")


def _pair_map(matrix: PairMatrix, title: str) -> Figure:
    labels = [plain(label) for label in matrix.labels]
    drawn = figure(
        {
            "type": "heatmap",
            "x": list(range(len(labels))),
            "y": list(range(len(labels))),
            "z": [[pair and pair.success_rate for pair in row] for row in matrix.pairs],
            "text": [[f"{a} and {b}" for b in labels] for a in labels],
            "customdata": [[pair and pair.test for pair in row] for row in matrix.pairs],
            "hovertemplate": "%{text}<br>%{z:.1%} of %{customdata} images<extra></extra>",
            "hoverongaps": False,
            "zmin": 0.5,
            "zmax": 1,
            "colorscale": ORANGES,
            "colorbar": {"title": "told<br>apart", "tickformat": ".0%"},
        }
    )
    known = matrix.classes
    _square(drawn, title_of(title, len(labels), known).replace("worst", "hardest"), labels, labels)
    return drawn


def _pair_bars(pairs: Table, title: str) -> Figure:
    shown = hardest_pairs(pairs)
    drawn = figure(
        {
            "type": "bar",
            "x": [plain(f"{pair.class_a} and {pair.class_b}") for pair in shown],
            "y": [pair.success_rate for pair in shown],
            "marker": {"color": TEAL},
        }
    )
    layout(drawn, title, 360)
    drawn.update_yaxes(range=[0, 1], tickformat=".0%")
    return drawn


def _grid_map(grid: ColourGrid, title: str) -> Figure:
    columns, rows = ([plain(name) for name in names] for names in (grid.columns, grid.rows))
    drawn = figure(
        {
            "type": "heatmap",
            "x": list(range(len(columns))),
            "y": list(range(len(rows))),
            "z": [[cell.opacity * (1 if cell.above else -1) for cell in row] for row in grid.cells],
            "customdata": [[cell.value for cell in row] for row in grid.cells],
            "text": [[f"{row}, {column}" for column in columns] for row in rows],
            "hovertemplate": "%{text}: %{customdata:.3g}<extra></extra>",
            "zmin": -1,
            "zmax": 1,
            "colorscale": DIVERGING,
            "showscale": False,
        }
    )
    _square(drawn, title, columns, rows)
    return drawn


def _square(drawn: Figure, title: str, columns: list[str], rows: list[str]) -> None:
    layout(drawn, title, 360 + 14 * len(rows))
    drawn.update_xaxes(tickangle=-45, tickvals=list(range(len(columns))), ticktext=columns)
    drawn.update_yaxes(autorange="reversed", tickvals=list(range(len(rows))), ticktext=rows)


def _point_text(point: Point) -> str:
    seconds = "" if point.fit_seconds is None else f"<br>{point.fit_seconds:.2f} s a fit"
    return plain(f"{point.estimator} {point.parameters}") + f"<br>{point.mean:.2%}" + seconds
