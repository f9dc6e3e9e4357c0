"""All complete features of a data set, whichever featurizer made them."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import fsspec
from kedro.io.core import AbstractDataset, DatasetError

from pixelmill.datasets.feature_table import COMPLETE, stored_features

if TYPE_CHECKING:
    from pyspark.sql import DataFrame


@dataclass(frozen=True)
class FeatureSet:
    """The features that one featurizer made of all images.

    Attributes:
        description: Of the featurizer, with its `fingerprint`.
        load: Gives the table `features`.
    """

    description: dict[str, Any]
    load: "Callable[[], DataFrame]"

    @property
    def name(self) -> str:
        """Of the featurizer, as the user writes it."""
        return str(self.description.get("featurizer") or self.description.get("network"))

    @property
    def fingerprint(self) -> str:
        """Of the featurizer."""
        return str(self.description["fingerprint"])


class FeatureSets(AbstractDataset[None, list[FeatureSet]]):
    """Lists the folders `<filepath>/<fingerprint>` that are complete; read only."""

    def __init__(self, *, filepath: str, metadata: dict[str, Any] | None = None) -> None:
        """Names the folder; touches neither Spark nor the folder.

        Args:
            filepath: Folder that holds one folder for each fingerprint.
            metadata: For Kedro's plugins, as kedro-viz's layer.
        """
        self._filepath = filepath.rstrip("/")
        self.metadata = metadata

    def load(self) -> list[FeatureSet]:
        """The complete sets, sorted by fingerprint; no table is read yet."""
        system, folder = fsspec.core.url_to_fs(self._filepath)
        system.invalidate_cache(folder)
        marks = sorted(str(mark) for mark in system.glob(f"{folder}/*/{COMPLETE}"))
        descriptions = (system.cat_file(mark) for mark in marks)
        # A mark of an early version says nothing: the next featurization writes it anew.
        return [self._described(json.loads(found)) for found in descriptions if found]

    def save(self, data: None) -> None:
        """Refuses: features are written by the table of their featurizer."""
        raise DatasetError(f"{type(data).__name__} cannot be saved here: save through FeatureTable")

    def _described(self, description: dict[str, Any]) -> FeatureSet:
        folder = f"{self._filepath}/{description['fingerprint']}"
        return FeatureSet(description, lambda: stored_features(folder))

    def _describe(self) -> dict[str, Any]:
        return {"filepath": self._filepath}
