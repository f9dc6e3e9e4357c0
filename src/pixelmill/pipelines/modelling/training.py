"""From labelled features to a classifier."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from pixelmill.datasets.spark_model import Classifier, Manifest
from pixelmill.estimators import Training
from pixelmill.parameters import ModellingParameters
from pixelmill.strategies import find_strategy

if TYPE_CHECKING:
    from pyspark.ml.feature import StandardScalerModel
    from pyspark.sql import DataFrame

BYTES_PER_PARTITION = 32 * 2**20
BYTES_PER_FEATURE = 8


def fit_classifier(
    train: "DataFrame", sizes: dict[str, int], featurizer: dict[str, Any], want: ModellingParameters
) -> tuple[Classifier, list[str]]:
    """Scales the features to mean 0 and variance 1 and fits estimator and strategy.

    Args:
        train: Training images: columns `label` (never null) and `features` (array of float32).
        sizes: Training images of each label; two labels at least.
        featurizer: What made the features: `fingerprint` and description.
        want: Estimator and strategy.

    Returns:
        The classifier, and warnings for the report.
    """
    from pyspark.ml import PipelineModel

    labels = sorted(sizes)
    strategy = find_strategy(want)
    with _gathered(train, labels, sum(sizes.values())) as gathered:
        scaler = _scaler(gathered)
        table = scaler.transform(gathered).select("features", "target")
        fit = strategy.fit(Training(table, sum(sizes.values()), len(labels)))
    manifest = Manifest(
        labels=labels,
        dimension=scaler.mean.toArray().size,
        featurizer=featurizer,
        estimator=want.estimator,
        strategy=want.strategy,
        parameters=fit.parameters,
        train=sum(sizes.values()),
    )
    return Classifier(manifest, PipelineModel(stages=[scaler, fit.model])), fit.warnings


@contextmanager
def _gathered(train: "DataFrame", labels: list[str], images: int) -> Iterator["DataFrame"]:
    """The training images as `vector` and `target`, held in memory, in few partitions.

    Every iteration of an optimization is a Spark job with a task for each partition: for small
    data their overhead is the whole cost.
    """
    from pyspark.ml.functions import array_to_vector
    from pyspark.sql import functions as sf

    target = sf.array_position(sf.lit(labels), sf.col("label")) - 1
    vectors = train.select(
        array_to_vector(sf.col("features")).alias("vector"), target.cast("double").alias("target")
    ).persist()
    try:
        first = vectors.first()
        dimension = 0 if first is None else first["vector"].toArray().size
        bytes_in_all = images * dimension * BYTES_PER_FEATURE
        yield vectors.coalesce(1 + bytes_in_all // BYTES_PER_PARTITION)
    finally:
        vectors.unpersist()


def _scaler(vectors: "DataFrame") -> "StandardScalerModel":
    from pyspark.ml.feature import StandardScaler

    scaler = StandardScaler(inputCol="vector", outputCol="features", withMean=True, withStd=True)
    return scaler.fit(vectors)
