"""A trained classifier: images or features in, labels and scores out, without Spark."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from pixelmill.classifier.folder import read_folder
from pixelmill.classifier.manifest import Manifest
from pixelmill.errors import InputError
from pixelmill.models import Array, Files, Model
from pixelmill.preparation import Preparation
from pixelmill.storage.given_images import GivenImage, each_of, read_given

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


@dataclass(frozen=True)
class Classifier:
    """Images or features in, labels and scores out; without a model, the reason why.

    Classifiers are equal where their manifests are, whose `identity` is a digest of the rest.

    Attributes:
        manifest: Manifest of the classifier.
        preparation: Preparation of the features; None where there is no model.
        model: Scores of prepared features; None if there is none.
        spark_model: The `pyspark.ml` model that `model` was read from, while it is in memory.
        spark_files: The same in Spark's own format, where it was read from a folder.
    """

    manifest: Manifest
    preparation: Preparation | None = field(default=None, compare=False)
    model: Model | None = field(default=None, compare=False)
    spark_model: Any = field(default=None, compare=False)
    spark_files: Files = field(default_factory=dict, repr=False, compare=False)

    @classmethod
    def load(
        cls, folder: str | Path, *, trusted: bool = False, sha256: str | None = None
    ) -> Classifier:
        """Return the classifier in a folder; neither Spark nor a network is started.

        Without trust nothing that the folder holds is run: a model that is a pickle, or holds types
        that pixelmill does not know, is refused.

        Args:
            folder: `06_models/<dataset>/export` or `…/classifier` of a run, or a copy of one, on
                disk or as an `s3://` URI.
            trusted: Whether the author of the folder is trusted to run code here.
            sha256: Digest that the folder's manifest must have, as its `README.md` shows it: no
                other model is loaded, whoever wrote it.

        Raises:
            InputError: If there is none, it was changed, is not the one of that digest, is of
                another version, or needs trust that it does not have.
        """
        content = read_folder(str(folder), trusted=trusted, sha256=sha256)
        return cls(content.manifest, content.preparation, content.model, None, content.spark_files)

    def predict(self, images: Images) -> list[Prediction]:
        """Label images with the featurizer that the classifier was trained with.

        Args:
            images: Paths (on disk or `s3://` URIs) or contents of image files; one or many.

        Returns:
            A prediction for each image in their order; a broken one has its error, and no label.

        Raises:
            InputError: There is no model, or its featurizer is unavailable here.

        Example:
            After `make run`, which leaves the sample and its classifier in `data`:

            >>> classifier = Classifier.load("data/06_models/digits/export")
            >>> images = ["data/01_raw/digits/0/00.png", "data/01_raw/digits/7/00.png"]
            >>> [found.label for found in classifier.predict(images)]
            ['0', '7']
        """
        from pixelmill.classifier.featurizing import open_featurizers

        if self.model is None:
            raise InputError(f"this classifier has no model: {self.manifest.reason}")
        featurize = open_featurizers(self.manifest.featurizer, os.cpu_count() or 1)
        contents = read_given(each_of(images), READS_IN_FLIGHT)
        predictions: list[Prediction] = []
        while batch := list(islice(contents, BATCH)):
            features, errors = featurize(batch)
            scores = self.scores(features) if len(features) else np.empty((0, 0))
            predictions += _predictions(self.manifest.labels, scores, errors)
        return predictions

    def scores(self, features: NDArray[np.floating]) -> Array:
        """Return scores of images by their features.

        Args:
            features: float32 or float64 [n, dimension].

        Returns:
            float64 [n, labels], in the order of the manifest's `labels`.

        Raises:
            InputError: If there is no model, or the features are of another shape.
        """
        if self.preparation is None or self.model is None:
            raise InputError(f"this classifier has no model: {self.manifest.reason}")
        shape, width = np.shape(features), self.preparation.dimension
        if len(shape) != 2 or shape[1] != width:
            raise InputError(f"features are of the shape {shape}: give one of (images, {width})")
        return self.model.scores(self.preparation.apply(features))

    def without_spark(self) -> Classifier:
        """Return the same without Spark's own model, so that it can travel to a worker."""
        return replace(self, spark_model=None, spark_files={})


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
