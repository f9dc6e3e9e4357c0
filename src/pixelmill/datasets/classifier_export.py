"""A classifier for use elsewhere: one flat folder for scripts and people."""

import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from kedro.io.core import AbstractDataset

from pixelmill.classifier import Classifier
from pixelmill.classifier.folder import (
    MANIFEST,
    MODEL,
    NETWORKS,
    PREPARATION,
    SPARK_MODEL,
    manifest_digest,
    write_files,
    write_manifest,
)
from pixelmill.datasets.classifier_folder import classifier_files, spark_folder
from pixelmill.datasets.folders import remove_folder
from pixelmill.models import Files, needs_trust
from pixelmill.storage.file_systems import find_file_system

ONNX = "model.onnx"
CARD = "README.md"

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class ExportedClassifier:
    """A classifier and what is written about it.

    Attributes:
        classifier: Classifier with its model, or with the reason why there is none.
        card: Writes the model card, as Markdown, of the digest that the manifest gets and of
            whether the model can be read only with trust.
        files: Other files by name: the classifier in other formats, its parts as JSON.
    """

    classifier: Classifier
    card: Callable[[str, bool], str]
    files: Files = field(default_factory=dict)


class ClassifierExport(AbstractDataset[ExportedClassifier, Classifier]):
    """A folder that `Classifier.load` takes, wherever it is copied to.

    The manifest goes first and comes back last: who dies in between leaves no classifier, which
    another run makes in seconds, rather than half of two.
    """

    def __init__(self, *, filepath: str, metadata: dict[str, Any] | None = None) -> None:
        """Name the folder; touches neither Spark nor the folder.

        Args:
            filepath: Folder on disk or as an `s3://` URI.
            metadata: Metadata for Kedro's plugins, such as kedro-viz's layer.
        """
        self._filepath = filepath.rstrip("/")
        self.metadata = metadata

    def save(self, data: ExportedClassifier) -> None:
        """Replace the export; a file that is no export's own stays.

        Args:
            data: The classifier and what is written about it.
        """
        own = (MANIFEST, PREPARATION, MODEL, SPARK_MODEL, NETWORKS, ONNX, CARD)
        for name in (*own, *data.files):
            self._delete(name)
        files = classifier_files(data.classifier, self._filepath)
        update = {
            "folder": "",
            "files": write_files(self._filepath, "", files | data.files),
            "spark_model": spark_folder(files),
        }
        manifest = data.classifier.manifest.model_copy(update=update)
        # Nobody's model is broken by a word that somebody adds to its card.
        digest = manifest_digest(manifest)
        card = data.card(digest, needs_trust(files))
        write_files(self._filepath, "", {CARD: card.encode()})
        write_manifest(self._filepath, manifest)
        if manifest.reason is None:
            logger.info("Exported the classifier to %s, sha256 %s.", self._filepath, digest)
        else:
            logger.info("No classifier in %s; its card says why.", self._filepath)

    def load(self) -> Classifier:
        """Return the classifier, without Spark.

        Raises:
            InputError: If there is none, it was changed, or it is of another version.
        """
        return Classifier.load(self._filepath)

    def _delete(self, name: str) -> None:
        system, path = find_file_system(f"{self._filepath}/{name}")
        if system.exists(path):
            remove_folder(system, path)

    def _exists(self) -> bool:
        system, path = find_file_system(f"{self._filepath}/{MANIFEST}")
        return bool(system.exists(path))

    def _describe(self) -> dict[str, Any]:
        return {"filepath": self._filepath}
