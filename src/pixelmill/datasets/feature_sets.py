"""All features of a data set, of whatever featurizer."""

import glob
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from kedro.io.core import AbstractDataset

from pixelmill.datasets.completeness import (
    CHUNKS,
    COMPLETE,
    OF_INDEX,
    UNFINISHED,
    check_features,
    current_fingerprint,
    read_mark,
)
from pixelmill.datasets.feature_table import FeatureTable, FeatureUpdate, stored_features
from pixelmill.featurizers.contracts import name_of
from pixelmill.storage.file_systems import find_file_system

if TYPE_CHECKING:
    from pyspark.sql import DataFrame


@dataclass(frozen=True)
class FeatureSet:
    """The features that one featurizer made.

    Attributes:
        description: Featurizer description, with its `fingerprint`.
        load: Function that loads the table `features`; refuses features of other images.
        complete: Whether a run finished them, for the images that the index listed then.
    """

    description: dict[str, Any]
    load: "Callable[[], DataFrame]"
    complete: bool = True

    @property
    def name(self) -> str:
        """Of the featurizer, as the user writes it."""
        return name_of(self.description)

    @property
    def fingerprint(self) -> str:
        """Of the featurizer."""
        return str(self.description["fingerprint"])


class FeatureSets(AbstractDataset[FeatureUpdate, list[FeatureSet]]):
    """Lists the folders `<filepath>/<fingerprint>` that were complete once, and extends any."""

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
            image_index: Folder of the image index; None where sets are compared with none.
            metadata: Metadata for Kedro's plugins, such as kedro-viz's layer.
        """
        self._filepath = filepath.rstrip("/")
        self._image_index = image_index
        self._table = FeatureTable(filepath=self._filepath, image_index=image_index)
        self.metadata = metadata

    def load(self) -> list[FeatureSet]:
        """Return the sets, sorted by fingerprint, complete ones first; no table is read yet."""
        complete = {one.fingerprint: one for one in self._marked(COMPLETE)}
        unfinished = {one.fingerprint: one for one in self._marked(UNFINISHED)}
        return list((complete | (unfinished | complete)).values())

    def save(self, data: FeatureUpdate) -> None:
        """Carry out one step, in the folder of its fingerprint."""
        self._table.save(data)

    def places(self) -> list[str]:
        """Return the completion markers, except that of the current featurizer."""
        current = current_fingerprint(self._filepath)
        names = (one.fingerprint for one in self._marked(COMPLETE))
        return [f"{self._filepath}/{name}/{COMPLETE}" for name in names if name != current]

    def is_unfinished(self) -> bool:
        """Return whether the saved rows include unreadable images, which are tried again."""
        return self._table.is_unfinished()

    def _exists(self) -> bool:
        return False  # which of them a run needs, and whether they are complete, its nodes find out

    def _marked(self, name: str) -> list[FeatureSet]:
        system, folder = find_file_system(self._filepath)
        marks = sorted(map(str, system.glob(f"{glob.escape(folder)}/*/{name}")))
        # A damaged mark, or one of an early version, says nothing: the next featurization writes
        # it anew.
        descriptions = (read_mark(system.cat_file(mark)) for mark in marks)
        return [self._described(one, complete=name == COMPLETE) for one in descriptions if one]

    def _described(self, description: dict[str, Any], *, complete: bool) -> FeatureSet:
        folder = f"{self._filepath}/{description['fingerprint']}"
        of_table = (OF_INDEX, CHUNKS)
        own = {name: value for name, value in description.items() if name not in of_table}

        def load() -> "DataFrame":
            if self._image_index is not None:
                check_features(folder, self._image_index)
            return stored_features(folder)

        return FeatureSet(own, load, complete)

    def _describe(self) -> dict[str, Any]:
        return {"filepath": self._filepath}
