"""Leading eigenvectors for principal components: LAPACK for many, ARPACK for few."""

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

LARGE = 500  # from so many rows on
FEW = 0.1  # of all eigenvectors cost less than the whole matrix


def principal_axes(centred: Array, wanted: float) -> tuple[Array, Array]:
    """Return the directions of most variance.

    Args:
        centred: float64 [n, d], of mean 0.
        wanted: How many, from 1 to n or d, whichever is less; below 1 as many as hold that share
            of the variance.

    Returns:
        Directions float64 [k, d] of length 1, and sums of squares along them [k], largest first.
    """
    if len(centred) >= centred.shape[1]:
        return leading_eigenvectors(centred.T @ centred, wanted)
    # X X' u = λ u gives X' X (X' u) = λ (X' u): the eigenvalues other than 0 are the same, and X' u
    # is an eigenvector of the covariance, from n² numbers instead of d².
    vectors, squares = leading_eigenvectors(centred @ centred.T, wanted)
    # A component X' u has the length √λ, which may be zero: QR makes it 1.
    axes, _ = np.linalg.qr(centred.T @ vectors.T)
    return axes.T, squares


def leading_eigenvectors(gram: Array, wanted: float) -> tuple[Array, Array]:
    """Return the leading eigenvectors of a symmetric matrix that is not negative.

    Args:
        gram: float64 [d, d] in C's order, of which the lower triangle is read, and spoilt.
        wanted: How many, from 1 to d; below 1 as many as hold that share of the sum of all
            eigenvalues.

    Returns:
        Eigenvectors float64 [k, d] of length 1, and eigenvalues [k], largest first.
    """
    from scipy.linalg import eigh

    size = len(gram)
    # In Fortran's order the lower triangle is an upper one, and need not be copied.
    upper = gram.T
    if size >= LARGE and 1 <= wanted <= size * FEW:
        values, vectors = _by_lanczos(upper, int(wanted))
    else:
        count = _count_for(upper, wanted) if wanted < 1 else int(wanted)
        top = (size - count, size - 1)
        values, vectors = eigh(
            upper, lower=False, overwrite_a=True, subset_by_index=top, driver="evr"
        )
    return np.ascontiguousarray(vectors[:, ::-1].T), values[::-1]


def _by_lanczos(upper: Array, count: int) -> tuple[Array, Array]:
    """Return the largest eigenvalues, ascending and exact, with their vectors [d, count].

    Some hundred products with the matrix take a third of the time of reducing the whole of it.
    """
    from scipy.linalg.blas import dsymv
    from scipy.sparse.linalg import LinearOperator, eigsh

    def product(vector: Array) -> Array:
        return np.asarray(dsymv(1.0, upper, vector, lower=0))

    matrix = LinearOperator(upper.shape, matvec=product, dtype=np.float64)
    # A start that no structure of the matrix is orthogonal to, and the same for every run.
    start = np.random.default_rng(0).standard_normal(len(upper))
    values, vectors = eigsh(matrix, count, which="LA", v0=start)
    return values, vectors


def _count_for(upper: Array, share: float) -> int:
    """Return how many eigenvalues hold a share of the sum of all."""
    from scipy.linalg import eigh

    values = eigh(upper, lower=False, eigvals_only=True, driver="evr")
    values = np.maximum(values[::-1], 0.0)
    shares = np.cumsum(values) / values.sum()
    return min(int(np.searchsorted(shares, share, side="right")) + 1, len(upper))
