"""Scatter matrices come to the same numbers, however the features are divided."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pixelmill.preparation import moments
from pixelmill.preparation.moments import Scatter, moments_of

WIDTH = 6


def features(count):
    """float32 [count, WIDTH], correlated, far from zero, one of them constant."""
    random = np.random.default_rng(count)
    rows = random.normal(size=(count, WIDTH)) @ random.normal(size=(WIDTH, WIDTH)) + 100
    rows[:, 2] = 0.1
    return rows.astype(np.float32)


def scatter_of(rows):
    scatter = Scatter(WIDTH)
    scatter.add(rows)
    return scatter


def expected(rows):
    centred = rows.astype(float) - rows.astype(float).mean(axis=0)
    return np.tril(centred.T @ centred)


@pytest.mark.parametrize("rows_at_once", [1, 7, 1000])
def test_blocks_add_up_to_the_whole(monkeypatch, rows_at_once):
    monkeypatch.setattr(moments, "BLOCK_BYTES", 8 * WIDTH * rows_at_once)
    rows = features(50)
    scatter = scatter_of(rows)
    assert scatter.count == 50
    np.testing.assert_allclose(scatter.mean, rows.astype(float).mean(axis=0), rtol=1e-14)
    np.testing.assert_allclose(scatter.lower, expected(rows), rtol=1e-9, atol=1e-9)


@given(st.lists(st.integers(1, 30), min_size=1, max_size=5))
def test_parts_are_put_together(counts):
    parts = [features(count) for count in counts]
    sums = [scatter_of(part) for part in parts]
    lower = np.ascontiguousarray(sum(one.lower for one in sums))
    together = Scatter.of_parts(lower, [(one.count, one.mean) for one in sums])
    rows = np.concatenate(parts)
    np.testing.assert_allclose(together.lower, expected(rows), rtol=1e-9, atol=1e-8)
    found, whole = together.moments, moments_of(rows.astype(float))
    assert found.count == whole.count == len(rows)
    np.testing.assert_allclose(found.mean, whole.mean, rtol=1e-13)
    np.testing.assert_allclose(found.squares, whole.squares, rtol=1e-9, atol=1e-9)
    assert found.constant.tolist() == whole.constant.tolist()


def test_scaled_features_have_the_scatter_matrix_of_their_own():
    rows = features(40)
    deviation = moments_of(rows.astype(float)).deviation
    taken = scatter_of(rows).taken(deviation)
    assert taken.flags.c_contiguous
    np.testing.assert_allclose(taken, expected(rows / deviation), rtol=1e-9, atol=1e-8)
