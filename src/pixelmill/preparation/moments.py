"""Moments and scatter matrices of features, summed up block by block and merged."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pixelmill.models import Array

BLOCK_BYTES = 32 * 2**20
EPSILON = float(np.finfo(np.float64).eps)


@dataclass(frozen=True)
class Moments:
    """Moments of the features of n images, which merge with those of other images.

    Attributes:
        count: n.
        mean: float64 [d].
        squares: float64 [d], sums of squared differences from the mean.
    """

    count: int
    mean: Array
    squares: Array

    def merged(self, other: "Moments") -> "Moments":
        """Return the moments of the images of both; either may be empty.

        Source: Chan, Golub and LeVeque, Algorithms for computing the sample variance (1983).
        """
        # With n = n1 + n2 and δ = mean2 - mean1 the mean is mean1 + δ n2/n. The squares about it
        # are those about each mean, and n1 n2/n δ² for the distance between the two: no large sums
        # are subtracted, as Σx² - n mean² would.
        count = self.count + other.count
        share = other.count / max(count, 1)
        step = other.mean - self.mean
        squares = self.squares + other.squares + step**2 * (self.count * share)
        return Moments(count, self.mean + step * share, squares)

    @property
    def constant(self) -> NDArray[np.bool_]:
        """bool [d], where the variance is no more than rounding leaves: scikit-learn's rule."""
        variance = self.squares / self.count
        rounding = self.count * EPSILON * variance + (self.count * self.mean * EPSILON) ** 2
        return variance <= rounding

    @property
    def deviation(self) -> Array:
        """float64 [d], of the population; 1 where a feature is constant."""
        return np.where(self.constant, 1.0, np.sqrt(self.squares / self.count))


def moments_of(features: Array) -> Moments:
    """Return the moments of features, float64 [n, d] with n ≥ 1."""
    mean = features.mean(axis=0)
    centred = features - mean
    # What rounding left in the mean is taken out of the squares, as scikit-learn does.
    squares = np.einsum("ij,ij->j", centred, centred) - centred.sum(axis=0) ** 2 / len(features)
    return Moments(len(features), mean, np.maximum(squares, 0.0))


class Scatter:
    """Count, mean and sum of products S = Σ (x - mean)(x - mean)' of features, block by block.

    Attributes:
        count: Number of images n.
        mean: float64 [d]; zero without an image.
    """

    def __init__(self, dimension: int) -> None:
        """Begin without images.

        Args:
            dimension: Features of an image, d.
        """
        self.count = 0
        self.mean: Array = np.zeros(dimension)
        # BLAS adds to a matrix in Fortran's order in place; read in C's it is the transposed.
        self._upper = np.zeros((dimension, dimension), order="F")

    def add(self, features: NDArray[np.floating]) -> None:
        """Add images, float32 or float64 [n, d]."""
        from scipy.linalg.blas import dsyrk

        for block in in_blocks(features):
            mean = block.mean(axis=0, dtype=np.float64)
            centred = block - mean
            self._upper = dsyrk(1.0, centred.T, beta=1.0, c=self._upper, overwrite_c=1)
            self._meet(len(block), mean)

    @classmethod
    def of_parts(cls, lower: Array, parts: list[tuple[int, Array]]) -> "Scatter":
        """Return the scatter matrix of images whose sums were made in parts.

        Args:
            lower: float64 [d, d] in C's order, which is taken over: the lower triangle of the sum
                of the parts' S.
            parts: Number of images, at least 1, and mean, float64 [d], of each part.
        """
        scatter = cls.__new__(cls)
        scatter.count, scatter.mean, scatter._upper = 0, np.zeros(len(lower)), lower.T
        for count, mean in parts:
            scatter._meet(count, mean)
        return scatter

    def _meet(self, count: int, mean: Array) -> None:
        """Make S, so far the sum about two means, the one about the mean of all.

        With δ = mean2 - mean1 it grows by n1 n2/n δδ', as the squares of `Moments.merged` do.
        """
        from scipy.linalg.blas import dsyr

        total, step = self.count + count, mean - self.mean
        weight = self.count * count / total
        self._upper = dsyr(weight, step, a=self._upper, overwrite_a=1)
        self.mean = self.mean + step * (count / total)
        self.count = total

    @property
    def moments(self) -> Moments:
        """Moments of the same images."""
        return Moments(self.count, self.mean, np.maximum(self._upper.diagonal(), 0.0))

    @property
    def lower(self) -> Array:
        """float64 [d, d], zero above the diagonal."""
        return self._upper.T

    def taken(self, deviation: Array | None) -> Array:
        """Return S of features that are divided by their deviations, and keep nothing of it.

        Args:
            deviation: float64 [d]; None leaves the features as they are.

        Returns:
            float64 [d, d] in C's order, the lower triangle alone.
        """
        lower = self._upper.T
        if deviation is not None:
            lower /= deviation
            lower /= deviation[:, None]
        del self._upper
        return lower


def in_blocks(features: NDArray[np.floating]) -> Iterator[NDArray[np.floating]]:
    """Yield features [n, d] in blocks whose copies as float64 stay small."""
    step = max(1, BLOCK_BYTES // (8 * features.shape[1]))
    for start in range(0, len(features), step):
        yield features[start : start + step]


def as_floats(features: NDArray[np.floating]) -> Array:
    """Return the same in float64."""
    return np.asarray(features, np.float64)
