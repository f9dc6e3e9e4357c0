"""The knee of the k-distances is where they begin to grow, and something is said without one."""

import numpy as np
import pytest

from pixelmill.groupings.knee import find_knee, k_distances, thinned


def test_distances_count_the_row_itself():
    rows = np.float32([[0], [1], [3], [7]])
    assert k_distances(rows, 1).tolist() == [0, 0, 0, 0]
    assert k_distances(rows, 2).tolist() == [1, 1, 2, 4]
    assert k_distances(rows, 3).tolist() == [3, 2, 3, 6]


def test_the_knee_is_where_distances_begin_to_grow():
    curve = np.concatenate([np.linspace(1, 1.2, 180), np.linspace(1.3, 9, 20)])
    knee = find_knee(np.random.default_rng(0).permutation(curve))
    assert knee.position == pytest.approx(180, abs=3)
    assert knee.eps == knee.curve[knee.position]
    assert knee.notes == []


def test_a_straight_curve_has_no_knee_and_it_is_said():
    knee = find_knee(np.full(50, 3.0))
    assert knee.eps == 3
    assert "has no knee: eps is the distance within which 90% of the images" in knee.notes[0]


def test_distances_that_are_all_zero_are_said():
    knee = find_knee(np.zeros(50))
    assert knee.eps == 0
    assert knee.notes == [
        "every image has others with the same features: only equal images make a group"
    ]


@pytest.mark.parametrize("count", [1, 2, 3])
def test_few_distances_have_an_eps(count):
    assert find_knee(np.arange(1.0, count + 1)).eps > 0


def test_the_fallback_is_never_zero():
    assert find_knee(np.array([0.0] * 99 + [5.0])).eps == 5


def test_a_long_curve_keeps_its_ends():
    curve = thinned(np.arange(100_000.0))
    assert (len(curve), curve[0], curve[-1]) == (200, 0, 99_999)
