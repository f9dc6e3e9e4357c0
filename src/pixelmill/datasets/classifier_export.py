"""A classifier for use elsewhere: one flat folder with all that a script or a person needs."""

from dataclasses import dataclass, field
from typing import Any

import fsspec
from kedro.io.core import AbstractDataset

from pixelmill.classifier import Classifier
from pixelmill.classifier.folder import (
    MANIFEST,
    MODEL,
    PREPARATION,
    SPARK_MODEL,
    write_files,
    write_manifest,
)
from pixelmill.datasets.classifier_folder import classifier_files, spark_folder
from pixelmill.datasets.folders import remove_folder
from pixelmill.models import Files

ONNX = "model.onnx"
CARD = "README.md"


@dataclass(frozen=True)
class ExportedClassifier:
    """A classifier and what is written about it.

    Attributes:
        classifier: With its model, or with the reason why there is none.
        card: The model card, as Markdown.
        files: Other files by name: the classifier in other formats, its parts as JSON.
    """

    classifier: Classifier
    card: str
    files: Files = field(default_factory=dict)


class ClassifierExport(AbstractDataset[ExportedClassifier, Classifier]):
    """A folder that `Classifier.load` takes, wherever it is copied to.

    The manifest goes first and comes back last: who dies in between leaves no classifier, which
    another run makes in seconds, rather than half of two.
    """

    def __init__(self, *, filepath: str, metadata: dict[str, Any] | None = None) -> None:
        """Names the folder; touches neither Spark nor the folder.

        Args:
            filepath: Folder on disk or as an `s3://` URI.
            metadata: For Kedro's plugins, as kedro-viz's layer.
        """
        self._filepath = filepath.rstrip("/")
        self.metadata = metadata

    def save(self, data: ExportedClassifier) -> None:
        """Replaces the export; a file that is no export's own stays.

        Args:
            data: The classifier and what is written about it.
        """
        for name in (MANIFEST, PREPARATION, MODEL, SPARK_MODEL, ONNX):
            self._delete(name)
        files = classifier_files(data.classifier, self._filepath)
        # Nobody's model is broken by a word that somebody adds to its card.
        write_files(self._filepath, "", {CARD: data.card.encode()})
        update = {
            "folder": "",
            "digests": write_files(self._filepath, "", files | data.files),
            "spark_model": spark_folder(files),
        }
        write_manifest(self._filepath, data.classifier.manifest.model_copy(update=update))

    def load(self) -> Classifier:
        """The classifier, without Spark.

        Raises:
            InputError: Where there is none, it was changed, or it is of another version.
        """
        return Classifier.load(self._filepath)

    def _delete(self, name: str) -> None:
        system, path = fsspec.core.url_to_fs(f"{self._filepath}/{name}")
        system.invalidate_cache()
        if system.exists(path):
            remove_folder(system, path)

    def _exists(self) -> bool:
        system, path = fsspec.core.url_to_fs(f"{self._filepath}/{MANIFEST}")
        system.invalidate_cache()
        return bool(system.exists(path))

    def _describe(self) -> dict[str, Any]:
        return {"filepath": self._filepath}
