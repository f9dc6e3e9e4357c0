"""Nodes of the prediction by an exported classifier."""

from __future__ import annotations

from collections.abc import Iterator

from pixelmill.classifier import Classifier
from pixelmill.classifier.featurizing import find_parameters
from pixelmill.classifier.tables import label_images
from pixelmill.datasets.feature_folders import StoredFeatures
from pixelmill.datasets.feature_table import FeatureUpdate
from pixelmill.errors import InputError
from pixelmill.featurization.missing import compare_parts
from pixelmill.featurization.parts import HOW, Part
from pixelmill.featurization.run import featurize_parts
from pixelmill.ingestion.listing import list_images
from pixelmill.parameters import FeaturizationParameters, IngestionParameters
from pixelmill.records import Collection, LabellingSummary, Profile, Source
from pixelmill.spark.types import ArrowTable, DataFrame


def open_classifier(
    model: str | None, sha256: str | None = None, trusted: bool = False
) -> Classifier:
    """Read the classifier, and check that its featurizers are available here.

    Args:
        model: Folder of an exported classifier, on disk or as an `s3://` URI.
        sha256: Digest that its manifest must have; None takes any.
        trusted: Whether its author may run code here.

    Raises:
        InputError: If none is named or found, it was changed, is not the one of that digest,
            needs trust, has no model, or was trained with other featurizers than those here.
    """
    if not model:
        raise InputError(
            "model is not set: name the folder of an exported classifier, as in --params "
            "model=data/06_models/digits/export,images=/FOLDER"
        )
    classifier = Classifier.load(model, trusted=trusted, sha256=sha256)
    if classifier.model is None:
        raise InputError(f"the classifier in {model} has no model: {classifier.manifest.reason}")
    find_parameters(classifier.manifest.featurizer)
    return classifier


def list_new_images(
    images: str | None,
    dataset: str,
    ingestion: IngestionParameters,
    collection: Collection | None = None,
    collected: DataFrame | None = None,
) -> tuple[ArrowTable | DataFrame, Source]:
    """List the images that are to be labelled; their own labels are ignored.

    Args:
        images: A folder, a glob, an S3 URI or a table.
        dataset: Name of the data set.
        ingestion: Ingestion parameters.
        collection: What the collection says of `images`.
        collected: What came of the URLs; None where it is no list of URLs.

    Returns:
        The image index, and how it was made, as the ingestion has them.
    """
    return list_images(images, dataset, ingestion.without_labels(), collection, collected)


def compare_new_images(
    classifier: Classifier,
    image_index: DataFrame,
    stored_features: StoredFeatures,
    featurization: FeaturizationParameters,
) -> tuple[DataFrame, DataFrame]:
    """Find what is left to do for each featurizer of the classifier.

    Args:
        classifier: Names its featurizers.
        image_index: Columns `path`, `size`, `modified`.
        stored_features: Features of earlier runs.
        featurization: The limits of this run.

    Returns:
        Images to do (`path`, `size`, `modified`) and rows to take out (`path`), each with the
        fingerprint of the `featurizer`.
    """
    return compare_parts(_parts(classifier, featurization), image_index, stored_features)


def featurize_new_images(
    missing_images: DataFrame,
    stale_features: DataFrame,
    source: Source,
    classifier: Classifier,
    featurization: FeaturizationParameters,
) -> Iterator[tuple[FeatureUpdate, Profile]]:
    """Compute what is missing with the classifier's own featurizers, one after another.

    Args:
        missing_images: Images to do, columns `path`, `size`, `modified`, `featurizer`.
        stale_features: Rows to take out, columns `path`, `featurizer`.
        source: Image source, with `root` and `count`.
        classifier: Names its featurizers.
        featurization: Parameters; batch and chunk size and the limits are used, the rest is the
            classifier's.

    Yields:
        A step for the features, and the profile of the featurizer so far.
    """
    parts = _parts(classifier, featurization)
    yield from featurize_parts(parts, missing_images, stale_features, source)


def label_new_images(
    classifier: Classifier,
    image_index: DataFrame,
    features: StoredFeatures,
) -> DataFrame:
    """Label every image that has features, and keep the error of the others.

    Args:
        classifier: Classifier with a model.
        image_index: Column `path`.
        features: Features of all images by all featurizers of the classifier.

    Returns:
        A row for each image: `path`, `prediction`, `score`, `scores` (array of float64 in the
        order of the classifier's labels) and `error`, which is null where there is a prediction.
    """
    marks = [part["fingerprint"] for part in classifier.manifest.featurizer["parts"]]
    parts = [features.of(mark) for mark in marks]
    return label_images(classifier, _joined(image_index.select("path"), parts))


def sum_up(labelled_images: DataFrame, classifier: Classifier, source: Source) -> LabellingSummary:
    """Return the totals for the last lines of the run.

    Args:
        labelled_images: Columns `prediction` and `error`.
        classifier: Classifier that labelled them.
        source: Image source.
    """
    counted = labelled_images.groupBy("prediction").count().collect()
    counts = {row["prediction"]: row["count"] for row in counted}
    failed = counts.pop(None, 0)
    return {
        "root": source["root"],
        "images": sum(counts.values()) + failed,
        "labelled": sum(counts.values()),
        "failed": failed,
        "labels": {label: counts[label] for label in classifier.manifest.labels if label in counts},
    }


def _parts(classifier: Classifier, featurization: FeaturizationParameters) -> list[Part]:
    featurizer, how = classifier.manifest.featurizer, featurization.model_dump(include=HOW)
    parameters = [one.model_copy(update=how) for one in find_parameters(featurizer)]
    return list(map(Part, featurizer["parts"], parameters))


def _joined(images: DataFrame, parts: list[DataFrame]) -> DataFrame:
    """Return `path`, the `features` of all parts one after another or null, and `error`."""
    from pixelmill.spark import functions as sf

    numbers = range(len(parts))
    for number, part in enumerate(parts):
        columns = ("path", f"features as features{number}", f"error as error{number}")
        images = images.join(part.selectExpr(*columns), "path", "left")
    return images.select(
        "path",
        sf.concat(*(f"features{number}" for number in numbers)).alias("features"),
        sf.coalesce(*(f"error{number}" for number in numbers)).alias("error"),
    )
