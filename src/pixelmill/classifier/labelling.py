"""Labels images without Spark: the featurizers of the manifest, then preparation and model."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from pixelmill.classifier.featurizing import open_featurizers
from pixelmill.errors import InputError
from pixelmill.storage.given_images import GivenImage, read_given

if TYPE_CHECKING:
    from pixelmill.classifier.classifier import Classifier

Images: TypeAlias = GivenImage | Iterable[GivenImage]
BATCH = 16
READS_IN_FLIGHT = 16


class Prediction(NamedTuple):
    """What a classifier says of one image.

    Attributes:
        label: Class with the highest score; None where the image has an error.
        score: Score of that class: its probability where the manifest's `probabilities` says so.
        scores: float64 [labels], in the order of the manifest's `labels`; None with an error.
        error: Reason why the image has no label; None if it has one.
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
    contents = read_given(several, READS_IN_FLIGHT)
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
