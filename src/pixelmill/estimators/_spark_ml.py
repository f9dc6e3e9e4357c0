"""Shared by all estimators of Spark ML: their training table, and two-sided fits.

Source: https://spark.apache.org/docs/latest/ml-classification-regression.html
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pixelmill.errors import InputError
from pixelmill.models import Array

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from pyspark.sql import Column, DataFrame

    from pixelmill.estimators import BinaryProblem, Fit, Training

WEIGHT = "weight"


@dataclass(frozen=True)
class Rows:
    """The images of one fit.

    Attributes:
        table: `features` (vector), `target` (double), and `weight` (double) where `weighted`.
        images: Number of rows.
        classes: Number of classes.
        dimension: Features of an image.
        weighted: Whether each image has a weight in the loss; their mean is 1.
    """

    table: DataFrame
    images: int
    classes: int
    dimension: int
    weighted: bool = False

    def columns(self) -> dict[str, Any]:
        """Return the columns, as the arguments of a learner of Spark ML."""
        named = {"featuresCol": "features", "labelCol": "target"}
        return {**named, "weightCol": WEIGHT} if self.weighted else named


class SparkEstimator(ABC):
    """Learns all classes at once, or two sides, by one fit of Spark ML each."""

    @abstractmethod
    def learn(self, rows: Rows) -> Fit:
        """Learn from the images of one fit."""

    def fit(self, training: Training) -> Fit:
        """Learn all classes at once.

        Args:
            training: Prepared features and their classes, as a table.

        Raises:
            InputError: If Spark ML's algorithm knows two classes only, and there are more.
        """
        rows = Rows(training.table(), training.images, training.classes, training.dimension)
        return self.learn(rows)

    def fit_binary(self, training: Training, problems: Sequence[BinaryProblem]) -> list[Fit]:
        """Learn to separate two sides, one problem after another over the whole cluster.

        Args:
            training: Prepared features and their classes, as a table.
            problems: Classes of the two sides, for each problem.
        """
        sizes = _class_sizes(training.table())
        return [self.learn(_two_sides(training, problem, sizes)) for problem in problems]


def require_two_classes(estimator: str, rows: Rows) -> None:
    """Refuse more classes than an algorithm knows.

    Raises:
        InputError: Names the strategies that make a classifier of all classes out of two.
    """
    if rows.classes > 2:
        raise InputError(
            f"modelling.estimator: {estimator} separates two classes and there are "
            f"{rows.classes:,}: set modelling.strategy to one_vs_rest or one_vs_one"
        )


def not_converged(estimator: str, iterations: int, used: Mapping[str, Any]) -> list[str]:
    """Return a warning where an optimization ended because it had no iterations left.

    Args:
        estimator: Estimator name, as the report shows it.
        iterations: Number of iterations.
        used: The estimator's parameters, `maxIter` and perhaps `regParam` among them.
    """
    if iterations < used["maxIter"]:
        return []
    remedy = "maxIter, or regParam," if "regParam" in used else "maxIter"
    warning = (
        f"{estimator} did not converge in {iterations} iterations: raise {remedy} in "
        "modelling.parameters."
    )
    return [warning]


def nothing_learned(estimator: str, weights: Array) -> list[str]:
    """Return a warning where a linear model tells no image from another.

    Args:
        estimator: Estimator name, as the report shows it.
        weights: Weights of the features, of any shape.
    """
    if weights.any():
        return []
    warning = (
        f"{estimator} learned nothing: all weights are 0. Either no feature varies, or some "
        "principal components hardly do, so that no step of Spark succeeds: lower "
        "modelling.preparation.pca, or set a share of the variance such as 0.95."
    )
    return [warning]


def _class_sizes(table: DataFrame) -> dict[int, int]:
    return {int(row["target"]): row["count"] for row in table.groupBy("target").count().collect()}


def _two_sides(training: Training, problem: BinaryProblem, sizes: Mapping[int, int]) -> Rows:
    from pixelmill.spark import functions as sf

    table, target = training.table(), sf.col("target")
    positive = sizes.get(problem.positive, 0)
    if problem.negative is None:
        negative = sum(sizes.values()) - positive
    else:
        negative = sizes.get(problem.negative, 0)
        table = table.filter(target.isin([problem.positive, problem.negative]))
    side = (target == problem.positive).cast("double")
    columns = [sf.col("features"), side.alias("target")]
    if problem.balanced:
        columns.append(_weight(side, positive, negative).alias(WEIGHT))
    return Rows(
        table.select(*columns), positive + negative, 2, training.dimension, problem.balanced
    )


def _weight(side: Column, positive: int, negative: int) -> Column:
    """Return the same as `BinaryProblem.weights`: n / (2 * size of the side)."""
    from pixelmill.spark import functions as sf

    images = positive + negative
    return sf.when(side == 1, images / (2 * positive)).otherwise(images / (2 * negative))
