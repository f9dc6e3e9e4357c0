"""Nodes of the modelling pipeline: training and test predictions."""

import logging
import time
from collections.abc import Iterable, Set

from pydantic import model_validator

from pixelmill.classifier import Classifier, Manifest
from pixelmill.classifier.tables import predict
from pixelmill.datasets.feature_sets import FeatureSet
from pixelmill.datasets.small_tables import small_rows
from pixelmill.errors import InputError
from pixelmill.featurizers import Description
from pixelmill.grid import check_grid
from pixelmill.grid.plan import warnings_of
from pixelmill.parameters import ModellingParameters
from pixelmill.pipelines.modelling.images import (
    chosen_sizes,
    classes_of,
    test_images,
    training_images,
)
from pixelmill.pipelines.modelling.joining import find_sets, joined_description, joined_features
from pixelmill.pipelines.modelling.training import fit_classifier
from pixelmill.records import ChosenEstimator, ClassifierSummary, JoinedFeaturizer
from pixelmill.spark.tables import count_by, join_by_path
from pixelmill.spark.types import DataFrame, Table
from pixelmill.strategies import find_strategy

logger = logging.getLogger(__name__)


class CheckedModelling(ModellingParameters):
    """The classifier's parameters; refused before the run where nothing can be made of them."""

    @model_validator(mode="after")
    def _can_be_found(self) -> "CheckedModelling":
        find_strategy(self)
        check_grid(self)
        return self


def join_features(
    splits: DataFrame,
    features: DataFrame,  # noqa: ARG001 (it must be complete before feature_sets is loaded)
    featurizer: Description,
    feature_sets: list[FeatureSet],
    modelling: ModellingParameters,
) -> tuple[Table, JoinedFeaturizer]:
    """Give each image that has features its label and split.

    Args:
        splits: Columns `path`, `label` (or null), `split`.
        features: The table of the current featurizer.
        featurizer: Description of the current featurizer.
        feature_sets: The complete features of all featurizers.
        modelling: Names those that are joined.

    Returns:
        `path`, `label`, `split`, `features`, only images without an error, in memory where they are
        few; and what made the features.

    Raises:
        InputError: If features that the parameters name are not there.
    """
    sets = find_sets(modelling.features, featurizer, feature_sets)
    columns = ["path", "label", "split"]
    few = small_rows(splits, columns)
    images = splits.select(*columns) if few is None else few
    return join_by_path(images, joined_features(sets), "inner"), joined_description(sets)


def train_classifier(
    labelled_features: Table,
    featurizer: JoinedFeaturizer,
    modelling: CheckedModelling,
    chosen: ChosenEstimator | None = None,
) -> tuple[Classifier, ClassifierSummary]:
    """Train on the split 'train', or say why there is nothing to train.

    Args:
        labelled_features: Columns `path`, `label`, `split`, `features` (array of float32).
        featurizer: What made the features.
        modelling: Preparation, strategy, and estimator.
        chosen: Estimator that a grid chose in the place of that one; empty without a grid.

    Returns:
        The classifier and its summary.

    Raises:
        InputError: If no class of the training images is tested, so that every answer would be
            wrong; or chosen pairs name a class without training images.
    """
    begun = time.perf_counter()
    modelling = modelling.model_copy(update=chosen or {})
    sizes, warnings = _class_sizes(labelled_features, modelling.pairs)
    reason = _reason_not_to_train(sizes, labelled_features)
    if reason is None:
        sizes = chosen_sizes(sizes, modelling.pairs)
        warnings += warnings_of(sizes, modelling.grid)
        train = training_images(labelled_features, modelling.pairs)
        classifier, more = fit_classifier(train, sizes, featurizer, modelling)
        warnings += more
    else:
        classifier = Classifier(_untrained(reason, featurizer, modelling))
        logger.info("No classifier is trained: %s", reason)
    for warning in warnings:
        logger.warning(warning)
    summary = _summary(classifier, modelling)
    summary["train_by_class"] = sizes if classifier.model is not None else {}
    summary["seconds"] = round(time.perf_counter() - begun, 3)
    summary["warnings"] = warnings
    return classifier, summary


