"""Multinomial logistic regression, by Spark ML."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from pixelmill.estimators import Fit
from pixelmill.estimators._parameters import (
    Count,
    EstimatorParameters,
    NotNegative,
    Share,
    read_parameters,
)
from pixelmill.estimators._spark_ml import Rows, SparkEstimator, not_converged
from pixelmill.models.linear import LinearModel


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

    def learn(self, rows: Rows) -> Fit:
        """Learns from the images of one fit.

        Args:
            rows: Features and their classes.

        Returns:
            A model whose scores are probabilities, with a warning where it did not converge.
        """
        from pyspark.ml import classification

        used = self.parameters.model_dump(by_alias=True)
        if used["regParam"] is None:
            used["regParam"] = 1 / rows.images
        learned = classification.LogisticRegression(**rows.columns(), **used).fit(rows.table)
        iterations = learned.summary.totalIterations
        warnings = not_converged("Logistic regression", iterations, used)
        return Fit(linear_model(learned), used, warnings, learned)


def linear_model(learned: Any) -> LinearModel:
    """The arrays of a `pyspark.ml` logistic regression.

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
    """The estimator with the user's parameters.

    Args:
        name: As the user wrote it.
        parameters: By Spark ML's names.

    Raises:
        InputError: For an unknown name or an impossible value.
    """
    return LogisticRegression(read_parameters(LogisticRegressionParameters, name, parameters))
