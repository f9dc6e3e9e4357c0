"""The table of a search and its winner: as scikit-learn ranks, failed points last."""

import json
import math

import numpy as np
import pytest

from pixelmill.datasets.grid_fits import FinishedFit
from pixelmill.errors import InputError
from pixelmill.grid.leaderboard import leaderboard, rank_points, winner
from pixelmill.grid.plan import GridPlan, PlannedFit
from pixelmill.parameters import GridPoint

REASON = "ValueError: no"


@pytest.fixture
def searched():
    """Makes a plan and its fits of scores by step, None where a fit failed."""

    def make(scores):
        points = [GridPoint(estimator="svm_sgd", parameters={"step": step}) for step in scores]
        fits = [
            [PlannedFit(f"{point.parameters['step']}/{fold}", point, fold) for fold in range(2)]
            for point in points
        ]
        finished = [
            FinishedFit(
                key=fit.key,
                estimator="svm_sgd",
                parameters=fit.point.parameters,
                fold=fit.fold,
                score=score,
                seconds=fit.fold + 1.0,
                error=REASON if score is None else None,
            )
            for row, point in zip(fits, points, strict=True)
            for fit, score in zip(row, scores[point.parameters["step"]], strict=True)
        ]
        return GridPlan(["a", "b"], points, fits), finished

    return make


def test_a_row_for_each_point_the_best_first(searched):
    plan, fits = searched({1: [0.5, 0.7], 2: [None, 0.9], 3: [0.6, 0.8]})
    table = leaderboard(rank_points(plan, fits[::-1]))
    assert list(table["parameters"].map(json.loads)) == [{"step": 3}, {"step": 1}, {"step": 2}]
    assert list(table["fold_scores"]) == [[0.6, 0.8], [0.5, 0.7], [None, 0.9]]
    np.testing.assert_allclose(table["mean"], [0.7, 0.6, np.nan])
    np.testing.assert_allclose(table["std"], [0.1, 0.1, np.nan])
    assert list(table["fit_seconds"]) == [1.5, 1.5, 1.5]
    assert list(table["error"]) == [None, None, REASON]


def test_of_equal_points_the_first_of_the_grid_wins(searched):
    plan, fits = searched({1: [0.1, 0.2], 9: [0.8, 0.4], 2: [0.4, 0.8]})
    assert winner(rank_points(plan, fits)) == {"estimator": "svm_sgd", "parameters": {"step": 9}}


def test_a_point_with_one_failed_fold_cannot_win(searched):
    plan, fits = searched({1: [0.1, 0.2], 2: [1.0, None]})
    assert winner(rank_points(plan, fits))["parameters"] == {"step": 1}


def test_where_all_points_failed_the_first_reason_is_reported(searched):
    plan, fits = searched({1: [None, None], 2: [0.5, None]})
    ranked = rank_points(plan, fits)
    assert len(leaderboard(ranked)) == 2
    with pytest.raises(InputError, match=r'each of its 2 points failed, svm_sgd {"step": 1} with'):
        winner(ranked)


def test_fits_of_other_grids_do_not_count_and_a_second_try_does(searched):
    plan, fits = searched({1: [0.5, 0.7]})
    lost = fits[0].model_copy(update={"score": None, "error": "died", "retry": True})
    other = fits[0].model_copy(update={"key": "other", "score": 1.0})
    for order in ([lost, other, *fits], [*fits, other, lost]):
        assert rank_points(plan, order)[0].scores.tolist() == [0.5, 0.7]
    only_lost = rank_points(plan, [lost, fits[1]])
    assert only_lost[0].error == "died"


def test_a_search_that_is_not_finished_is_one_sentence(searched):
    plan, fits = searched({1: [0.5, 0.7], 2: [0.5, 0.7]})
    with pytest.raises(InputError, match=r"3 fits of the search are missing: run the pipeline"):
        rank_points(plan, fits[:1])


def test_without_a_grid_there_is_an_empty_table_and_no_choice():
    ranked = rank_points(GridPlan(), [])
    table = leaderboard(ranked)
    assert list(table.columns) == [
        "estimator",
        "parameters",
        "fold_scores",
        "mean",
        "std",
        "fit_seconds",
        "error",
    ]
    assert len(table) == 0
    assert winner(ranked) == {}


def test_the_table_becomes_parquet(searched, tmp_path):
    import pandas as pd

    plan, fits = searched({1: [0.5, 0.7], 2: [None, 0.9]})
    leaderboard(rank_points(plan, fits)).to_parquet(tmp_path / "grid.parquet")
    rows = pd.read_parquet(tmp_path / "grid.parquet").to_dict("records")
    assert list(rows[0]["fold_scores"]) == [0.5, 0.7]
    assert math.isnan(rows[1]["fold_scores"][0])
    assert rows[0]["error"] is None
    assert rows[1]["error"] == REASON
