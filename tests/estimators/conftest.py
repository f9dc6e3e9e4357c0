"""Small real features: scikit-learn's scanned digits, as arrays and as Spark's table."""

from dataclasses import dataclass

import numpy as np
import pytest
from sklearn.datasets import load_digits
from sklearn.preprocessing import scale

from pixelmill.estimators import Arrays, ArrayTraining, SparkTraining
from pixelmill.models import read_model

LIMIT = 2_000_000_000


@dataclass(frozen=True)
class Digits:
    """Scaled features of digits, the same as arrays and as a table.

    Attributes:
        data: The training images.
        test: float64 [n, 64], images that no training has seen.
        target: int64 [n], their classes.
        table: The training images: `path`, `features`, `target`.
        training: The same for estimators.
    """

    data: Arrays
    test: np.ndarray
    target: np.ndarray
    table: object
    training: SparkTraining

    @property
    def arrays(self):
        """The training images as a grid's task has them."""
        return ArrayTraining(self.data)

    def with_limit(self, limit):
        """The training images where fewer bytes may be broadcast."""
        return SparkTraining(self.table, len(self.data.target), self.data.classes, 64, limit)

    def accuracy(self, model):
        """Share of the unseen images that a model labels right."""
        return np.mean(model.scores(self.test).argmax(axis=1) == self.target)

    def spark_scores(self, learned, column):
        """What `pyspark.ml` itself makes of the unseen images: float64 [n, classes]."""
        from pyspark.ml.linalg import Vectors

        rows = [(number, Vectors.dense(row)) for number, row in enumerate(self.test)]
        table = self.table.sparkSession.createDataFrame(rows, ["number", "features"])
        scored = learned.transform(table).orderBy("number").select(column).collect()
        return np.array([row[0].toArray() for row in scored])

    def check_spark_scores(self, fit, column):
        """Holds the scores of a fit, also after a way through files, to Spark's own."""
        expected = self.spark_scores(fit.spark_model, column)
        stored = read_model(fit.model.kind, fit.model.to_files())
        for model in (fit.model, stored):
            np.testing.assert_allclose(model.scores(self.test), expected, rtol=1e-6, atol=1e-9)
        assert (stored.kind, stored.classes) == (fit.model.kind, expected.shape[1])
        assert stored.probabilities == fit.model.probabilities == (column == "probability")


def digits(spark, classes, images):
    """The first images of the first classes for training, and the next 100 unseen."""
    features, target = load_digits(n_class=classes, return_X_y=True)
    features, target = scale(features), target.astype(np.int64)
    data = Arrays(features[:images], target[:images], classes)
    rows = [
        (f"{number:04}.png", row.tolist(), int(target[number]))
        for number, row in enumerate(data.features)
    ]
    schema = "path string, features array<double>, target int"
    table = spark.createDataFrame(rows, schema).coalesce(1)
    unseen = slice(images, images + 100)
    training = SparkTraining(table, images, classes, 64, LIMIT)
    return Digits(data, features[unseen], target[unseen], table, training)


@pytest.fixture(scope="session")
def four_digits(spark):
    """240 images of the digits 0 to 3."""
    made = digits(spark, classes=4, images=240)
    yield made
    made.training.release()


@pytest.fixture(scope="session")
def two_digits(spark):
    """120 images of the digits 0 and 1."""
    made = digits(spark, classes=2, images=120)
    yield made
    made.training.release()
