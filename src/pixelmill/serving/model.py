"""A served model: its classifier, its networks, and the index of its images."""

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from threading import Lock
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pixelmill.classifier import Classifier, Manifest
from pixelmill.classifier.featurizing import prepare_parts
from pixelmill.classifier.folder import UNREADABLE, manifest_digest, read_folder, read_networks
from pixelmill.errors import ImageError, InputError, UndecodableImageError
from pixelmill.featurizers import OpenFeaturizer
from pixelmill.featurizers.contracts import name_of
from pixelmill.featurizers.network import OpenNetwork
from pixelmill.images.limits import Limits
from pixelmill.neighbours import Index
from pixelmill.neighbours.typical import typical_distances
from pixelmill.serving.place import Place
from pixelmill.storage import open_storage
from pixelmill.storage.listed_files import is_plain
from pixelmill.thumbnails import data_uri, thumbnail

THUMBNAILS_KEPT = 4096

Features = NDArray[np.float32]
Decoded = list[NDArray[Any]]
"""What each part of a featurizer takes of an image: pixels for a network, else its features."""
Decode = Callable[[bytes], Decoded]

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class ServedModel:
    """A model, ready to answer.

    Attributes:
        classifier: Classifier with its model.
        card: Data and figures recorded at its export.
        parts: Open featurizers of the classifier.
        index: Index of its images; None if there is none.
        index_columns: The features by which the index finds images.
        similar_within: Largest distance of an image that is similar; None if unknown.
    """

    classifier: Classifier
    card: dict[str, Any]
    parts: list[OpenFeaturizer]
    index: Index | None = None
    index_columns: slice = field(default_factory=lambda: slice(None))
    similar_within: float | None = None

    @classmethod
    def load(cls, place: Place, limits: Limits, threads: int) -> "ServedModel":
        """Load a model, and answer for one image.

        Args:
            place: Location of the model.
            limits: Images beyond them are refused.
            threads: Number of threads of its networks.

        Raises:
            InputError: There is none, it was changed, needs trust, or cannot run here.
        """
        content = read_folder(place.model, trusted=place.trusted, sha256=place.sha256)
        classifier = Classifier(content.manifest, content.preparation, content.model)
        if content.model is None:
            raise InputError(f"{place.model} has no model: {content.manifest.reason}")
        networks = read_networks(place.model, content.manifest)
        try:
            prepared = prepare_parts(content.manifest.featurizer, networks, limits)
            model = cls(classifier, content.card, [part.open(threads) for part in prepared])
            widths = model.warm_up()
        except (RuntimeError, *UNREADABLE) as error:
            raise InputError(
                f"the network in {place.model} does not run here ({type(error).__name__}): "
                "export the classifier again, or take a whole copy"
            ) from error
        folder = place.find_index()
        if folder is None:
            return model
        index = Index.load(folder)
        columns = _columns_of(index, content.manifest, widths, folder)
        typical = typical_distances(index, {})
        similar_within = None if typical is None else typical.similar_within
        return replace(model, index=index, index_columns=columns, similar_within=similar_within)

    def about(self) -> dict[str, Any]:
        """Return what `/model` answers."""
        manifest = self.classifier.manifest
        return {
            "sha256": manifest_digest(manifest),
            "labels": manifest.labels,
            "scores": "probabilities" if manifest.probabilities else "margins or votes",
            "estimator": manifest.estimator,
            "strategy": manifest.strategy,
            "parameters": manifest.parameters,
            "features": manifest.dimension,
            "featurizers": [name_of(part) for part in manifest.featurizer["parts"]],
            **self.card,
            "versions": manifest.versions,
            "index": None if self.index is None else self._about_index(self.index),
        }

    def warm_up(self) -> list[int]:
        """Answer for a grey image: the first answer of a network takes many times the usual.

        Returns:
            Number of features of each part.

        Raises:
            InputError: The networks are not those of the classifier.
        """
        import simplejpeg

        grey = simplejpeg.encode_jpeg(np.full((64, 64, 3), 127, np.uint8))
        decoded = self.decoder()(grey)
        widths = [columns.shape[1] for columns in self._columns([decoded])]
        if sum(widths) != self.classifier.manifest.dimension:
            raise InputError(
                f"the networks of the model make {sum(widths)} features of an image, and its "
                f"classifier takes {self.classifier.manifest.dimension}: export it again"
            )
        self.scores(self.featurize([decoded]))
        return widths

    def decoder(self) -> Decode:
        """Return what decodes images for all parts; for many threads.

        Returns:
            A function of the content of a file, which raises ImageError.
        """
        decoders = [_decoder(part) for part in self.parts]
        return lambda data: [decode(data) for decode in decoders]

    def featurize(self, images: Sequence[Decoded]) -> Features:
        """Compute the features of decoded images.

        Args:
            images: n, each as `decoder` gives it.

        Returns:
            float32 [n, d], those of the parts one after another.
        """
        columns = self._columns(images)
        return columns[0] if len(columns) == 1 else np.concatenate(columns, axis=1)

    def scores(self, features: Features) -> NDArray[np.float64]:
        """Score features, float64 [n, labels]."""
        return self.classifier.scores(features)

    def predictions(self, scores: NDArray[np.float64], k: int) -> list[dict[str, Any]]:
        """Name the k labels with the highest scores, the highest first.

        Args:
            scores: Scores of one image, float64 [labels].
            k: Maximum number of results.
        """
        labels = self.classifier.manifest.labels
        best = np.argsort(-scores, kind="stable")[:k]
        return [{"label": labels[one], "score": float(scores[one])} for one in best]

    def similar(self, features: Features, k: int) -> list[dict[str, Any]]:
        """Find the images of the index that are most like one.

        Args:
            features: Features of the image, float32 [d].
            k: Maximum number of results.
        """
        if self.index is None:
            return []
        found = self.index.nearest(features[self.index_columns], k)
        return [one._asdict() for one in found]

    def thumbnails(self, side: int) -> Callable[[str], str | None]:
        """Return what makes thumbnails of the images of the index, and keeps the last of them.

        Args:
            side: Longest side in pixels.

        Returns:
            A function of an image's path to a data URI; to None if the image is unavailable.
        """
        root = None if self.index is None else self.index.manifest.root

        @lru_cache(maxsize=THUMBNAILS_KEPT)
        def made(path: str) -> str | None:
            if root is None or not is_plain(path):
                return None
            try:
                return data_uri(thumbnail(open_storage(root).read_bytes(path), side))
            except (ImageError, InputError, OSError) as problem:
                logger.info("No thumbnail of %s: %s", path, problem)
                return None

        return made

    def _columns(self, images: Sequence[Decoded]) -> list[Features]:
        """Return the features of each part, float32 [n, d of the part]."""
        columns = []
        for number, part in enumerate(self.parts):
            stacked = np.stack([image[number] for image in images])
            columns.append(part.infer(stacked) if isinstance(part, OpenNetwork) else stacked)
        return columns

    def _about_index(self, index: Index) -> dict[str, Any]:
        metric = index.manifest.parameters.metric
        return {"images": len(index), "metric": metric, "similar_within": self.similar_within}


