"""Feature importance: by permutation, and by impurity for trees."""

import numpy as np
from numpy.typing import NDArray

from pixelmill.classifier import Classifier
from pixelmill.models import Array
from pixelmill.pipelines.modelling.exploration import feature_names
from pixelmill.pipelines.modelling.images import labelled_images
from pixelmill.records import FeatureImportance, JoinedFeaturizer
from pixelmill.spark.tables import as_spark
from pixelmill.spark.types import Table
from pixelmill.spark.vectors import as_matrix

MOST_IMAGES = 5000  # to shuffle; the accuracy of as many is known to 0.007 (standard error)
MOST_SCORES = 500_000  # of them in all classes: 500 classes have 1,000 images, known to 0.016
REPEATS = 5
SHOWN = 30


def rank_features(
    classifier: Classifier,
    labelled_features: Table,
    joined_featurizer: JoinedFeaturizer,
    seed: int = 0,
) -> list[FeatureImportance]:
    """Rank features that have names by what the classifier loses without them.

    Args:
        classifier: Trained classifier, or one without a model.
        labelled_features: Columns `path`, `label`, `split`, `features` (array of float32).
        joined_featurizer: What made the features.
        seed: Draws the images (at most `MOST_IMAGES` of the test images of its classes, fewer
            of more than 100 classes) and shuffles.

    Returns:
        At most `SHOWN` features, best first, shuffled `REPEATS` times. Empty without a model,
        without test images of its classes, or for features without names or too many of them.
    """
    names = feature_names(joined_featurizer)
    if classifier.model is None or not names:
        return []
    features, target = _test_images(labelled_features, classifier, seed)
    if not len(target):
        return []
    drops = permutation_drops(classifier, features, target, seed)
    impurity = _impurity(classifier, len(names))
    best = sorted(range(len(names)), key=lambda i: (-drops[i].mean(), -(impurity[i] or 0)))
    return [
        {
            "feature": names[i],
            "permutation": float(drops[i].mean()),
            "permutation_std": float(drops[i].std()),
            "impurity": impurity[i],
        }
        for i in best[:SHOWN]
    ]


def permutation_drops(
    classifier: Classifier, features: Array, target: NDArray[np.int64], seed: int
) -> Array:
    """Return the accuracy that is lost when a feature's values are shuffled among the images.

    Source: Breiman (2001), Random Forests; the shuffles are scikit-learn's, the same ones for
    each feature.

    Args:
        classifier: Classifier with a model.
        features: float64 [n, d], before the preparation.
        target: int64 [n], positions among the classifier's labels.
        seed: Seed of the shuffles.

    Returns:
        float64 [d, REPEATS].
    """
    accuracy = _accuracies(classifier, features, target)
    orders = np.concatenate(_orders(len(target), seed))
    drops = np.empty((features.shape[1], REPEATS))
    # All repeats in one call: with many classes or trees a call costs more than its images.
    shuffled = np.tile(features, (REPEATS, 1))
    for feature, values in enumerate(features.T):
        shuffled[:, feature] = values[orders]
        drops[feature] = accuracy - _accuracies(classifier, shuffled, target)
        shuffled[:, feature] = np.tile(values, REPEATS)
    return drops


def _accuracies(classifier: Classifier, features: Array, target: NDArray[np.int64]) -> Array:
    """Return the accuracy of each repeat, float64 [r], of features of [r * n, d]."""
    found = classifier.scores(features).argmax(axis=1).reshape(-1, len(target))
    accuracies: Array = np.mean(found == target, axis=1)
    return accuracies


def _orders(images: int, seed: int) -> list[NDArray[np.int64]]:
    draw = np.random.RandomState(np.random.RandomState(seed).randint(np.iinfo(np.int32).max + 1))
    order, composed, orders = np.arange(images), np.arange(images), []
    for _ in range(REPEATS):
        draw.shuffle(order)
        composed = composed[order]  # scikit-learn shuffles what it has shuffled before
        orders.append(composed)
    return orders


def _test_images(
    labelled: Table, classifier: Classifier, seed: int
) -> tuple[Array, NDArray[np.int64]]:
    """Return the features and targets of the test images that a hash of path and seed draws.

    Images of other classes than the classifier's are predicted wrong with any features.
    """
    from pixelmill.spark import functions as sf

    labels = classifier.manifest.labels
    drawn = sf.xxhash64(sf.lit(seed).cast("long"), sf.col("path"))
    test = labelled_images(as_spark(labelled), "test").where(sf.col("label").isin(labels))
    most = min(MOST_IMAGES, MOST_SCORES // len(labels))
    sample = test.orderBy(drawn, "path").limit(most).select("label", "features").toArrow()
    places = {label: place for place, label in enumerate(labels)}
    target = [places[label] for label in sample["label"].to_pylist()]
    features = as_matrix(sample["features"], classifier.manifest.dimension)
    return features.astype(np.float64), np.array(target, dtype=np.int64)


def _impurity(classifier: Classifier, features: int) -> list[float | None]:
    """Return the model's own importance of each feature; none after PCA, which mixes them."""
    found = getattr(classifier.model, "importances", None)
    mixed = classifier.preparation is None or classifier.preparation.components is not None
    if found is None or mixed or len(found) != features:
        return [None] * features
    return [float(share) for share in found]
