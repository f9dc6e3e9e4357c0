"""A JSON file of another pipeline that may be missing."""

import logging
from dataclasses import asdict
from typing import Any

from kedro.io.core import AbstractDataset, DatasetError

from pixelmill.datasets.image_index import outdated, read_state
from pixelmill.datasets.json_file import JsonFile, JSONPreview

logger = logging.getLogger(__name__)

OF_INDEX = "image_index"


class OptionalJson(AbstractDataset[Any, Any]):
    """A JSON file that is nothing, `{}`, while it is not there.

    A report reads it by the name that the pipeline writes it by: in one run with that pipeline
    it waits for it, and in a run without it shows what an earlier run left, if any. What is of
    other images than the index, or damaged, is passed over with a warning, as if it were not there.

    Example:
        >>> OptionalJson(filepath="data/08_reporting/nowhere/map.json").load()
        {}
    """

    def __init__(
        self,
        *,
        filepath: str,
        save_args: dict[str, Any] | None = None,
        image_index: str | None = None,
        made_by: str = "",
        metadata: dict[str, Any] | None = None,
    ) -> None:
        """Name the file; touches neither disk nor network.

        Args:
            filepath: Path of the file, on disk or as an `s3://` URI.
            save_args: Arguments of `json.dump`.
            image_index: Folder of the image index; None where the content is compared with none.
            made_by: Name of the pipeline that writes the file.
            metadata: Metadata for Kedro's plugins, such as kedro-viz's layer.
        """
        self._filepath = filepath
        self._file = JsonFile(filepath=filepath, save_args=save_args)
        self._image_index = image_index
        self._made_by = made_by
        self._warned = False
        self.metadata = metadata

    def load(self) -> Any:
        """Return the content of the file; `{}` if there is none, or one of other images."""
        content = self._content() if self._exists() else {}
        if not content or self._image_index is None:
            return content
        if content.pop(OF_INDEX, None) == asdict(read_state(self._image_index)):
            return content
        self._warn(outdated(self._filepath, self._made_by))
        return {}

    def save(self, data: Any) -> None:
        """Replace the file.

        Args:
            data: Value that JSON can represent.
        """
        if data and self._image_index is not None:
            data = data | {OF_INDEX: asdict(read_state(self._image_index))}
        self._file.save(data)

    def preview(self) -> JSONPreview:
        """Return the content for kedro-viz."""
        return self._file.preview()

    def _content(self) -> Any:
        try:
            content = self._file.load()
        except DatasetError as problem:
            if not isinstance(problem.__cause__, ValueError):
                raise
            self._warn(f"{self._filepath} is damaged, as it is no JSON")
            return {}
        if isinstance(content, dict):
            return content
        self._warn(f"{self._filepath} is damaged, as it is no JSON object")
        return {}

    def _warn(self, why: str) -> None:
        """Warn once; several nodes of a run read the same file."""
        if not self._warned:
            self._warned = True
            logger.warning("Left out: %s.", why)

    def _exists(self) -> bool:
        return bool(self._file.exists())

    def _describe(self) -> dict[str, Any]:
        return {"filepath": self._filepath}
