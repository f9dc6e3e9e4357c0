"""The features of several featurizers side by side, as far as earlier runs came."""

from typing import TYPE_CHECKING, Any

from kedro.io.core import AbstractDataset

from pixelmill.datasets.feature_table import FeatureTable, FeatureUpdate, stored_features

if TYPE_CHECKING:
    from pyspark.sql import DataFrame


class StoredFeatures:
    """Features by the fingerprint of their featurizer."""

    def __init__(self, filepath: str) -> None:
        """Names the folder that holds one folder for each fingerprint."""
        self._filepath = filepath

    def of(self, fingerprint: str) -> "DataFrame":
        """What is there of one featurizer, complete or not; a table without rows for none.

        Returns:
            Columns as `FeatureTable.load` has them.
        """
        return stored_features(f"{self._filepath}/{fingerprint}")


class FeatureFolders(AbstractDataset[FeatureUpdate, StoredFeatures]):
    """Folders `<filepath>/<fingerprint>`, each appended and completed as a `FeatureTable` is."""

    def __init__(self, *, filepath: str, metadata: dict[str, Any] | None = None) -> None:
        """Names the folder; touches neither Spark nor the folder.

        Args:
            filepath: Folder that holds one folder for each fingerprint.
            metadata: For Kedro's plugins, as kedro-viz's layer.
        """
        self._filepath = filepath.rstrip("/")
        self._table = FeatureTable(filepath=self._filepath)
        self.metadata = metadata

    def load(self) -> StoredFeatures:
        """What is there; no table is read yet."""
        return StoredFeatures(self._filepath)

    def save(self, data: FeatureUpdate) -> None:
        """Carries out one step, in the folder of its fingerprint."""
        self._table.save(data)

    def _describe(self) -> dict[str, Any]:
        return {"filepath": self._filepath}
