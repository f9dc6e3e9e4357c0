"""A folder of mosaics."""

from collections.abc import Callable
from typing import Any

from kedro.io.core import AbstractDataset
from kedro_datasets.partitions import PartitionedDataset
from PIL.Image import Image

from pixelmill.mosaics import Mosaic

PICTURE = "pixelmill.datasets.mosaic_picture.MosaicPicture"


class MosaicFolder(AbstractDataset[dict[str, Mosaic], dict[str, Callable[[], Image]]]):
    """Mosaics by file name, of which every save leaves its own alone.

    Example:
        >>> MosaicFolder(filepath="data/08_reporting/digits/mosaics").exists()
        False
    """

    def __init__(self, *, filepath: str, metadata: dict[str, Any] | None = None) -> None:
        """Names the folder; touches neither disk nor network.

        Args:
            filepath: Folder, on disk or as an `s3://` URI.
            metadata: For Kedro's plugins, as kedro-viz's layer.
        """
        self._filepath = filepath
        self._pictures = PartitionedDataset(
            path=filepath, dataset=PICTURE, filename_suffix=".png", overwrite=True
        )
        self.metadata = metadata

    def load(self) -> dict[str, Callable[[], Image]]:
        """What loads each mosaic, by file name without `.png`."""
        found: dict[str, Callable[[], Image]] = self._pictures.load()
        return found

    def save(self, data: dict[str, Mosaic]) -> None:
        """Replaces all mosaics.

        Args:
            data: By file name.
        """
        named = {name.removesuffix(".png"): mosaic for name, mosaic in data.items()}
        self._pictures.save(named)

    def _exists(self) -> bool:
        return bool(self._pictures.exists())

    def _describe(self) -> dict[str, Any]:
        return {"filepath": self._filepath}
