"""The features of several featurizers side by side, complete or not."""

import glob
from typing import TYPE_CHECKING, Any

from kedro.io.core import AbstractDataset

from pixelmill.datasets.completeness import COMPLETE, check_features
from pixelmill.datasets.feature_table import FeatureTable, FeatureUpdate, stored_features
from pixelmill.storage.file_systems import find_file_system

if TYPE_CHECKING:
    from pyspark.sql import DataFrame


class StoredFeatures:
    """Features by the fingerprint of their featurizer."""

    def __init__(self, filepath: str, image_index: str | None = None) -> None:
        """Name the folders; nothing is read yet.

        Args:
            filepath: Folder that holds one folder for each fingerprint.
            image_index: Folder of the image index that the features must be of; None for any.
        """
        self._filepath = filepath
        self._image_index = image_index

    def of(self, fingerprint: str) -> "DataFrame":
        """Return the stored features of one featurizer, complete or not, perhaps without rows.

        Returns:
            Columns as `FeatureTable.load` has them.

        Raises:
            InputError: If they must be of an image index, and are not.
        """
        folder = f"{self._filepath}/{fingerprint}"
        if self._image_index is not None:
            check_features(folder, self._image_index)
        return stored_features(folder)


class FeatureFolders(AbstractDataset[FeatureUpdate, StoredFeatures]):
    """Folders `<filepath>/<fingerprint>`, each appended and completed as a `FeatureTable` is."""

    def __init__(
        self,
        *,
        filepath: str,
        image_index: str | None = None,
        metadata: dict[str, Any] | None = None,
    ) -> None:
        """Name the folder; touches neither Spark nor the folder.

        Args:
            filepath: Folder that holds one folder for each fingerprint.
            image_index: Folder of the image index; None where features are compared with none.
            metadata: Metadata for Kedro's plugins, such as kedro-viz's layer.
        """
        self._filepath = filepath.rstrip("/")
        self._image_index = image_index
        self._table = FeatureTable(filepath=self._filepath, image_index=image_index)
        self.metadata = metadata

    def load(self) -> StoredFeatures:
        """Return the stored features; no table is read yet."""
        return StoredFeatures(self._filepath, self._image_index)

    def save(self, data: FeatureUpdate) -> None:
        """Carry out one step, in the folder of its fingerprint."""
        self._table.save(data)

    def places(self) -> list[str]:
        """Return the folders of all fingerprints."""
        system, folder = find_file_system(self._filepath)
        marks = map(str, system.glob(f"{glob.escape(folder)}/*/{COMPLETE}"))
        names = (mark.split("/")[-2] for mark in marks)
        return [f"{self._filepath}/{name}" for name in sorted(names)]

    def is_unfinished(self) -> bool:
        """Return whether the saved rows include unreadable images, which are tried again."""
        return self._table.is_unfinished()

    def _describe(self) -> dict[str, Any]:
        return {"filepath": self._filepath}
