"""The grid on the page."""

import pandas as pd
import pytest

from pixelmill.pipelines.reporting.leaderboard import leaderboard
from pixelmill.pipelines.reporting.tables import no_rows

COLUMNS = ["estimator", "parameters", "fold_scores", "mean", "std", "fit_seconds", "error"]
FAILED = ("sklearn.svm.SVC", '{"C": -1}', None, None, None, None, "C must be above 0")
GRID = pd.DataFrame(
    [
        ("sklearn.svm.SVC", '{"C": 1, "kernel": "rbf"}', [0.7, 0.8], 0.75, 0.05, 0.1, None),
        FAILED,
        ("linear_svc", "{}", [0.9, 0.8], 0.85, 0.05, 0.2, None),
        ("sklearn.svm.LinearSVC", '{"C": null}', [0.85, 0.85], 0.85, 0.0, 0.3, None),
    ],
    columns=COLUMNS,
)


@pytest.fixture(params=["as it was made", "as it was stored"])
def grid(request, tmp_path):
    if request.param == "as it was made":
        return GRID
    GRID.to_parquet(tmp_path / "grid.parquet")
    return pd.read_parquet(tmp_path / "grid.parquet")


def test_the_best_comes_first_and_the_first_of_equals_wins(grid):
    board = leaderboard(grid)
    assert [point.estimator for point in board.points] == ["linear_svc", "LinearSVC", "SVC"]
    assert [point.chosen for point in board.points] == [True, False, False]
    assert [point.parameters for point in board.points] == ["", "C = null", "C = 1, kernel = rbf"]
    assert (board.points[2].family, board.points[2].folds) == ("sklearn.svm", [0.7, 0.8])
    assert board.points[1].fit_seconds == 0.3


def test_a_failed_point_keeps_its_reason(grid):
    (failed,) = leaderboard(grid).failed
    assert (failed.error, failed.mean, failed.folds) == ("C must be above 0", None, [])


def test_every_fold_is_on_the_axis(grid):
    board = leaderboard(grid)
    places = [board.place(fold) for point in board.points for fold in point.folds]
    assert 0 < min(places) < max(places) < 100


def test_a_grid_that_only_failed_has_no_winner():
    table = pd.DataFrame([FAILED] * 2, columns=COLUMNS)
    board = leaderboard(table)
    assert (board.points, len(board.failed)) == ([], 2)


def test_one_point_has_an_axis_too():
    assert leaderboard(GRID.tail(1)).place(0.85) == pytest.approx(50)


def test_no_grid_is_no_leaderboard():
    assert leaderboard(no_rows()) is None
    assert leaderboard(GRID.head(0)) is None
