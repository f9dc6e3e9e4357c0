"""Multinomial logistic regression of arrays, by L-BFGS in one process.

With a weight w_i for each image, of mean 1, and λ the weight of the penalty, it minimizes

    f(W, b) = 1/n Σ_i w_i (log Σ_k exp z_ik - z_i,y(i)) + λ/2 ‖W‖²,   Z = X W' + b

Its gradient needs the probabilities P = softmax(Z) alone: with R = (P - Y) w / n, where Y has a 1
at the class of each image, ∂f/∂W = R' X + λ W and ∂f/∂b = Σ_i R_i. The rows of R sum to zero, and
so do the classes' weights of the minimum, which makes it unique though the softmax is not.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from pixelmill.estimators import Arrays
from pixelmill.models import Array

# SciPy compares one step with the one before, Spark ten: this much smaller a change has the weights
# as near to the minimum.
SINGLE_STEP = 0.01


@dataclass(frozen=True)
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
    """The function to minimize, of the weights and intercepts in one row.

    Attributes:
        data: Features, target and weights of the training images.
        penalty: λ.
        intercepts: Whether there are any.
    """

    data: Arrays
    penalty: float
    intercepts: bool

    @cached_property
    def varying(self) -> NDArray[np.bool_]:
        """Features that are not constant, bool [d]; the others keep weights of 0, as in Spark."""
        features = self.data.features
        varying: NDArray[np.bool_] = features.max(axis=0) > features.min(axis=0)
        return varying

    def split(self, point: Array) -> tuple[Array, Array]:
        """Weights, float64 [classes, d], and intercepts, float64 [classes], of a point."""
        classes, dimension = self.data.classes, self.data.features.shape[1]
        weights = point[: classes * dimension].reshape(classes, dimension)
        return weights, point[classes * dimension :]

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
        slope = (residuals.T @ self.data.features + self.penalty * weights) * self.varying
        loss = np.sum(parts * losses) + self.penalty / 2 * np.sum(weights**2)
        return float(loss), np.append(slope, residuals.sum(axis=0) if self.intercepts else [])


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