def _decoder(part: OpenFeaturizer) -> Callable[[bytes], NDArray[Any]]:
    if isinstance(part, OpenNetwork):
        decoder = part.decoder

        def pixels(data: bytes) -> NDArray[np.uint8]:
            into = np.empty((*decoder.size, 3), np.uint8)
            decoder.decode(data, into)
            decoder.take_remarks()
            return into

        return pixels

    one_at_a_time = Lock()

    def features(data: bytes) -> NDArray[np.float32]:
        with one_at_a_time:
            batch = part([data])
        if batch.errors[0] is not None:
            raise UndecodableImageError(batch.errors[0])
        row: NDArray[np.float32] = batch.features[0]
        return row

    return features


def _columns_of(index: Index, manifest: Manifest, widths: Sequence[int], place: str) -> slice:
    """Return where among the features that the classifier takes those of the index are."""
    featurizer, mark = manifest.featurizer, index.manifest.featurizer["fingerprint"]
    if mark == featurizer["fingerprint"]:
        return slice(None)
    marks = [part["fingerprint"] for part in featurizer["parts"]]
    if mark not in marks:
        raise InputError(
            f"the index in {place} holds features of another featurizer than the classifier's: "
            "run `kedro run --pipelines neighbours` with the featurizer that it was trained with, "
            "or leave the index out with --index none"
        )
    number = marks.index(mark)
    start = sum(widths[:number])
    return slice(start, start + widths[number])
