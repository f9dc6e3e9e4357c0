"""Measures of a map are scikit-learn's, and bounded in what they cost."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.manifold import trustworthiness as expected
from sklearn.neighbors import NearestNeighbors

from pixelmill.projections.quality import (
    label_agreement,
    most_agreement,
    neighbour_count,
    trustworthiness,
)
from tests.projections.rows import islands


@pytest.mark.parametrize(
    ("labels", "count"), [(["a", "b", None, "a"], 2), (["a"] * 12, 10), (["a"], 1), ([None], 1)]
)
def test_no_more_neighbours_are_compared_than_there_are(labels, count):
    assert neighbour_count(labels, 10) == count


def test_trustworthiness_is_that_of_scikit_learn():
    rows = islands(300)[0]
    map_of = rows[:, :2].astype(np.float64)
    assert trustworthiness(rows, map_of, 0) == pytest.approx(expected(rows, map_of), abs=1e-12)


def test_trustworthiness_of_few_images_is_unknown_or_a_number():
    rows = islands(12)[0]
    found = [trustworthiness(rows[:n], rows[:n, :2].astype(float), 0) for n in range(1, 13)]
    assert found[:3] == [None] * 3
    assert all(0 <= one <= 1 for one in found[3:])


def test_trustworthiness_of_many_is_of_a_sample_drawn_by_the_seed():
    rows = np.random.default_rng(0).normal(size=(5050, 3)).astype(np.float32)
    map_of = rows[:, :2].astype(np.float64)
    measured = [trustworthiness(rows, map_of, seed) for seed in (0, 0, 1)]
    assert measured[0] == measured[1] != measured[2]
    assert measured[0] == pytest.approx(measured[2], abs=0.01)


@pytest.mark.parametrize("dimension", [2, 12])
def test_label_agreement_is_that_of_all_distances(dimension):
    rows, which = islands(150, dimension, groups=9)
    found = NearestNeighbors().fit(rows).kneighbors(n_neighbors=7, return_distance=False)
    wanted = (which[found] == which[:, None]).mean()
    assert label_agreement(rows, [str(one) for one in which], 7, 0) == pytest.approx(wanted)


def test_images_without_a_label_neither_ask_nor_answer():
    rows = np.arange(6, dtype=np.float32)[:, None]
    assert label_agreement(rows, ["a", None, "a", "b", None, "b"], 1, 0) == 0.5
    assert label_agreement(rows, ["a", None, None, None, None, None], 1, 0) is None


def test_equal_images_are_neighbours_of_each_other():
    assert label_agreement(np.zeros((40, 3), np.float32), ["same"] * 40, 10, 0) == 1


@given(
    st.lists(st.sampled_from(["a", "b", "c", None]), min_size=2, max_size=40), st.integers(1, 12)
)
def test_no_map_agrees_more_than_the_most_that_its_labels_allow(labels, k):
    most = most_agreement(labels, k)
    apart = np.float32([["a", "b", "c", None].index(label) * 100 for label in labels])[:, None]
    reached = label_agreement(apart, labels, k, 0)
    assert (most is None) == (reached is None)
    assert reached is None or reached == pytest.approx(most)
