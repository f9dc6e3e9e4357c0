"""Fit a preparation: moments, then principal components, wherever the features are stored.

The numbers are those of scikit-learn's StandardScaler, Normalizer and PCA with exact solvers.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import reduce
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from pixelmill.errors import InputError
from pixelmill.models import Array
from pixelmill.parameters import PreparationParameters
from pixelmill.preparation import Preparation
from pixelmill.preparation.eigenvectors import leading_eigenvectors

LARGEST_GRAM_BYTES = 1_500_000_000  # the driver holds it and what the solver needs besides
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


class TrainingFeatures(Protocol):
    """Features of the training images, wherever they are stored: [n, d], finite, n ≥ 1."""

    def moments(self, before: Preparation | None = None) -> Moments:
        """Return the moments of the features, after a preparation."""
        ...

    def gram(self, before: Preparation) -> Array:
        """Return the Gram matrix of the prepared features: [d, d], the lower triangle alone."""
        ...

    def collected(self) -> NDArray[np.floating]:
        """Return the features as an array [n, d]."""
        ...


def fit(features: TrainingFeatures, parameters: PreparationParameters) -> Preparation:
    """Fit scaling, normalization and PCA, each on what the steps before it leave.

    Args:
        features: Features of the training images.
        parameters: Steps of the preparation.

    Raises:
        InputError: If the features have fewer components than wanted.
    """
    moments = features.moments()
    count, dimension = moments.count, len(moments.mean)
    _check_components(parameters.pca, count, dimension)
    steps = Preparation(dimension, normalize=parameters.normalize)
    if parameters.scale:
        steps = replace(steps, mean=moments.mean, deviation=moments.deviation)
    if parameters.pca is None:
        return steps
    if parameters.normalize:
        moments = features.moments(steps)
    elif parameters.scale:
        zeros = np.zeros(dimension)
        moments = Moments(count, zeros, np.where(moments.constant, 0.0, count))
    return _with_components(features, steps, moments, parameters.pca)


def fit_arrays(features: NDArray[np.floating], parameters: PreparationParameters) -> Preparation:
    """Fit a preparation on features in memory.

    Args:
        features: float32 or float64 [n, d], finite, n ≥ 1.
        parameters: Steps of the preparation.

    Returns:
        The same to rounding as `pixelmill.preparation.tables.fit_preparation` of these features.

    Raises:
        InputError: If features are not finite, or there are too few or too many of them for
            the components that are wanted.
    """
    check_finite(int(np.count_nonzero(~np.isfinite(features).all(axis=1))))
    return fit(ArrayFeatures(features), parameters)


@dataclass(frozen=True)
class ArrayFeatures:
    """Features in memory.

    Attributes:
        features: float32 or float64 [n, d].
    """

    features: NDArray[np.floating]

    def moments(self, before: Preparation | None = None) -> Moments:
        """Return the moments of the features, after a preparation."""
        blocks = map(before.apply if before else as_floats, in_blocks(self.features))
        return reduce(Moments.merged, map(moments_of, blocks))

    def gram(self, before: Preparation) -> Array:
        """Return the Gram matrix of the prepared features: [d, d], the lower triangle alone."""
        gram = Gram(before)
        gram.add(self.features)
        return gram.lower

    def collected(self) -> NDArray[np.floating]:
        """Return the features as an array [n, d]."""
        return self.features


class Gram:
    """Gram matrix X'X of prepared features X [n, d], summed up block by block."""

    def __init__(self, before: Preparation) -> None:
        """Begin with zero.

        Args:
            before: Preparation that is applied first, centring as its last step.
        """
        self._before = before
        # BLAS adds to a matrix in Fortran's order in place; read in C's it is the transposed.
        self._upper = np.zeros((before.dimension, before.dimension), order="F")

    def add(self, features: NDArray[np.floating]) -> None:
        """Add features, float32 or float64 [n, d]."""
        from scipy.linalg.blas import dsyrk

        for block in in_blocks(features):
            centred = _centred(self._before, block)
            self._upper = dsyrk(1.0, centred.T, beta=1.0, c=self._upper, overwrite_c=1)

    @property
    def lower(self) -> Array:
        """float64 [d, d], zero above the diagonal."""
        return self._upper.T


def in_blocks(features: NDArray[np.floating]) -> Iterator[NDArray[np.floating]]:
    """Yield features [n, d] in blocks whose copies as float64 stay small."""
    step = max(1, BLOCK_BYTES // (8 * features.shape[1]))
    for start in range(0, len(features), step):
        yield features[start : start + step]


def as_floats(features: NDArray[np.floating]) -> Array:
    """Return the same in float64."""
    return np.asarray(features, np.float64)


def check_finite(bad: int, example: str | None = None) -> None:
    """Refuse features that are not finite.

    Args:
        bad: Number of images that have such.
        example: Path of one of them.

    Raises:
        InputError: If there is one.
    """
    if bad:
        where = f" ({example} among them)" if example else ""
        raise InputError(
            f"features of {bad:,} training images are not finite numbers{where}: compute them "
            "anew in float32 (featurization.precision: float32) or with other weights, or take "
            "these images out of the data set"
        )


def _check_components(pca: float | None, count: int, dimension: int) -> None:
    if pca is None:
        return
    needed = 8 * dimension**2
    if needed > LARGEST_GRAM_BYTES:
        raise InputError(
            f"modelling.preparation.pca: {dimension:,} features of an image need a matrix of "
            f"{needed / 1e9:.1f} GB, and one machine is trusted with {LARGEST_GRAM_BYTES / 1e9} "
            f"GB ({int((LARGEST_GRAM_BYTES / 8) ** 0.5):,} features): take features without "
            "`pooling: none`, or set pca: null"
        )
    most = min(count, dimension)
    if pca >= 1 and pca > most:
        raise InputError(
            f"modelling.preparation.pca: {pca} components are unavailable from {count:,} training "
            f"images of {dimension:,} features: take {most:,} at most, or a share of the variance "
            "such as 0.95"
        )


def _with_components(
    features: TrainingFeatures, steps: Preparation, moments: Moments, pca: float
) -> Preparation:
    if moments.constant.all():
        raise InputError(
            "modelling.preparation.pca: all training images have the same features, so that no "
            "component has any variance: check the images and their features, or set pca: null"
        )
    centred = replace(steps, centre=moments.mean)
    if moments.count < steps.dimension:
        components, variance = _from_few(_centred(centred, features.collected()), pca)
    else:
        components, variance = leading_eigenvectors(features.gram(centred), pca)
    # An eigenvector's sign is arbitrary: its largest entry is made positive, as in scikit-learn.
    largest = np.abs(components).argmax(axis=1)
    signs = np.sign(components[np.arange(len(components)), largest])
    share = np.maximum(variance, 0.0) / moments.squares.sum()
    return replace(centred, components=components * signs[:, None], variance_share=share)


def _centred(before: Preparation, features: NDArray[np.floating]) -> Array:
    prepared = before.apply(features)
    return prepared if before.centre is None else prepared - before.centre


def _from_few(features: Array, pca: float) -> tuple[Array, Array]:
    """Compute the components of fewer images than features from the products of images, [n, n]."""
    # X X' u = λ u gives X' X (X' u) = λ (X' u): the eigenvalues other than 0 are the same, and X' u
    # is an eigenvector of the covariance, from n² numbers instead of d².
    vectors, variance = leading_eigenvectors(features @ features.T, pca)
    # A component X' u has the length √λ, which may be zero: QR makes it 1.
    components, _ = np.linalg.qr(features.T @ vectors.T)
    return components.T, variance
