"""Gradient boosting of trees for two classes, by Spark ML."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any

import numpy as np
from pydantic import Field

from pixelmill.estimators import Fit
from pixelmill.estimators._parameters import Count, read_parameters
from pixelmill.estimators._spark_ml import Rows, SparkEstimator, require_two_classes
from pixelmill.estimators._spark_trees import TreeParameters, trees_model


class GradientBoostingParameters(TreeParameters):
    """Parameters of `pyspark.ml.classification.GBTClassifier`.

    Attributes:
        max_iter: Trees.
        step_size: Share of each tree after the first that is added to the sum.
    """

    max_iter: Count = 20
    step_size: Annotated[float, Field(gt=0, le=1)] = 0.1


@dataclass(frozen=True)
class GradientBoosting(SparkEstimator):
    """Grows trees one after another, each on what those before it leave unexplained.

    Source: https://spark.apache.org/docs/latest/ml-classification-regression.html
    """

    parameters: GradientBoostingParameters

    def learn(self, rows: Rows) -> Fit:
        """Learn from the images of one fit.

        Args:
            rows: Features and which side they are on.

        Returns:
            A model whose scores are probabilities.

        Raises:
            InputError: For more than two classes.
        """
        from pyspark.ml import classification

        require_two_classes("gradient_boosting", rows)
        used = self.parameters.model_dump(by_alias=True)
        learned = classification.GBTClassifier(**rows.columns(), **used).fit(rows.table)
        model = trees_model(learned, np.array(learned.treeWeights), "logistic")
        return Fit(model, used, spark_model=learned)


def estimator(name: str, parameters: Mapping[str, Any]) -> GradientBoosting:
    """Return the estimator with the user's parameters.

    Args:
        name: Name as the user wrote it.
        parameters: Parameters by Spark ML's names.

    Raises:
        InputError: For an unknown name or an impossible value.
    """
    return GradientBoosting(read_parameters(GradientBoostingParameters, name, parameters))