def predict_test_images(
    classifier: Classifier,
    labelled_features: Table,
    featurizer: JoinedFeaturizer,
    modelling: ModellingParameters,
) -> Table:
    """Label the images of the split 'test', including unlabelled ones.

    Args:
        classifier: Trained classifier, or one without a model.
        labelled_features: Columns `path`, `label`, `split`, `features` (array of float32).
        featurizer: What made the features; its `fingerprint` must be the classifier's.
        modelling: Where it chooses pairs, images of other classes are left out.

    Returns:
        `path`, `label` (or null), `prediction`, `scores` (array of float64 in the order of the
        classifier's labels); no rows where there is no model.

    Raises:
        InputError: If the classifier was trained on other features.
    """
    check_featurizer(classifier, featurizer)
    return predict(classifier, test_images(labelled_features, modelling.pairs))


def check_featurizer(classifier: Classifier, featurizer: JoinedFeaturizer) -> None:
    """Refuse features that the classifier was not trained on.

    Args:
        classifier: Trained classifier, or one without a model.
        featurizer: What made the features.

    Raises:
        InputError: If the fingerprints differ.
    """
    trained_on = classifier.manifest.featurizer.get("fingerprint")
    if classifier.model is not None and trained_on != featurizer.get("fingerprint"):
        raise InputError(
            f"the classifier was trained on features of the featurizer {trained_on}, and these "
            f"are of {featurizer.get('fingerprint')}: run `kedro run --pipelines modelling` again"
        )


def _class_sizes(
    labelled: Table, pairs: list[tuple[str, str]] | None
) -> tuple[dict[str, int], list[str]]:
    """Return the training images of each class, and a warning about tested ones without any."""
    counted = count_by(labelled, ["label", "split"])
    names = ("label", "split", "rows")
    rows = list(zip(*(counted[name].to_pylist() for name in names), strict=True))
    train, test = (
        {label: images for label, one, images in rows if one == split and label is not None}
        for split in ("train", "test")
    )
    chosen = set(classes_of(pairs)) if pairs else train.keys() | test.keys()
    _refuse_disjoint(train.keys() & chosen, test.keys() & chosen)
    sizes = {label: train[label] for label in sorted(train)}
    unseen = sorted(test.keys() & chosen - train.keys())
    if not unseen or not sizes:
        return sizes, []
    few = ", ".join(unseen[:5]) + (" …" if len(unseen) > 5 else "")
    warning = (
        f"Classes without a training image that has features: {len(unseen)} ({few}). Their test "
        "images can only be predicted wrong: add images, or change the split."
    )
    return sizes, [warning]


def _refuse_disjoint(trained: Set[str], tested: Set[str]) -> None:
    """Refuse to train where none of the test images could be predicted right.

    Args:
        trained: Labels of training images that have features.
        tested: Labels of such test images.
    """
    if len(trained) > 1 and tested and not trained & tested:
        raise InputError(
            f"no class has both training and test images with features ({_few(trained)} against "
            f"{_few(tested)}), so that every prediction would be wrong: check ingestion.label and "
            "splitting, and that the folders of both splits spell their classes alike"
        )


def _few(labels: Iterable[str]) -> str:
    names = sorted(labels)
    return ", ".join(names[:3]) + (" …" if len(names) > 3 else "")


def _reason_not_to_train(sizes: dict[str, int], labelled_features: Table) -> str | None:
    if not sizes and not count_by(labelled_features, ["split"]).num_rows:
        return "No image has features to train on: the report lists the errors of all images."
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


def _untrained(
    reason: str, featurizer: JoinedFeaturizer, modelling: ModellingParameters
) -> Manifest:
    return Manifest(
        reason=reason,
        featurizer=dict(featurizer),
        estimator=modelling.estimator,
        strategy=modelling.strategy,
    )


def _summary(classifier: Classifier, modelling: ModellingParameters) -> ClassifierSummary:
    manifest, preparation = classifier.manifest, classifier.preparation
    shares = None if preparation is None else preparation.variance_share
    parts = manifest.featurizer.get("parts") or []
    return {
        "trained": classifier.model is not None,
        "reason": manifest.reason,
        "identity": manifest.identity,
        "estimator": manifest.estimator,
        "strategy": manifest.strategy,
        "parameters": manifest.parameters,
        "labels": manifest.labels,
        "train": manifest.train,
        "probabilities": manifest.probabilities,
        "pairs": modelling.pairs,
        "features": [part.get("featurizer") or part.get("network") for part in parts],
        "preparation": modelling.preparation.model_dump(),
        "components": None if shares is None else len(shares),
        "variance_share": None if shares is None else shares.tolist(),
    }
