"""Multinomial logistic regression, in one process if the features fit, else by Spark ML.

An iteration is a product of matrices. Of some thousand images it takes milliseconds, and as a job
of Spark a tenth of a second.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from pixelmill.estimators import Arrays, BinaryProblem, Fit, Training
from pixelmill.estimators._parameters import (
    Count,
    EstimatorParameters,
    NotNegative,
    Share,
    read_parameters,
)
from pixelmill.estimators._softmax_descent import Loss, descend
from pixelmill.estimators._spark_ml import (
    Rows,
    SparkEstimator,
    not_converged,
    nothing_learned,
)
from pixelmill.models.linear import LinearModel
from pixelmill.one_core import one_core

NAME = "Logistic regression"  # in warnings


class LogisticRegressionParameters(EstimatorParameters):
    """Parameters of `pyspark.ml.classification.LogisticRegression`.

    Attributes:
        reg_param: Weight of the penalty; null is 1 / images, which equals scikit-learn's C = 1,
            because Spark divides the loss by the number of images.
        elastic_net_param: Share of the L1 norm in the penalty.
        max_iter: Iterations at most.
        tol: Relative change of the loss at which the optimization ends.
        fit_intercept: Whether each class has an intercept.
        standardization: Whether the penalty is on the coefficients of features of variance 1,
            which the scaler before this has made already.
        family: `auto` is one set of weights for two classes, a set for each of more.
    """

    reg_param: NotNegative | None = None
    elastic_net_param: Share = 0.0
    max_iter: Count = 100
    tol: NotNegative = 1e-6
    fit_intercept: bool = True
    standardization: bool = False
    family: Literal["auto", "multinomial"] = "auto"


@dataclass(frozen=True)
class LogisticRegression(SparkEstimator):
    """Fits one weight for each feature and class, all classes at once, by L-BFGS.

    Source: https://spark.apache.org/docs/latest/ml-classification-regression.html
    """

    parameters: LogisticRegressionParameters

    def fit(self, training: Training) -> Fit:
        """Learn all classes at once.

        Args:
            training: Prepared features and their classes.

        Returns:
            A model whose scores are probabilities, with a warning where it did not converge.
        """
        if not self._in_one_process(training):
            return super().fit(training)
        with one_core():
            return self.learn_arrays(training.arrays())

    def fit_binary(self, training: Training, problems: Sequence[BinaryProblem]) -> list[Fit]:
        """Learn to separate two sides, several problems in a task where there are many.

        Args:
            training: Prepared features and their classes.
            problems: Classes of the two sides, for each problem.
        """
        if not self._in_one_process(training):
            return super().fit_binary(training, problems)
        return training.fit_each(lambda data, one: self.learn_arrays(one.of(data)), problems)

    def learn(self, rows: Rows) -> Fit:
        """Learn from a table, by Spark ML.

        Args:
            rows: Features and their classes.
        """
        from pyspark.ml import classification

        used = self._used(rows.images)
        learned = classification.LogisticRegression(**rows.columns(), **used).fit(rows.table)
        iterations = learned.summary.totalIterations
        model = linear_model(learned)
        warnings = not_converged(NAME, iterations, used) + nothing_learned(NAME, model.weights)
        return Fit(model, used, warnings, learned)

    def learn_arrays(self, data: Arrays) -> Fit:
        """Learn from arrays, what Spark ML learns from the same table.

        Args:
            data: Features and their classes.
        """
        used = self._used(len(data.target))
        # Spark's one row of weights w for two classes is ±w/2 here: the sum of their squares is
        # half as large, and weighs twice as much.
        two_sides = data.classes == 2 and self.parameters.family == "auto"
        penalty = used["regParam"] * (2 if two_sides else 1)
        loss = Loss(data, penalty, self.parameters.fit_intercept)
        found = descend(loss, self.parameters.max_iter, self.parameters.tol)
        warnings = not_converged(NAME, found.iterations, used)
        return Fit(LinearModel(found.weights, found.intercepts, "softmax"), used, warnings)

    def _in_one_process(self, training: Training) -> bool:
        """Return whether the features are small and the descent supports the penalty."""
        return (
            training.fits_one_process
            and not self.parameters.elastic_net_param
            and not self.parameters.standardization
        )

    def _used(self, images: int) -> dict[str, Any]:
        used = self.parameters.model_dump(by_alias=True)
        if used["regParam"] is None:
            used["regParam"] = 1 / images
        return used


def linear_model(learned: Any) -> LinearModel:
    """Return the arrays of a `pyspark.ml` logistic regression.

    Of two classes Spark keeps one row of coefficients: half of it for the one and half against
    the other have the same probabilities.

    Args:
        learned: A `LogisticRegressionModel`.
    """
    weights = learned.coefficientMatrix.toArray()
    intercepts = learned.interceptVector.toArray()
    if len(weights) == 1:
        sides = np.array([-0.5, 0.5])
        weights, intercepts = sides[:, None] * weights, sides * intercepts
    return LinearModel(weights, intercepts, "softmax")


def estimator(name: str, parameters: Mapping[str, Any]) -> LogisticRegression:
    """Return the estimator with the user's parameters.

    Args:
        name: Name as the user wrote it.
        parameters: Parameters by Spark ML's names.

    Raises:
        InputError: For an unknown name or an impossible value.
    """
    return LogisticRegression(read_parameters(LogisticRegressionParameters, name, parameters))
