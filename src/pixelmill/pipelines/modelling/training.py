"""Training of a classifier from labelled features."""

from pixelmill.classifier import Classifier, Manifest
from pixelmill.classifier.folder import identity_of
from pixelmill.estimators import Fit, SparkTraining
from pixelmill.parameters import ModellingParameters
from pixelmill.preparation import Preparation
from pixelmill.preparation.tables import fit_preparation, prepared
from pixelmill.records import JoinedFeaturizer
from pixelmill.spark.tables import is_in_memory
from pixelmill.spark.types import Table
from pixelmill.strategies import find_strategy


def fit_classifier(
    train: Table,
    sizes: dict[str, int],
    featurizer: JoinedFeaturizer,
    modelling: ModellingParameters,
) -> tuple[Classifier, list[str]]:
    """Prepare the features and fit estimator and strategy.

    Args:
        train: Training images: columns `path`, `label` (never null) and `features` (array of
            float32).
        sizes: Training images of each label; two labels at least.
        featurizer: What made the features.
        modelling: Preparation, estimator and strategy.

    Returns:
        The classifier, and warnings for the report.
    """
    labels, images = sorted(sizes), sum(sizes.values())
    preparation = fit_preparation(train, modelling.preparation)
    table = prepared(_with_target(train, labels), preparation)
    limit = modelling.broadcast_limit
    training = SparkTraining(table, images, len(labels), preparation.width, limit)
    try:
        fit = find_strategy(modelling).fit(training, labels)
    finally:
        training.release()
    manifest = _manifest(labels, images, preparation, fit, featurizer, modelling)
    return Classifier(manifest, preparation, fit.model, fit.spark_model), fit.warnings


def _with_target(train: Table, labels: list[str]) -> Table:
    """Return `path`, `features` and `target`, the index of the label."""
    columns = ["path", "features", "target"]
    if is_in_memory(train):
        import pyarrow as pa
        import pyarrow.compute as pc

        target = pc.index_in(train["label"], value_set=pa.array(labels, pa.string()))
        return train.append_column("target", target).select(columns)
    from pixelmill.spark import functions as sf

    place = sf.array_position(sf.lit(labels), sf.col("label"))
    return train.withColumn("target", (place - 1).cast("int")).select(*columns)


def _manifest(
    labels: list[str],
    images: int,
    preparation: Preparation,
    fit: Fit,
    featurizer: JoinedFeaturizer,
    modelling: ModellingParameters,
) -> Manifest:
    return Manifest(
        labels=labels,
        dimension=preparation.dimension,
        featurizer=dict(featurizer),
        estimator=modelling.estimator,
        strategy=modelling.strategy,
        parameters=fit.parameters,
        train=images,
        identity=identity_of(labels, preparation, fit.model),
        kind=fit.model.kind,
        probabilities=fit.model.probabilities,
    )
