"""Fit a preparation: moments, then principal components, wherever the features are stored.

The numbers are those of scikit-learn's StandardScaler, Normalizer and PCA with exact solvers.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import reduce
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from pixelmill.errors import InputError
from pixelmill.models import Array
from pixelmill.parameters import PreparationParameters
from pixelmill.preparation import Preparation
from pixelmill.preparation.eigenvectors import leading_eigenvectors, principal_axes
from pixelmill.preparation.moments import Moments, Scatter, as_floats, in_blocks, moments_of

LARGEST_SCATTER = 4096  # features
# Of the largest variance: what rounding of float32 features leaves where there is none. A linear
# discriminant of such a component is noise, and Spark's linear models learn nothing beside it.
NOISE = 1e-13
LARGEST_GRAM_BYTES = 1_500_000_000  # the driver holds it and what the solver needs besides


class TrainingFeatures(Protocol):
    """Features of the training images, wherever they are stored: [n, d], finite, n ≥ 1."""

    def moments(self, before: Preparation | None = None) -> Moments:
        """Return the moments of the features, after a preparation."""
        ...

    def dimension(self) -> int:
        """Return the number of features of an image."""
        ...

    def scatter(self) -> Scatter:
        """Return the scatter matrix of the features: what is needed of them, in one reading."""
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
    if parameters.pca is not None and reads_once(features, parameters):
        return _fit_at_once(features, parameters.scale, parameters.pca)
    moments = features.moments()
    count, dimension = moments.count, len(moments.mean)
    steps = Preparation(dimension, normalize=parameters.normalize)
    if parameters.scale:
        steps = replace(steps, mean=moments.mean, deviation=moments.deviation)
    if parameters.pca is None:
        return steps
    _check_components(parameters.pca, count, dimension)
    if parameters.normalize:
        moments = features.moments(steps)
    elif parameters.scale:
        moments = _scaled(moments)
    return _with_components(features, steps, moments, parameters.pca, features.gram)


def reads_once(features: TrainingFeatures, parameters: PreparationParameters) -> bool:
    """Return whether a fit takes all that it needs from the scatter matrix.

    The lengths of scaled rows do not follow from it; and of wide features it is large, while there
    may be few images, whose components need no such matrix.
    """
    wanted = parameters.pca is not None and not parameters.normalize
    return wanted and features.dimension() <= LARGEST_SCATTER


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


@dataclass(frozen=True, eq=False)
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

    def dimension(self) -> int:
        """Return the number of features of an image."""
        return int(self.features.shape[1])

    def scatter(self) -> Scatter:
        """Return the scatter matrix of the features."""
        scatter = Scatter(self.dimension())
        scatter.add(self.features)
        return scatter

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


def check_finite(bad: int, example: str | None = None) -> None:
    """Refuse features that are not finite.

    Args:
        bad: Number of images that have such.
        example: Path of one of them.

    Raises:
        InputError: If there is one.
    """
    if bad:
        images = "image" if bad == 1 else "images"
        where = f" ({example} among them)" if example else ""
        raise InputError(
            f"features of {bad:,} {images} are not finite numbers{where}: compute them again in "
            "float32 (featurization.precision: float32) or with other weights, or take such "
            "images out of the data set"
        )


def _check_components(pca: float, count: int, dimension: int) -> None:
    # Of fewer images than features the images themselves are in memory, and their products.
    needed = 8 * min(count, dimension) * dimension
    if needed > LARGEST_GRAM_BYTES:
        raise InputError(
            f"preparation.pca: {dimension:,} features of {count:,} images need a matrix of "
            f"{needed / 1e9:.1f} GB, and one machine is trusted with {LARGEST_GRAM_BYTES / 1e9} "
            f"GB ({int((LARGEST_GRAM_BYTES / 8) ** 0.5):,} features of any number of images): "
            "take features without `pooling: none`, or set pca: null"
        )
    most = min(count, dimension)
    if pca >= 1 and pca > most:
        raise InputError(
            f"preparation.pca: {pca} components are unavailable from {count:,} images of "
            f"{dimension:,} features: take {most:,} at most, or a share of the variance such as "
            "0.95"
        )


def _fit_at_once(features: TrainingFeatures, scale: bool, pca: float) -> Preparation:
    """Fit scaling and PCA on the scatter matrix S, for which the features are read once.

    With the deviations D the scaled features have the scatter matrix D⁻¹ S D⁻¹ about zero.
    """
    dimension = features.dimension()
    scatter = features.scatter()
    moments = scatter.moments
    _check_components(pca, moments.count, dimension)
    steps = Preparation(dimension)
    if scale:
        steps = replace(steps, mean=moments.mean, deviation=moments.deviation)
        moments = _scaled(moments)

    def gram(_: Preparation) -> Array:
        return scatter.taken(steps.deviation)

    return _with_components(features, steps, moments, pca, gram)


def _scaled(moments: Moments) -> Moments:
    """Return the moments of features that are divided by their deviations."""
    squares = np.where(moments.constant, 0.0, moments.count)
    return Moments(moments.count, np.zeros(len(squares)), squares)


def _with_components(
    features: TrainingFeatures,
    steps: Preparation,
    moments: Moments,
    pca: float,
    gram: Callable[[Preparation], Array],
) -> Preparation:
    if moments.constant.all():
        raise InputError(
            "preparation.pca: all images have the same features, so that no component has any "
            "variance: check the images and their features, or set pca: null"
        )
    centred = replace(steps, centre=moments.mean)
    if moments.count < steps.dimension:
        components, variance = principal_axes(_centred(centred, features.collected()), pca)
    else:
        components, variance = leading_eigenvectors(gram(centred), pca)
    varies = variance > NOISE * variance[0]
    components, variance = components[varies], variance[varies]
    # An eigenvector's sign is arbitrary: its largest entry is made positive, as in scikit-learn.
    largest = np.abs(components).argmax(axis=1)
    signs = np.sign(components[np.arange(len(components)), largest])
    share = np.maximum(variance, 0.0) / moments.squares.sum()
    return replace(centred, components=components * signs[:, None], variance_share=share)


def _centred(before: Preparation, features: NDArray[np.floating]) -> Array:
    prepared = before.apply(features)
    return prepared if before.centre is None else prepared - before.centre
