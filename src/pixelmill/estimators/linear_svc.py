"""Linear support vector machine of two classes, by Spark ML."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pixelmill.estimators import Fit
from pixelmill.estimators._parameters import (
    Count,
    EstimatorParameters,
    NotNegative,
    read_parameters,
)
from pixelmill.estimators._spark_ml import (
    Rows,
    SparkEstimator,
    not_converged,
    nothing_learned,
    require_two_classes,
)
from pixelmill.models.linear import binary_margins


class LinearSvcParameters(EstimatorParameters):
    """Parameters of `pyspark.ml.classification.LinearSVC`.

    Attributes:
        reg_param: Weight of the penalty; null is 1 / images, which equals scikit-learn's C = 1
            with `loss: hinge`, because Spark divides the loss by the number of images.
        max_iter: Iterations at most; a class against many takes up to twice Spark's default of 100.
        tol: Relative change of the loss at which the optimization ends; the hinge has a corner,
            where the last digits cost Spark many times what the first ones do.
        fit_intercept: Whether there is an intercept.
        standardization: Whether the penalty is on the coefficients of features of variance 1,
            which the scaler before this has made already.
    """

    reg_param: NotNegative | None = None
    max_iter: Count = 300
    tol: NotNegative = 1e-4
    fit_intercept: bool = True
    standardization: bool = False


@dataclass(frozen=True)
class LinearSvc(SparkEstimator):
    """Fits the plane with the widest margin between two sides, by the hinge loss and OWL-QN.

    Source: https://spark.apache.org/docs/latest/ml-classification-regression.html
    """

    parameters: LinearSvcParameters

    def learn(self, rows: Rows) -> Fit:
        """Learn from the images of one fit.

        Args:
            rows: Features and which side they are on.

        Returns:
            A model whose scores are margins, with a warning where it did not converge.

        Raises:
            InputError: For more than two classes.
        """
        from pyspark.ml import classification

        require_two_classes("linear_svc", rows)
        used = self.parameters.model_dump(by_alias=True)
        if used["regParam"] is None:
            used["regParam"] = 1 / rows.images
        learned: Any = classification.LinearSVC(**rows.columns(), **used).fit(rows.table)
        model = binary_margins(learned.coefficients.toArray(), learned.intercept)
        iterations = learned.summary().totalIterations
        name = "The linear support vector machine"
        warnings = not_converged(name, iterations, used) + nothing_learned(name, model.weights)
        return Fit(model, used, warnings, learned)


def estimator(name: str, parameters: Mapping[str, Any]) -> LinearSvc:
    """Return the estimator with the user's parameters.

    Args:
        name: Name as the user wrote it.
        parameters: Parameters by Spark ML's names.

    Raises:
        InputError: For an unknown name or an impossible value.
    """
    return LinearSvc(read_parameters(LinearSvcParameters, name, parameters))
