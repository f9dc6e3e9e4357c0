"""Multinomial logistic regression of arrays, by L-BFGS in one process.

With a weight w_i for each image, of mean 1, and λ the weight of the penalty, it minimizes

    f(W, b) = 1/n Σ_i w_i (log Σ_k exp z_ik - z_i,y(i)) + λ/2 ‖W‖²,   Z = X W' + b

Its gradient needs the probabilities P = softmax(Z) alone: with R = (P - Y) w / n, where Y has a 1
at the class of each image, ∂f/∂W = R' X + λ W and ∂f/∂b = Σ_i R_i. The rows of R sum to zero, and
so do the classes' weights of the minimum, which makes it unique though the softmax is not.

The descent is in V = W D and c = b + W m, with the means m of the features (0 without intercepts)
and a diagonal D: (X - m) D⁻¹ V' + c is the same Z, and features need not be of one scale. Along a
weight f has a curvature of λ to λ + s² / 2, with s the deviation of its feature; D = max(s, √λ)
makes that 1.5 at most. Spark has D = s, which makes it λ / s² where a feature hardly varies: of one
principal component too many, with an s of 1e-15, no step would succeed. By the chain rule
∂f/∂V = (∂f/∂W - ∂f/∂c m') D⁻¹.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from pixelmill.estimators import Arrays
from pixelmill.models import Array

# SciPy compares one step with the one before, Spark ten: this much smaller a change has the weights
# as near to the minimum.
SINGLE_STEP = 0.01


@dataclass(frozen=True, eq=False)
class Descent:
    """Where a descent ended.

    Attributes:
        weights: float64 [classes, d].
        intercepts: float64 [classes], of mean 0.
        iterations: Number of iterations.
    """

    weights: Array
    intercepts: Array
    iterations: int


@dataclass(frozen=True)
class Loss:
    """The function to minimize, of V and c in one row.

    Attributes:
        data: Features, target and weights of the training images.
        penalty: λ.
        intercepts: Whether there are any.
    """

    data: Arrays
    penalty: float
    intercepts: bool

    @cached_property
    def centre(self) -> Array:
        """The means m, float64 [d]."""
        features = self.data.features
        return features.mean(axis=0) if self.intercepts else np.zeros(features.shape[1])

    @cached_property
    def factors(self) -> Array:
        """D⁻¹, float64 [d]; 0 for constant features, which keep weights of 0, as in Spark."""
        features = self.data.features
        squares = np.einsum("ij,ij->j", features, features) / len(features)
        means = features.mean(axis=0)
        # Rounding is all that is left of a variance far below the mean; any factor serves there.
        deviations = np.sqrt(np.maximum(squares - means**2, 1e-14 * squares))
        varies = (features.max(axis=0) > features.min(axis=0)) & (deviations > 0)
        scales = np.maximum(deviations, np.sqrt(self.penalty))
        factors: Array = np.divide(1.0, scales, out=np.zeros_like(scales), where=varies)
        return factors

    def split(self, point: Array) -> tuple[Array, Array]:
        """Return W, float64 [classes, d], and b, float64 [classes], of a point, or no b."""
        classes, dimension = self.data.classes, self.data.features.shape[1]
        weights = point[: classes * dimension].reshape(classes, dimension) * self.factors
        intercepts = point[classes * dimension :]
        return weights, intercepts - weights @ self.centre if self.intercepts else intercepts

    def start(self) -> Array:
        """Weights of zero, and the intercepts that give each class its share of the images."""
        sizes = np.bincount(self.data.target, self.data.weights, minlength=self.data.classes)
        chances = np.log(np.maximum(sizes, 1e-9))
        weights = np.zeros(self.data.classes * self.data.features.shape[1])
        return np.append(weights, chances - chances.mean() if self.intercepts else [])

    def __call__(self, point: Array) -> tuple[float, Array]:
        """Return value and gradient at a point."""
        weights, intercepts = self.split(point)
        # [n, classes] in all steps: Z, then exp(Z - max), P and P - Y in the same memory, then R.
        # Subtracting each row's maximum changes neither P nor log Σ exp z_k - z_y, and exp cannot
        # overflow.
        margins = self.data.features @ weights.T
        if self.intercepts:
            margins += intercepts
        margins -= margins.max(axis=1, keepdims=True)
        shares = np.exp(margins)
        totals = shares.sum(axis=1)
        rows = np.arange(len(totals))
        losses = np.log(totals) - margins[rows, self.data.target]
        shares /= totals[:, None]
        shares[rows, self.data.target] -= 1
        parts = 1 / len(totals) if self.data.weights is None else self.data.weights / len(totals)
        residuals = shares * np.reshape(parts, (-1, 1))
        slope = residuals.T @ self.data.features + self.penalty * weights
        shift = residuals.sum(axis=0)
        slope = (slope - shift[:, None] * self.centre) * self.factors
        loss = np.sum(parts * losses) + self.penalty / 2 * np.sum(weights**2)
        return float(loss), np.append(slope, shift if self.intercepts else [])


def descend(loss: Loss, iterations: int, tolerance: float) -> Descent:
    """Minimize a loss.

    Args:
        loss: Loss on the training images.
        iterations: Maximum number of iterations.
        tolerance: Relative change of the loss at which it ends.

    Source: https://docs.scipy.org/doc/scipy/reference/optimize.minimize-lbfgsb.html
    """
    from scipy.optimize import minimize

    least = SINGLE_STEP * tolerance
    options = {"maxiter": iterations, "maxfun": 20 * iterations, "ftol": least, "gtol": least}
    found = minimize(loss, loss.start(), method="L-BFGS-B", jac=True, options=options)
    weights, intercepts = loss.split(found.x)
    if not loss.intercepts:
        intercepts = np.zeros(len(weights))
    return Descent(weights, intercepts, int(found.nit))
