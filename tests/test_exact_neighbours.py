"""Neighbours are those of all distances, whatever is asked together."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pixelmill.exact_neighbours import nearest, neighbours_among


def rows(count, dimension, seed=0):
    """float32 [count, dimension], of few values, so that many distances are equal."""
    return np.random.default_rng(seed).integers(0, 3, (count, dimension)).astype(np.float32)


def all_distances(some, others):
    """float64 [n, m]."""
    return np.sqrt(np.square(others[None].astype(float) - some[:, None]).sum(axis=2))


@pytest.mark.parametrize("dimension", [2, 20])
@pytest.mark.parametrize("k", [1, 7, 60])
def test_they_have_the_smallest_distances(dimension, k):
    known, asked = rows(60, dimension), rows(25, dimension, 1)
    found, distances = nearest(known, asked, k)
    every = all_distances(asked, known)
    assert (distances == np.sort(every, axis=1)[:, :k]).all()
    assert (np.take_along_axis(every, found, axis=1) == distances).all()


@pytest.mark.parametrize("dimension", [2, 20])
def test_no_row_is_its_own_neighbour(dimension):
    known = np.random.default_rng(0).normal(size=(50, dimension)).astype(np.float32)
    found, distances = neighbours_among(known, 49)
    assert (np.sort(found, axis=1) == [[j for j in range(50) if j != i] for i in range(50)]).all()
    assert (distances > 0).all()


def test_equal_rows_are_each_others_neighbours():
    found, distances = neighbours_among(np.zeros((100, 3), np.float32), 5)
    assert found.shape == (100, 5)
    assert (distances == 0).all()


@settings(max_examples=20, deadline=None)
@given(st.lists(st.integers(0, 40), max_size=4), st.sampled_from([3, 30]))
def test_they_do_not_depend_on_what_else_is_asked(cuts, dimension):
    random = np.random.default_rng(dimension)
    known, asked = random.normal(size=(80, dimension)), random.normal(size=(40, dimension))
    whole = nearest(known, asked, 9)
    parts = [nearest(known, part, 9) for part in np.split(asked, sorted(cuts)) if len(part)]
    assert (np.concatenate([found for found, _ in parts]) == whole[0]).all()
    assert (np.concatenate([distances for _, distances in parts]) == whole[1]).all()
