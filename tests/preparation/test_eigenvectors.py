"""A few eigenvectors of a large matrix are those that LAPACK finds when it solves the whole."""

import numpy as np
import pytest
from scipy.linalg import block_diag, eigh

from pixelmill.preparation.eigenvectors import LARGE, leading_eigenvectors, principal_axes

SIZE = 600


def gram_of(rank, decay=0.97):
    """float64 [SIZE, SIZE] of rows that span so many dimensions, of which the first count most."""
    random = np.random.default_rng(0)
    rows = random.normal(size=(2 * SIZE, rank)) * decay ** np.arange(rank)
    return np.ascontiguousarray(np.cov(rows @ random.normal(size=(rank, SIZE)), rowvar=False))


@pytest.mark.parametrize("wanted", [1, 7, 60, 61, 0.5, 0.99])
def test_they_are_those_of_the_whole_matrix(wanted):
    gram = gram_of(SIZE)
    values, vectors = eigh(gram)
    found, leading = leading_eigenvectors(np.tril(gram), wanted)
    count = len(leading)
    if wanted < 1:
        shares = np.cumsum(values[::-1]) / values.sum()
        assert shares[count - 2] < wanted <= shares[count - 1]
    else:
        assert count == wanted
    np.testing.assert_allclose(leading, values[::-1][:count], rtol=1e-11)
    likeness = np.abs((found * vectors[:, ::-1].T[:count]).sum(axis=1))
    np.testing.assert_allclose(likeness, 1, rtol=0, atol=1e-9)


@pytest.mark.parametrize(
    "gram",
    [
        np.eye(SIZE),
        gram_of(20),
        block_diag(*[np.array([[1.0, -1.0], [-1.0, 1.0]])] * (SIZE // 2)),
        np.diag([3.0, *[0.0] * (SIZE - 1)]),
    ],
    ids=["all equal", "fewer dimensions than are wanted", "pairs of opposites", "one alone"],
)
def test_equal_and_missing_eigenvalues_still_give_vectors_at_right_angles(gram):
    assert len(gram) >= LARGE
    vectors, values = leading_eigenvectors(np.tril(gram), 40)
    np.testing.assert_allclose(vectors @ vectors.T, np.eye(40), atol=1e-10)
    np.testing.assert_allclose(vectors @ gram, values[:, None] * vectors, atol=1e-9)
    np.testing.assert_allclose(values, eigh(gram, eigvals_only=True)[::-1][:40], atol=1e-9)


def test_they_are_the_same_every_time():
    gram = gram_of(SIZE)
    first, _ = leading_eigenvectors(np.tril(gram), 30)
    second, _ = leading_eigenvectors(np.tril(gram), 30)
    assert (first == second).all()


@pytest.mark.parametrize("shape", [(30, 80), (80, 30), (30, 30)])
@pytest.mark.parametrize("wanted", [5, 0.9])
def test_principal_axes_are_singular_vectors(shape, wanted):
    rows = np.random.default_rng(0).normal(size=shape) * np.geomspace(1, 0.1, shape[1])
    rows -= rows.mean(axis=0)
    axes, squares = principal_axes(rows, wanted)
    _, values, vectors = np.linalg.svd(rows, full_matrices=False)
    np.testing.assert_allclose(squares, values[: len(axes)] ** 2, rtol=1e-9)
    likeness = np.abs((axes * vectors[: len(axes)]).sum(axis=1))
    np.testing.assert_allclose(likeness, 1, rtol=0, atol=1e-9)
