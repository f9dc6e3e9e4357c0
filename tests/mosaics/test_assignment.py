"""Images get cells: each one its own, and all together near their places."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linear_sum_assignment
from scipy.spatial.distance import cdist

from pixelmill.mosaics.assignment import EXACT, assign_cells, displacement
from tests.mosaics.conftest import islands


def lattice(count, columns):
    order = np.arange(count)
    return np.stack([order % columns, order // columns], axis=1) + 0.5


def spread(places, columns):
    """Places stretched over the cells."""
    low, high = places.min(axis=0), places.max(axis=0)
    return (places - low) / np.where(high > low, high - low, 1) * columns


@settings(max_examples=25, deadline=None)
@given(st.integers(1, 700), st.integers(1, 40), st.integers(1, 9), st.booleans())
def test_every_image_gets_a_cell_of_its_own(count, columns, groups, alike):
    places = np.zeros((count, 2)) if alike else islands(count, groups)[0]
    assigned = assign_cells(spread(places, columns), lattice(count, columns))
    assert sorted(assigned) == list(range(count))


def test_few_images_are_assigned_exactly():
    places, cells = spread(islands(EXACT, 5)[0], 16), lattice(EXACT, 16)
    costs = cdist(places, cells, "sqeuclidean")
    best = costs[linear_sum_assignment(costs)].sum()
    assert displacement(places, cells[assign_cells(places, cells)]) == pytest.approx(best)


@pytest.mark.parametrize(("count", "columns"), [(900, 30), (1000, 25)])
def test_many_images_are_assigned_nearly_as_well(count, columns):
    places, cells = spread(islands(count, 9)[0], columns), lattice(count, columns)
    costs = cdist(places, cells, "sqeuclidean")
    best = costs[linear_sum_assignment(costs)].sum()
    assert displacement(places, cells[assign_cells(places, cells)]) < 1.005 * best


def test_neither_scale_nor_place_of_the_map_matters():
    places, cells = spread(islands(600, 7)[0], 24), lattice(600, 24)
    found = assign_cells(places, cells)
    moved = assign_cells(places * 4 - 64, cells)
    assert displacement(places, cells[moved]) == pytest.approx(
        displacement(places, cells[found]), rel=1e-3
    )


def test_the_same_map_gets_the_same_cells():
    places, cells = spread(islands(500, 7)[0], 20), lattice(500, 20)
    np.testing.assert_array_equal(assign_cells(places, cells), assign_cells(places, cells))
