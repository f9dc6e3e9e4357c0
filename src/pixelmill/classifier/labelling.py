"""Labels images without Spark: the featurizers of the manifest, then preparation and model."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby, islice
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from pixelmill.classifier.featurizing import open_featurizers
from pixelmill.errors import ImageError, InputError, UnreadableImageError
from pixelmill.storage import Blob, is_s3, local_path, open_storage
from pixelmill.storage.locations import split_s3

if TYPE_CHECKING:
    from pixelmill.classifier.classifier import Classifier

Image: TypeAlias = str | Path | bytes
Images: TypeAlias = Image | Iterable[Image]
BATCH = 16
READS_IN_FLIGHT = 16


class Prediction(NamedTuple):
    """What a classifier says of one image.

    Attributes:
        label: Of the class with the highest score; None where the image has an error.
        score: Of that class: its probability where the manifest's `probabilities` says so.
        scores: float64 [labels], in the order of the manifest's `labels`; None with an error.
        error: Why the image has no label; None where it has one.
    """

    label: str | None
    score: float | None
    scores: NDArray[np.float64] | None
    error: str | None


def predict(classifier: Classifier, images: Images) -> list[Prediction]:
    """See `Classifier.predict`."""
    if classifier.model is None:
        raise InputError(f"this classifier has no model: {classifier.manifest.reason}")
    featurize = open_featurizers(classifier.manifest.featurizer, os.cpu_count() or 1)
    several = [images] if isinstance(images, str | Path | bytes) else images
    contents = _contents(several)
    predictions: list[Prediction] = []
    while batch := list(islice(contents, BATCH)):
        features, errors = featurize(batch)
        scores = classifier.scores(features) if len(features) else np.empty((0, 0))
        predictions += _predictions(classifier.manifest.labels, scores, errors)
    return predictions


def _predictions(
    labels: Sequence[str], scores: NDArray[np.float64], errors: Sequence[str | None]
) -> Iterator[Prediction]:
    rows = iter(scores)
    for error in errors:
        if error is not None:
            yield Prediction(None, None, None, error)
        else:
            row = next(rows)
            best = int(row.argmax())
            yield Prediction(labels[best], float(row[best]), row, None)


def _contents(images: Iterable[Image]) -> Iterator[bytes | ImageError]:
    """Content of each image, or why it cannot be read; neighbours of one place ahead of time."""
    for root, run in groupby(map(_place, images), key=lambda one: one.root):
        if root is None:
            yield from (one.content for one in run)
        else:
            paths = (one.path for one in run)
            blobs = open_storage(root).read_all(paths, READS_IN_FLIGHT)
            yield from (blob.data if isinstance(blob, Blob) else blob for blob in blobs)


class _Place(NamedTuple):
    """Where an image is: root of a storage and path in there, or its content itself."""

    root: str | None
    path: str = ""
    content: bytes | ImageError = b""


def _place(image: Image) -> _Place:
    if isinstance(image, bytes):
        return _Place(None, content=image)
    name = os.fspath(image)
    try:
        if not is_s3(name):
            return _Place("/", local_path(name).lstrip("/"))
        bucket, key = split_s3(name)
    except InputError as problem:  # of one image, which costs no other its label
        return _Place(None, content=UnreadableImageError(str(problem)))
    return _Place(f"s3://{bucket}", key)
