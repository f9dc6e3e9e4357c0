"""The k-distance curve lies where its numbers say."""

import pytest

from pixelmill.pipelines.reporting.charts import HEIGHT, WIDTH
from pixelmill.pipelines.reporting.k_distances import k_distances

GROUPING = {"k_distances": [0.1, 0.2, 0.3, 3.0], "knee": 2, "eps": 0.3}


def test_the_curve_rises_from_left_to_right():
    curve = k_distances(GROUPING)
    assert curve.top == pytest.approx(4)
    assert curve.line == f"0.0,234.0 113.3,228.0 226.7,222.0 {WIDTH:.1f},60.0"
    assert curve.knee == (226.7, 222.0)
    assert curve.eps == (0.3, 222.0)


@pytest.mark.parametrize(("largest", "top"), [(0.0, 1), (1, 1), (1.01, 2), (7e-5, 8e-5), (90, 100)])
def test_the_quarters_of_the_axis_are_round_numbers(largest, top):
    assert k_distances({"k_distances": [0.0, largest]}).top == pytest.approx(top)


def test_one_distance_of_nothing_is_a_curve_too():
    curve = k_distances({"k_distances": [0.0], "knee": None, "eps": None})
    assert (curve.line, curve.knee, curve.eps) == (f"0.0,{HEIGHT:.1f}", None, None)


def test_an_eps_above_all_distances_is_within_the_chart():
    assert k_distances({"k_distances": [1.0, 2.0], "eps": 3.0}).eps == (3.0, 60.0)


@pytest.mark.parametrize("grouping", [{}, {"k_distances": []}])
def test_a_grouping_without_distances_has_no_curve(grouping):
    assert k_distances(grouping) is None
