"""Linear support vector machine by the update rule of MLlib's SVMWithSGD, vectorized."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from pixelmill.errors import InputError
from pixelmill.estimators import Arrays, BinaryProblem, Fit, Training
from pixelmill.estimators._class_rows import ClassRows
from pixelmill.estimators._hinge_descent import (
    Descent,
    Products,
    Schedule,
    descend,
    products_of,
)
from pixelmill.estimators._parameters import (
    Count,
    EstimatorParameters,
    NotNegative,
    Positive,
    read_parameters,
)
from pixelmill.models import Array
from pixelmill.models.linear import binary_margins

DIVERGED = (
    "The descent diverged: the hinge loss ended above that of weights of zero; lower step in "
    "modelling.parameters, or set modelling.preparation.normalize."
)


class SvmSgdParameters(EstimatorParameters):
    """Parameters of `pyspark.mllib.classification.SVMWithSGD.train`.

    The batch is all images, and there is no intercept, which is MLlib's default and which features
    of mean 0 need less.

    Attributes:
        iterations: Maximum number of iterations.
        step: Length of the first step; that of the t-th is step / √t.
        reg_param: Weight of the penalty.
        reg_type: The penalty: half the squared length of the weights, or none.
        convergence_tol: Share of the weights' length below which a step is the last.
    """

    iterations: Count = 100
    step: Positive = 1.0
    reg_param: NotNegative = 0.01
    reg_type: Literal["l2"] | None = "l2"
    convergence_tol: Annotated[float, Field(ge=0, le=1)] = 0.001

    def schedule(self) -> Schedule:
        """Return the problem in the form of the descent."""
        penalty = self.reg_param if self.reg_type else 0.0
        return Schedule(self.step, penalty, self.iterations, self.convergence_tol)


@dataclass(frozen=True)
class SvmSgd:
    """Fits one weight for each feature, for all problems of a call together.

    It runs where it is called: the pairs share one Gram matrix, which would cost a cluster more
    to send around than to use.

    Source: https://spark.apache.org/docs/latest/mllib-linear-methods.html#linear-support-vector-machines-svms
    """

    parameters: SvmSgdParameters

    def fit(self, training: Training) -> Fit:
        """Learn to separate two classes.

        Args:
            training: Prepared features and their classes.

        Raises:
            InputError: If there are more than two classes.
        """
        require_two_classes("svm_sgd", training)
        (fit,) = self.fit_binary(training, [BinaryProblem(1, 0)])
        return fit

    def fit_binary(self, training: Training, problems: Sequence[BinaryProblem]) -> list[Fit]:
        """Learn to separate two sides, once for each problem.

        Args:
            training: Prepared features and their classes.
            problems: Classes of the two sides, for each problem.

        Returns:
            Linear models without a link, with a warning where the descent diverged.
        """
        data = training.arrays()
        together = [one for one in problems if one.negative is None]
        pairs = [one for one in problems if one.negative is not None]
        fits = dict(zip(together, self._solve_together(data, together), strict=True))
        fits |= dict(zip(pairs, self._solve_pairs(data, pairs), strict=True))
        return [fits[problem] for problem in problems]

    def _solve_together(self, data: Arrays, problems: Sequence[BinaryProblem]) -> list[Fit]:
        """Solve problems of all images: one product an iteration for all of them."""
        if not problems:
            return []
        targets = [(data.target == problem.positive).astype(np.int64) for problem in problems]
        descent = self._descend(products_of(data.features), problems, targets)
        found = descent.coefficients.T @ data.features
        return [self._fitted(*one) for one in zip(found, descent.loss, strict=True)]

    def _solve_pairs(self, data: Arrays, problems: Sequence[BinaryProblem]) -> list[Fit]:
        """Solve problems of two classes, each with its part of one Gram matrix."""
        rows = ClassRows(data, problems)
        fits: dict[BinaryProblem, Fit] = {}
        for batch in rows.batches(problems):
            descent = self._descend(rows.products(batch), batch, [rows.target(p) for p in batch])
            for problem, column, loss in zip(
                batch, descent.coefficients.T, descent.loss, strict=True
            ):
                fits[problem] = self._fitted(rows.combine(problem, column), loss)
        return [fits[problem] for problem in problems]

    def _descend(
        self,
        products: Products,
        problems: Sequence[BinaryProblem],
        targets: Sequence[NDArray[np.int64]],
    ) -> Descent:
        """Descend for problems of which some may have fewer rows than the one with the most."""
        images = max(map(len, targets))
        signs, shares = np.ones((images, len(problems))), np.zeros((images, len(problems)))
        for column, (problem, target) in enumerate(zip(problems, targets, strict=True)):
            weights = problem.weights(target)
            signs[: len(target), column] = np.where(target == 1, 1.0, -1.0)
            share = (1.0 if weights is None else weights) / max(1, len(target))
            shares[: len(target), column] = share
        return descend(products, signs, shares, self.parameters.schedule())

    def _fitted(self, weights: Array, loss: float) -> Fit:
        warnings = [DIVERGED] if loss > 1 else []
        used = self.parameters.model_dump(by_alias=True)
        return Fit(binary_margins(weights, 0.0), used, warnings)


def require_two_classes(estimator: str, training: Training) -> None:
    """Refuse more classes than a support vector machine knows.

    Raises:
        InputError: Names the strategies that make a classifier of all classes out of two.
    """
    if training.classes > 2:
        raise InputError(
            f"modelling.estimator: {estimator} separates two classes and there are "
            f"{training.classes:,}: set modelling.strategy to one_vs_one or one_vs_rest"
        )


def estimator(name: str, parameters: Mapping[str, Any]) -> SvmSgd:
    """Return the estimator with the user's parameters.

    Args:
        name: Name as the user wrote it.
        parameters: Parameters by MLlib's names.

    Raises:
        InputError: For an unknown name or an impossible value.
    """
    return SvmSgd(read_parameters(SvmSgdParameters, name, parameters))
