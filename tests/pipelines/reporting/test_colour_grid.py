"""Correlation and class means as colours."""

import numpy as np
import pytest
from sklearn.preprocessing import scale

from pixelmill.pipelines.reporting.colour_grid import correlation_grid, means_grid, standardized

NAMES = ["red", "green", "blue"]


def means(values):
    labels = [f"c{n}" for n in range(len(values))]
    return {"labels": labels, "names": NAMES, "values": np.asarray(values).tolist()}


def test_columns_are_standardized_as_scikit_learn_does():
    values = np.random.default_rng(0).normal(5, 100, size=(7, 3))
    assert standardized(values) == pytest.approx(scale(values))
    values[:, 1] = 3.0
    assert np.array_equal(standardized(values)[:, 1], np.zeros(7))


def test_the_colour_is_the_distance_and_the_number_the_value():
    grid = means_grid(means([[1.0, 0.0, 5.0], [3.0, 0.0, 5.0]]))
    low, *_ = grid.cells[0]
    high, constant, _ = grid.cells[1]
    assert (low.value, low.opacity, low.above) == (1.0, 0.4, False)  # one deviation of 2.5
    assert (high.value, high.opacity, high.above) == (3.0, 0.4, True)
    assert (constant.opacity, grid.size, grid.left_out) == (0.0, "large", 0)


def test_too_many_classes_leave_those_that_differ():
    values = np.zeros((200, 3))
    values[150:, 0] = np.arange(50) + 100
    grid = means_grid(means(values))
    assert len(grid.rows) == 60
    assert set(grid.rows) >= {f"c{n}" for n in range(180, 200)}
    assert grid.rows == sorted(grid.rows, key=lambda name: int(name[1:]))
    assert grid.left_out == 140


def test_an_unknown_correlation_has_no_colour():
    grid = correlation_grid({"names": ["a", "b"], "values": [[1.0, None], [None, None]]})
    assert (grid.cells[0][0].value, grid.cells[0][0].opacity) == (1.0, 1.0)
    assert (grid.cells[0][1].value, grid.cells[0][1].opacity) == (None, 0.0)


@pytest.mark.parametrize("nothing", [None, {}, {"names": ["a"], "values": [[1.0]]}])
def test_one_feature_correlates_with_nothing(nothing):
    assert correlation_grid(nothing) is None


def test_one_class_differs_from_none():
    assert means_grid(None) is None
    assert means_grid(means([[1.0, 2.0, 3.0]])) is None
    assert means_grid({"labels": ["a", "b"], "names": [], "values": [[], []]}) is None
