"""Gradient descent on the hinge loss, many problems at once, in the span of the training rows.

Weights that start at zero and move by sums of training rows are X' A: it is enough to know A,
one coefficient for each row, and the products X X' A, which are the margins. A Gram matrix gives
these in n² operations, whatever the number of features.

Source: `GradientDescent.runMiniBatchSGD`, `HingeGradient` and `SquaredL2Updater` of Spark's MLlib,
https://spark.apache.org/docs/latest/mllib-optimization.html
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pixelmill.models import Array

# Beyond it two products with the rows themselves are fewer operations than one with the Gram
# matrix, which would also be larger than twice the features.
GRAM_ROWS_PER_FEATURE = 2

Products = Callable[[Array], Array]


@dataclass(frozen=True)
class Schedule:
    """How the descent goes.

    Attributes:
        step: Length of the first step; that of the t-th is step / √t.
        penalty: Weight of half the squared length of the weights in the loss.
        iterations: Maximum number of iterations.
        tolerance: Ends where a step is shorter than this share of the weights, or of 1.
    """

    step: float
    penalty: float
    iterations: int
    tolerance: float


@dataclass(frozen=True, eq=False)
class Descent:
    """Where k problems ended.

    Attributes:
        coefficients: float64 [n, k], of the training rows in the weights; zero where the weights
            were no longer finite.
        loss: float64 [k], mean hinge loss; infinite where the weights were no longer finite.
    """

    coefficients: Array
    loss: Array


def fits_gram(rows: int, features: int) -> bool:
    """Return whether a Gram matrix of that many rows is worth its memory and time."""
    return rows <= GRAM_ROWS_PER_FEATURE * features


def products_of(rows: Array) -> Products:
    """Return what multiplies coefficients by X X'.

    Args:
        rows: float64 [n, d].

    Returns:
        A function of float64 [n, k] with the same shape.
    """
    if fits_gram(*rows.shape):
        gram = rows @ rows.T
        return lambda coefficients: gram @ coefficients
    return lambda coefficients: rows @ (rows.T @ coefficients)


def descend(products: Products, signs: Array, shares: Array, schedule: Schedule) -> Descent:
    """Descend from weights of zero.

    Args:
        products: Multiplies float64 [n, k] by X X'.
        signs: float64 [n, k], 1 for the positive side and -1 for the other.
        shares: float64 [n, k], of each row in the loss, with the sum 1; 0 for a row that is not
            of the problem.
        schedule: Steps and when to stop.
    """
    with np.errstate(over="ignore", invalid="ignore"):
        coefficients, margins = _iterate(products, signs, signs * shares, schedule)
        loss = (shares * np.maximum(1 - signs * margins, 0)).sum(axis=0)
    finite = np.isfinite(loss) & np.isfinite(coefficients).all(axis=0)
    return Descent(np.where(finite, coefficients, 0.0), np.where(finite, loss, np.inf))


def _iterate(
    products: Products, signs: Array, pulls: Array, schedule: Schedule
) -> tuple[Array, Array]:
    # One problem: minimize Σ_i s_i max(0, 1 - y_i m_i) + λ/2 |w|² with the margins m = X w. The
    # negative gradient is X' (y s [y m < 1]) - λ w, a hinge pulling only where the margin is below
    # 1. With w = X' a it is X' times `direction`: a moves by step · direction, and m = X X' a by
    # step · X X' direction, so that w itself is never formed. k problems are k columns.
    coefficients, margins = np.zeros_like(signs), np.zeros_like(signs)
    going = np.ones(signs.shape[1], dtype=bool)
    for iteration in range(1, schedule.iterations + 1):
        step = schedule.step / np.sqrt(iteration)
        direction = np.where(signs * margins < 1, pulls, 0.0) - schedule.penalty * coefficients
        direction *= going
        moved = products(direction)
        coefficients += step * direction
        margins += step * moved
        if iteration > 1:  # MLlib compares the weights of two iterations, the first has none before
            going &= _moves(step, direction, moved, coefficients, margins, schedule.tolerance)
        if not going.any():
            break
    return coefficients, margins


def _moves(
    step: float, direction: Array, moved: Array, at: Array, margins: Array, tolerance: float
) -> NDArray[np.bool_]:
    """Return whether the step was still long, bool [k]; with w = X' a, |w|² is a' (X X' a)."""
    change = step**2 * (direction * moved).sum(axis=0)
    size = (at * margins).sum(axis=0)
    long_enough: NDArray[np.bool_] = change >= tolerance**2 * np.maximum(size, 1)
    return long_enough
