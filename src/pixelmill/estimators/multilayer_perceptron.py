"""Multilayer perceptron, by Spark ML."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Literal

from pydantic import Field

from pixelmill.estimators import Fit
from pixelmill.estimators._parameters import (
    Count,
    EstimatorParameters,
    NotNegative,
    Positive,
    read_parameters,
)
from pixelmill.estimators._spark_ml import Rows, SparkEstimator, not_converged
from pixelmill.models import Array
from pixelmill.models.perceptron import PerceptronModel
from pixelmill.parameters import Long

UNWEIGHTED = (
    "The multilayer perceptron of Spark ML takes no weights: both sides count by their number of "
    "images, whatever modelling.balance says."
)


class MultilayerPerceptronParameters(EstimatorParameters):
    """Parameters of `pyspark.ml.classification.MultilayerPerceptronClassifier`.

    Attributes:
        layers: Neurons of each hidden layer; Spark's first and last number, the features and the
            classes, are filled in.
        max_iter: Iterations at most.
        tol: Relative change of the loss at which the optimization ends.
        solver: l-bfgs, or gd: plain gradient descent.
        step_size: Step size of the solver `gd`.
        block_size: Images that are multiplied at once.
        seed: Seed of the initial weights.
    """

    layers: list[Count] = Field(default_factory=lambda: [64])
    max_iter: Count = 100
    tol: NotNegative = 1e-6
    solver: Literal["l-bfgs", "gd"] = "l-bfgs"
    step_size: Positive = 0.03
    block_size: Count = 128
    seed: Long = 0


@dataclass(frozen=True)
class MultilayerPerceptron(SparkEstimator):
    """Fits layers of neurons, all classes at once.

    Source: https://spark.apache.org/docs/latest/ml-classification-regression.html
    """

    parameters: MultilayerPerceptronParameters

    def learn(self, rows: Rows) -> Fit:
        """Learn from the images of one fit.

        Args:
            rows: Features and their classes; weights are left out, and a warning says so.

        Returns:
            A model whose scores are probabilities, with a warning where it did not converge.
        """
        from pyspark.ml import classification

        used = self.parameters.model_dump(by_alias=True)
        layers = [rows.dimension, *used["layers"], rows.classes]
        arguments = used | {"layers": layers, "featuresCol": "features", "labelCol": "target"}
        learned: Any = classification.MultilayerPerceptronClassifier(**arguments).fit(rows.table)
        iterations = learned.summary().totalIterations
        warnings = not_converged("The multilayer perceptron", iterations, used)
        warnings += [UNWEIGHTED] if rows.weighted else []
        return Fit(perceptron(layers, learned.weights.toArray()), used, warnings, learned)


def perceptron(layers: Sequence[int], weights: Array) -> PerceptronModel:
    """Return the layers' arrays out of Spark's single row of weights.

    A layer has first its weights, those of an input for all outputs side by side, then its
    intercepts.

    Args:
        layers: Neurons of each layer, the features first and the classes last.
        weights: float64 [all], as `MultilayerPerceptronClassificationModel.weights`.

    Source: https://github.com/apache/spark/blob/v4.0.2/mllib/src/main/scala/org/apache/spark/ml/ann/Layer.scala
    """
    matrices, intercepts, begin = [], [], 0
    for inputs, outputs in pairwise(layers):
        middle = begin + inputs * outputs
        matrices.append(weights[begin:middle].reshape(inputs, outputs).T)
        begin = middle + outputs
        intercepts.append(weights[middle:begin])
    return PerceptronModel(matrices, intercepts)


def estimator(name: str, parameters: Mapping[str, Any]) -> MultilayerPerceptron:
    """Return the estimator with the user's parameters.

    Args:
        name: Name as the user wrote it.
        parameters: Parameters by Spark ML's names.

    Raises:
        InputError: For an unknown name or an impossible value.
    """
    return MultilayerPerceptron(read_parameters(MultilayerPerceptronParameters, name, parameters))
