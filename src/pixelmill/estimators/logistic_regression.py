"""Multinomial logistic regression, by Spark ML."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Literal

from pydantic import Field

from pixelmill.estimators import Fit, Training
from pixelmill.estimators._parameters import EstimatorParameters, read_parameters

NotNegative = Annotated[float, Field(ge=0, allow_inf_nan=False)]


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
    elastic_net_param: Annotated[float, Field(ge=0, le=1)] = 0.0
    max_iter: Annotated[int, Field(ge=1)] = 100
    tol: NotNegative = 1e-6
    fit_intercept: bool = True
    standardization: bool = False
    family: Literal["auto", "multinomial"] = "auto"


@dataclass(frozen=True)
class LogisticRegression:
    """Fits one weight for each feature and class, all classes at once.

    Source: https://spark.apache.org/docs/latest/ml-classification-regression.html
    """

    parameters: LogisticRegressionParameters

    def fit(self, training: Training) -> Fit:
        """Learns by L-BFGS.

        Args:
            training: Scaled features and their classes.

        Returns:
            A model whose scores are probabilities, with a warning where it did not converge.
        """
        from pyspark.ml import classification

        used = self.parameters.model_dump(by_alias=True)
        used["regParam"] = _penalty(self.parameters, training)
        learner = classification.LogisticRegression(
            featuresCol="features", labelCol="target", probabilityCol="scores", **used
        )
        model = learner.fit(training.table)
        return Fit(model, used, _warnings(model.summary.totalIterations, used))


def estimator(name: str, parameters: Mapping[str, Any]) -> LogisticRegression:
    """The estimator with the user's parameters.

    Args:
        name: As the user wrote it.
        parameters: By Spark ML's names.

    Raises:
        InputError: For an unknown name or an impossible value.
    """
    return LogisticRegression(read_parameters(LogisticRegressionParameters, name, parameters))


def _penalty(parameters: LogisticRegressionParameters, training: Training) -> float:
    chosen = parameters.reg_param
    return 1 / training.images if chosen is None else chosen


def _warnings(iterations: int, used: dict[str, Any]) -> list[str]:
    if iterations < used["maxIter"]:
        return []
    warning = (
        f"Logistic regression did not converge in {iterations} iterations: raise maxIter, or "
        "regParam, in modelling.parameters."
    )
    return [warning]
