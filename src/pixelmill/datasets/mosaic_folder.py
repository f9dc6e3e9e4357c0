"""A folder of mosaics."""

from collections.abc import Callable
from typing import Any

from kedro.io.core import AbstractDataset, DatasetError
from kedro_datasets.partitions import PartitionedDataset
from PIL.Image import Image

from pixelmill.datasets.mosaic_picture import ENDINGS
from pixelmill.mosaics import Mosaic

PICTURE = "pixelmill.datasets.mosaic_picture.MosaicPicture"


class MosaicFolder(AbstractDataset[dict[str, Mosaic], dict[str, Callable[[], Image]]]):
    """Mosaics by file name, of which every save leaves its own alone.

    Example:
        >>> MosaicFolder(filepath="data/08_reporting/digits/mosaics").exists()
        False
    """

    def __init__(self, *, filepath: str, metadata: dict[str, Any] | None = None) -> None:
        """Name the folder; touches neither disk nor network.

        Args:
            filepath: Folder, on disk or as an `s3://` URI.
            metadata: Metadata for Kedro's plugins, such as kedro-viz's layer.
        """
        self._filepath = filepath
        self._kinds = {
            ending: PartitionedDataset(
                path=filepath, dataset=PICTURE, filename_suffix=ending, overwrite=True
            )
            for ending in ENDINGS.values()
        }
        self.metadata = metadata

    def load(self) -> dict[str, Callable[[], Image]]:
        """Return what loads each mosaic, by file name without its ending."""
        there = self._there()
        if there is None:
            raise DatasetError(f"there are no mosaics in {self._filepath}")
        found: dict[str, Callable[[], Image]] = there.load()
        return found

    def save(self, data: dict[str, Mosaic]) -> None:
        """Replace all mosaics, of whichever kind they were.

        Args:
            data: Mosaics by file name without extension, all of one format.
        """
        kind = next((mosaic.format for mosaic in data.values()), "png")
        self._kinds[ENDINGS[kind]].save(data)

    def _exists(self) -> bool:
        return self._there() is not None

    def _there(self) -> PartitionedDataset | None:
        """Return the mosaics of the format that the last save left."""
        for pictures in self._kinds.values():
            pictures.release()  # what it listed before another format was saved
            if pictures.exists():
                return pictures
        return None

    def _describe(self) -> dict[str, Any]:
        return {"filepath": self._filepath}
