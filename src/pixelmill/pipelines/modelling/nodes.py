"""The nodes of the modelling pipeline: features become a classifier and its predictions."""

import logging
import time
from typing import Any

from pydantic import model_validator

from pixelmill.datasets.spark_model import Classifier, Manifest
from pixelmill.errors import InputError
from pixelmill.parameters import ModellingParameters
from pixelmill.pipelines.modelling.training import fit_classifier
from pixelmill.spark.types import DataFrame
from pixelmill.strategies import find_strategy

logger = logging.getLogger(__name__)


class CheckedModelling(ModellingParameters):
    """The classifier's parameters; refused before the run where nothing can be made of them."""

    @model_validator(mode="after")
    def _can_be_found(self) -> "CheckedModelling":
        find_strategy(self)
        return self


def join_features(splits: DataFrame, features: DataFrame) -> DataFrame:
    """Gives each image that has features its label and split.

    Args:
        splits: Columns `path`, `label` (or null), `split`.
        features: Columns `path`, `features` (array of float32, or null), `error` (or null).

    Returns:
        `path`, `label`, `split`, `features`; lazily, and only images without an error.
    """
    usable = features.filter("error is null").select("path", "features")
    return splits.select("path", "label", "split").join(usable, "path")


def train_classifier(
    labelled_features: DataFrame, featurizer: dict[str, Any], modelling: CheckedModelling
) -> tuple[Classifier, dict[str, Any]]:
    """Trains on the split 'train', or says why there is nothing to train.

    Args:
        labelled_features: Columns `path`, `label`, `split`, `features` (array of float32).
        featurizer: What made the features: `fingerprint` and description.
        modelling: Estimator and strategy.

    Returns:
        The classifier, and its summary: `trained`, `reason`, `estimator`, `strategy`,
        `parameters`, `labels`, `train` (images), `seconds`, `warnings`.
    """
    begun = time.perf_counter()
    sizes, warnings = _class_sizes(labelled_features)
    reason = _reason_not_to_train(sizes)
    if reason is None:
        train = labelled_features.filter("split = 'train' and label is not null")
        classifier, more = fit_classifier(train, sizes, featurizer, modelling)
        warnings += more
    else:
        classifier = Classifier(_untrained(reason, featurizer, modelling))
        logger.info("No classifier: %s", reason)
    for warning in warnings:
        logger.warning(warning)
    return classifier, _summary(classifier, warnings, time.perf_counter() - begun)


def predict_test_images(
    classifier: Classifier, labelled_features: DataFrame, featurizer: dict[str, Any]
) -> DataFrame:
    """Labels the images of the split 'test', those without a label among them.

    Args:
        classifier: Trained, or without a model.
        labelled_features: Columns `path`, `label`, `split`, `features` (array of float32).
        featurizer: What made the features; its `fingerprint` must be the classifier's.

    Returns:
        `path`, `label` (or null), `prediction`, `scores` (array of float64 in the order of the
        classifier's labels); no rows where there is no model.

    Raises:
        InputError: Where the classifier was trained on other features.
    """
    trained_on = classifier.manifest.featurizer.get("fingerprint")
    if classifier.model is not None and trained_on != featurizer.get("fingerprint"):
        raise InputError(
            f"the classifier was trained on features of the featurizer {trained_on}, and these "
            f"are of {featurizer.get('fingerprint')}: run `kedro run --pipelines modelling` again"
        )
    return classifier.predict(labelled_features.filter("split = 'test'"))


def _class_sizes(labelled: DataFrame) -> tuple[dict[str, int], list[str]]:
    """Training images of each class that has any, and a warning about those that have none."""
    from pyspark.sql import functions as sf

    training = sf.count_if(sf.col("split") == "train").alias("train")
    counted = labelled.filter("label is not null").groupBy("label").agg(training).collect()
    sizes = {row["label"]: row["train"] for row in counted if row["train"]}
    unseen = sorted(row["label"] for row in counted if not row["train"])
    if not unseen or not sizes:
        return sizes, []
    few = ", ".join(unseen[:5]) + (" …" if len(unseen) > 5 else "")
    warning = (
        f"Classes without a training image that has features: {len(unseen)} ({few}). Their test "
        "images can only be predicted wrong: add images, or change the split."
    )
    return sizes, [warning]


def _reason_not_to_train(sizes: dict[str, int]) -> str | None:
    if not sizes:
        return (
            "No image with features has both a label and the split 'train': "
            "set ingestion.label or splitting to train a classifier."
        )
    if len(sizes) == 1:
        return (
            f"All training images are of one class ({next(iter(sizes))}): "
            "a classifier needs two, so check ingestion.label and splitting."
        )
    return None


def _untrained(reason: str, featurizer: dict[str, Any], modelling: ModellingParameters) -> Manifest:
    return Manifest(
        reason=reason,
        featurizer=featurizer,
        estimator=modelling.estimator,
        strategy=modelling.strategy,
    )


def _summary(classifier: Classifier, warnings: list[str], seconds: float) -> dict[str, Any]:
    shown = {"reason", "estimator", "strategy", "parameters", "labels", "train"}
    return {
        "trained": classifier.model is not None,
        **classifier.manifest.model_dump(include=shown),
        "seconds": round(seconds, 3),
        "warnings": warnings,
    }
