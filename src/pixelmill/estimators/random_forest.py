"""Random forest, by Spark ML."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from pixelmill.estimators import Fit
from pixelmill.estimators._parameters import Count, read_parameters
from pixelmill.estimators._spark_ml import WEIGHT, Rows, SparkEstimator
from pixelmill.estimators._spark_trees import Depth, TreeParameters, trees_model

if TYPE_CHECKING:
    from pyspark.sql import DataFrame


class RandomForestParameters(TreeParameters):
    """Parameters of `pyspark.ml.classification.RandomForestClassifier`.

    Attributes:
        num_trees: Trees of the forest; 100 as in scikit-learn, where Spark has 20.
        max_depth: Questions between a root and a leaf, at most; Spark allows 30. Spark's own
            default of 5 is too shallow for more than a few classes.
        impurity: Impurity measure of a split.
        bootstrap: Whether each tree draws its images with replacement, and by their weights.
    """

    num_trees: Count = 100
    max_depth: Depth = 10
    impurity: Literal["gini", "entropy"] = "gini"
    bootstrap: bool = True


@dataclass(frozen=True)
class RandomForest(SparkEstimator):
    """Grows trees on random images and features, and takes the mean of their leaves.

    Source: https://spark.apache.org/docs/latest/ml-classification-regression.html
    """

    parameters: RandomForestParameters

    def learn(self, rows: Rows) -> Fit:
        """Learn from the images of one fit.

        Args:
            rows: Features and their classes.

        Returns:
            A model whose scores are probabilities.
        """
        from pyspark.ml import classification

        used = self.parameters.model_dump(by_alias=True)
        learner = classification.RandomForestClassifier(**rows.columns(), **used)
        draws_by_weight = rows.weighted and used["bootstrap"]
        learned = learner.fit(_as_copies(rows.table) if draws_by_weight else rows.table)
        model = trees_model(learned, np.ones(used["numTrees"]), "share")
        return Fit(model, used, spark_model=learned)


def _as_copies(table: "DataFrame") -> "DataFrame":
    """Return an image of weight w as ⌈w⌉ images of weight w / ⌈w⌉, so that trees draw by weight.

    Spark draws all images alike and weighs what was drawn: of a rare class a tree would have two
    images of three, and those it drew twice would count twice their weight. scikit-learn draws by
    weight. There are at most 1.5 times as many rows, as each side has half of the weight.

    Args:
        table: Columns `weight` and others.
    """
    from pixelmill.spark import functions as sf

    copies = sf.ceil(WEIGHT)
    weight = (sf.col(WEIGHT) / copies).alias(WEIGHT)
    others = [name for name in table.columns if name != WEIGHT]
    copied = table.select(*others, weight, sf.explode(sf.sequence(sf.lit(1), copies)).alias("copy"))
    return copied.drop("copy")


def estimator(name: str, parameters: Mapping[str, Any]) -> RandomForest:
    """Return the estimator with the user's parameters.

    Args:
        name: Name as the user wrote it.
        parameters: Parameters by Spark ML's names.

    Raises:
        InputError: For an unknown name or an impossible value.
    """
    return RandomForest(read_parameters(RandomForestParameters, name, parameters))
