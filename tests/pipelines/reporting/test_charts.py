"""Where bars and curves lie."""

import numpy as np
import pytest

from pixelmill.pipelines.reporting.charts import (
    HEIGHT,
    WIDTH,
    balance_bars,
    histograms,
    importance_bars,
    reliability,
    variance_curve,
)


def test_a_bar_is_as_high_as_its_share_is_right():
    empty = {"from": 0.0, "to": 0.1, "images": 0, "confidence": None, "accuracy": None}
    full = {"from": 0.5, "to": 0.6, "images": 8, "confidence": 0.55, "accuracy": 0.75}
    (bar,) = reliability({"bins": [empty, full]})
    assert (bar.left, bar.width, bar.top) == (WIDTH / 2, WIDTH / 10, HEIGHT / 4)
    assert bar.dot == (187, HEIGHT / 4)
    assert reliability(None) == []


def test_the_curve_rises_to_what_is_kept():
    curve = variance_curve([0.5, 0.3, 0.15])
    assert curve.components == 3
    assert curve.kept == pytest.approx(0.95)
    assert curve.milestones[:2] == [(0.5, 1), (0.9, 3)]
    assert curve.line.split()[0] == f"0.0,{HEIGHT:.1f}"
    assert curve.line.split()[1] == f"{WIDTH / 3:.1f},{HEIGHT / 2:.1f}"
    assert curve.dots[0] == (round(WIDTH / 3, 1), HEIGHT / 2)


def test_thousands_of_components_are_thinned_out():
    shares = np.full(4096, 1 / 4096).tolist()
    curve = variance_curve(shares)
    points = curve.line.split()
    assert len(points) < 500
    assert points[-1] == f"{WIDTH:.1f},0.0"
    assert curve.milestones == [(0.5, 2048), (0.9, 3687), (0.95, 3892), (0.99, 4056)]
    assert variance_curve(None) is None
    assert variance_curve([]) is None


def test_the_highest_bin_fills_its_histogram():
    first, second = histograms(
        [{"name": "a", "counts": [1, 4, 0]}, {"name": "b", "counts": [0, 0]}]
    )
    assert first["heights"] == [0.25, 1.0, 0.0]
    assert second["heights"] == [0.0, 0.0]


def test_the_longest_bar_with_its_spread_fills_the_axis():
    first, second = importance_bars(
        [
            {"feature": "a", "permutation": 0.3, "permutation_std": 0.1, "impurity": 0.2},
            {"feature": "b", "permutation": -0.1, "permutation_std": 0.1, "impurity": None},
        ]
    )
    assert (first["length"], first["low"], first["high"]) == (75.0, 50.0, 100.0)
    assert (second["length"], second["low"], second["high"]) == (0.0, 0.0, 0.0)
    assert (first["impurity_length"], second["impurity_length"]) == (100.0, 0.0)
    assert importance_bars([]) == []


def test_the_largest_class_comes_first():
    assert balance_bars({"a": 5, "b": 10}) == [("b", 10, 100.0), ("a", 5, 50.0)]
    assert balance_bars(None) == []
