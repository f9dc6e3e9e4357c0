"""An output that the parameters of a run may leave out."""

import logging
from enum import Enum
from typing import Any

from kedro.io.core import AbstractDataset, DatasetError

from pixelmill.datasets.folders import remove_folder
from pixelmill.datasets.png_image import ImagePreview
from pixelmill.storage.file_systems import find_file_system

logger = logging.getLogger(__name__)


class Omitted(Enum):
    """What a node returns in the place of an output that is not wanted."""

    OMITTED = "omitted"


OMITTED = Omitted.OMITTED


class OptionalOutput(AbstractDataset[Any, Any]):
    """Another dataset, of which nothing stays where a run leaves it out.

    A picture of an earlier run beside the tables of this one would show another map.

    Example:
        >>> OptionalOutput(
        ...     filepath="data/08_reporting/digits/mosaic.png",
        ...     dataset="pixelmill.datasets.png_image.PngImage",
        ... ).exists()
        False
    """

    def __init__(
        self,
        *,
        filepath: str,
        dataset: str,
        beside: str | None = None,
        options: dict[str, Any] | None = None,
        metadata: dict[str, Any] | None = None,
    ) -> None:
        """Name the file; touches neither disk nor network.

        Args:
            filepath: Path on disk or as an `s3://` URI.
            dataset: Type of the dataset that takes this `filepath`.
            beside: What is put to the name of the file, in the place of its ending, for the folder
                of what does not fit into it; for a dataset that has no `remove` of its own.
            options: More arguments of the dataset.
            metadata: Metadata for Kedro's plugins, such as kedro-viz's layer.
        """
        self._filepath = filepath
        self._beside = beside
        self._dataset: Any = AbstractDataset.from_config(
            filepath, {"type": dataset, "filepath": filepath, **(options or {})}
        )
        self.metadata = metadata

    def load(self) -> Any:
        """Return what the dataset loads; `OMITTED` where there is nothing, or it is damaged."""
        if not self._exists():
            return OMITTED
        try:
            return self._dataset.load()
        except DatasetError as problem:
            if not isinstance(problem.__cause__, ValueError):
                raise
            logger.warning("Left out: %s is damaged, as %s.", self._filepath, problem.__cause__)
            return OMITTED

    def save(self, data: Any) -> None:
        """Save with the dataset, or remove what it saved before.

        Args:
            data: What the dataset takes, or `OMITTED`.
        """
        if data is OMITTED:
            self._remove()
        else:
            self._dataset.save(data)

    def preview(self) -> ImagePreview:
        """Return the dataset's preview for kedro-viz."""
        return ImagePreview(self._dataset.preview())

    def _remove(self) -> None:
        if hasattr(self._dataset, "remove"):  # it knows best what belongs to it
            self._dataset.remove()
            return
        places = [self._filepath]
        if self._beside is not None:
            places.append(self._filepath.rpartition(".")[0] + self._beside)
        for place in places:
            system, path = find_file_system(place)
            if system.exists(path):
                remove_folder(system, path)

    def places(self) -> list[str]:
        """Everything that the dataset keeps there."""
        own = getattr(self._dataset, "places", None)
        return [self._filepath] if own is None else list(own())

    def _exists(self) -> bool:
        return bool(self._dataset.exists())

    def _describe(self) -> dict[str, Any]:
        return {"filepath": self._filepath}
