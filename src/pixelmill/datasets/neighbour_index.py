"""The index of nearest neighbours of a data set's features."""

from dataclasses import dataclass
from functools import partial
from typing import Any

from kedro.io.core import AbstractDataset

from pixelmill.datasets.chunks import PREFIX, check_chunk, chunk_folders
from pixelmill.datasets.completeness import check_features, current_fingerprint
from pixelmill.errors import InputError
from pixelmill.featurizers import Description
from pixelmill.neighbours import Index
from pixelmill.neighbours.features import Features
from pixelmill.neighbours.folder import FOLDER, MANIFEST, find_index, read_manifest
from pixelmill.neighbours.manifest import Manifest
from pixelmill.neighbours.updating import update_index
from pixelmill.parameters import NeighboursParameters
from pixelmill.storage.file_systems import find_file_system


@dataclass(frozen=True)
class IndexUpdate:
    """What is to be indexed, and how.

    Attributes:
        featurizer: Description of the featurizer with its `fingerprint`, which names the folder.
        parameters: Index parameters.
        root: Folder or URI that the images' paths are relative to.
    """

    featurizer: Description
    parameters: NeighboursParameters
    root: str | None = None


class StoredIndex:
    """The index as the last run left it; nothing is read before it is asked for."""

    def __init__(self, place: str, command: str, image_index: str | None = None) -> None:
        """Name the folder.

        Args:
            place: Features of the data set.
            command: Command that builds the index.
            image_index: Folder of the image index; None where the features are compared with none.
        """
        self._place = place
        self._command = command
        self._image_index = image_index

    def manifest(self) -> Manifest:
        """Return what the index is.

        Raises:
            InputError: If there is none, or one of other features.
        """
        return self._current()[1]

    def open(self) -> Index:
        """Return the index, ready for searches.

        Raises:
            InputError: If there is none, it was changed, or it is one of other features.
        """
        return Index.load(self._current()[0])

    def _current(self) -> tuple[str, Manifest]:
        """Return the folder and description of the index of the current features."""
        folder = self._folder()
        features, manifest = folder.rpartition("/")[0], read_manifest(folder)
        if self._image_index is not None:
            check_features(features, self._image_index)
        chunks = {chunk.rpartition(PREFIX)[2] for chunk in chunk_folders(features)}
        if chunks != manifest.chunks.keys():
            raise InputError(
                f"the neighbour index in {folder} is not of the features there are now: "
                f"run `{self._command}` first"
            )
        return folder, manifest

    def _folder(self) -> str:
        try:
            return find_index(self._place)
        except InputError as problem:
            raise InputError(
                f"there is no neighbour index in {self._place}: run `{self._command}` first"
            ) from problem


class NeighbourIndex(AbstractDataset[IndexUpdate, StoredIndex]):
    """`<filepath>/<fingerprint>/_neighbours`, which a save brings up to date with the chunks there.

    Example:
        >>> NeighbourIndex(filepath="data/04_feature/digits").exists()
        False
    """

    def __init__(
        self,
        *,
        filepath: str,
        labels: str | None = None,
        image_index: str | None = None,
        metadata: dict[str, Any] | None = None,
    ) -> None:
        """Name the folders; touches neither of them.

        Args:
            filepath: Folder of the features: holds one folder for each fingerprint, and
                `featurizer.json`, which names the one whose index is loaded.
            labels: Folder of the image index, which has the images' labels.
            image_index: The same, where features of other images are to be refused.
            metadata: Metadata for Kedro's plugins, such as kedro-viz's layer.
        """
        self._filepath = filepath.rstrip("/")
        self._labels = labels
        self._image_index = image_index
        self.metadata = metadata

    def load(self) -> StoredIndex:
        """Return the index of the current featurizer's features."""
        dataset = self._filepath.rpartition("/")[2]
        return StoredIndex(
            self._filepath,
            f"kedro run --pipelines neighbours --params dataset={dataset}",
            self._image_index,
        )

    def save(self, data: IndexUpdate) -> None:
        """Add what is new, remove what went, or rebuild all where that is needed.

        Args:
            data: What to index, and how; nothing is done where the parameters say so.
        """
        if not data.parameters.enabled:
            return
        mark = data.featurizer["fingerprint"]
        folder = f"{self._filepath}/{mark}"
        features = Features(
            featurizer={"fingerprint": mark, "parts": [data.featurizer]},
            chunks={chunk.rpartition(PREFIX)[2]: chunk for chunk in chunk_folders(folder)},
            labels=self._labels,
            root=data.root,
            check=partial(check_chunk, folder),
        )
        update_index(f"{folder}/{FOLDER}", features, data.parameters)

    def places(self) -> list[str]:
        """Return the folder of the index of the current featurizer."""
        mark = current_fingerprint(self._filepath)
        return [] if mark is None else [f"{self._filepath}/{mark}/{FOLDER}"]

    def _exists(self) -> bool:
        try:
            mark = current_fingerprint(self._filepath)
        except InputError:
            return False
        if mark is None:
            return False
        system, path = find_file_system(f"{self._filepath}/{mark}/{FOLDER}/{MANIFEST}")
        return bool(system.exists(path))

    def _describe(self) -> dict[str, Any]:
        return {"filepath": self._filepath}
