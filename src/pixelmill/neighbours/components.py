"""Principal components of the vectors of an index, in the 255 levels of int8."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from pixelmill.neighbours.graph_file import UnreadableIndexError
from pixelmill.neighbours.vector_file import VectorFile
from pixelmill.neighbours.vectors import Vectors

LEVELS = 127  # of int8, on either side of zero
FITTED = 20_000  # vectors at most
FITTED_NUMBERS = 2**25  # in these vectors: fewer of them where they are wide
WITHIN = 0.9999  # share of the numbers that the levels reach to; the others are the last level

DTYPE = np.dtype("<f4")


class Components:
    """Maps vectors to codes whose Euclidean distances are nearly proportional to theirs.

    The projection on the components of most variance is the one of k dimensions that keeps most of
    the squared distances. All codes have one unit, so that squared distances are sums still.

    Attributes:
        mean: float32 [d], subtracted first.
        axes: float32 [k, d], the orthonormal axes times the number of levels in a unit.
    """

    def __init__(self, mean: Vectors, axes: Vectors) -> None:
        """Take the arrays; `fit` and `opened` make them."""
        self.mean = mean
        self.axes = axes

    @classmethod
    def fit(cls, vectors: VectorFile, count: int) -> Components:
        """Fit the components on vectors from all over a file.

        Args:
            vectors: n vectors of d numbers.
            count: Number of components, at most; there are no more than n or d.
        """
        from pixelmill.one_core import one_core
        from pixelmill.preparation.eigenvectors import principal_axes

        dimension = vectors.rows.shape[1]
        fitted = min(len(vectors), FITTED, max(2 * count, FITTED_NUMBERS // dimension))
        sample = vectors.at(np.linspace(0, len(vectors) - 1, fitted).astype(np.int64))
        mean = sample.mean(axis=0, dtype=np.float64)
        centred = sample - mean
        with one_core():
            axes, _ = principal_axes(centred, min(count, fitted, dimension))
            largest = float(np.quantile(np.abs(centred @ axes.T), WITHIN))
        scaled = axes * (LEVELS / largest) if largest else axes
        return cls(mean.astype(DTYPE), scaled.astype(DTYPE))

    @classmethod
    def opened(cls, path: str, dimension: int) -> Components:
        """Read the components of a file.

        Args:
            path: Path on disk.
            dimension: Dimension of the vectors.

        Raises:
            UnreadableIndexError: The file holds no components of such vectors.
        """
        numbers = np.fromfile(path, DTYPE)
        whole = numbers.nbytes == Path(path).stat().st_size and len(numbers) % dimension == 0
        if not (whole and len(numbers) >= 2 * dimension and np.isfinite(numbers).all()):
            raise UnreadableIndexError("its components are those of other vectors")
        mean, *axes = numbers.reshape(-1, dimension)
        return cls(mean, np.stack(axes))

    def save(self, path: Path) -> None:
        """Write all into one file on disk: the mean, then the axes."""
        np.concatenate([self.mean[None], self.axes]).astype(DTYPE).tofile(path)

    def codes(self, vectors: Vectors) -> NDArray[np.int8]:
        """Return the codes of vectors, float32 [n, d]: int8 [n, k]."""
        levels = np.rint((vectors - self.mean) @ self.axes.T)
        return np.clip(levels, -LEVELS, LEVELS, out=levels).astype(np.int8)
