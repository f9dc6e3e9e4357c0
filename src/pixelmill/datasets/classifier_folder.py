"""A trained classifier as a folder: a manifest, and the files that it names."""

from typing import Any
from uuid import uuid4

from kedro.io.core import AbstractDataset

from pixelmill.classifier import Classifier
from pixelmill.classifier.folder import (
    MANIFEST,
    SPARK_MODEL,
    above,
    files_of,
    write_files,
    write_manifest,
)
from pixelmill.datasets.folders import remove_folder
from pixelmill.models import Files
from pixelmill.spark.paths import path_to_write
from pixelmill.storage import open_storage
from pixelmill.storage.file_systems import find_file_system


class ClassifierFolder(AbstractDataset[Classifier, Classifier]):
    """`manifest.json`, and the folder that it names with all the rest.

    Everything is written under a new name and the manifest last, in one step. Whoever dies before
    leaves the classifier that was there, whole; the next save clears what the dead one left.
    """

    def __init__(self, *, filepath: str, metadata: dict[str, Any] | None = None) -> None:
        """Name the folder; touches neither Spark nor the folder.

        Args:
            filepath: Folder of the classifier, on disk or as an `s3://` URI.
            metadata: Metadata for Kedro's plugins, such as kedro-viz's layer.
        """
        self._filepath = filepath.rstrip("/")
        self.metadata = metadata

    def save(self, data: Classifier) -> None:
        """Replace the classifier.

        Args:
            data: Classifier with its model, or with the reason why there is none.
        """
        folder = f"model-{uuid4().hex}"
        files = classifier_files(data, f"{self._filepath}/{folder}")
        update = {
            "folder": folder if files else "",
            "files": write_files(self._filepath, folder, files),
            "spark_model": spark_folder(files),
        }
        write_manifest(self._filepath, data.manifest.model_copy(update=update))
        self._clear(keep=folder)

    def load(self) -> Classifier:
        """Return the classifier, without Spark and with no `spark_model`.

        A run wrote it into its own storage: whoever may write there is trusted.

        Raises:
            InputError: If there is none, it was changed, or it is of another version.
        """
        return Classifier.load(self._filepath, trusted=True)

    def _clear(self, keep: str) -> None:
        """Remove what no manifest names."""
        system, folder = find_file_system(self._filepath)
        for entry in system.ls(folder, detail=False):
            name = str(entry).rstrip("/").rpartition("/")[2]
            if name != keep and name.startswith(("model-", f".{MANIFEST}.")):
                remove_folder(system, entry)

    def _exists(self) -> bool:
        system, folder = find_file_system(self._filepath)
        return bool(system.exists(f"{folder}/{MANIFEST}"))

    def _describe(self) -> dict[str, Any]:
        return {"filepath": self._filepath}


def classifier_files(classifier: Classifier, scratch: str) -> Files:
    """Return the content of a classifier's files, Spark's own among them; none without a model.

    Args:
        classifier: Classifier with or without a model.
        scratch: Folder that Spark may write its own format to, on disk or as an `s3://` URI.
    """
    if classifier.preparation is None or classifier.model is None:
        return {}
    spark_files = classifier.spark_files
    if classifier.spark_model is not None:
        place = f"{scratch}/{SPARK_MODEL}"
        classifier.spark_model.write().overwrite().save(path_to_write(place))
        spark_files = _read_all(place)
    files = files_of(classifier.preparation, classifier.model)
    return files | above(SPARK_MODEL, spark_files)


def spark_folder(files: Files) -> str | None:
    """Return the place of Spark's own format among the files, if it is there."""
    return SPARK_MODEL if any(path.startswith(f"{SPARK_MODEL}/") for path in files) else None


def _read_all(place: str) -> Files:
    """Return all files of a folder by relative path, without Hadoop's hidden checksums."""
    storage = open_storage(place)
    paths = [file.path for file in storage.list_files() if "/." not in f"/{file.path}"]
    return {path: storage.read_bytes(path) for path in paths}
