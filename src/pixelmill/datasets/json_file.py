"""A JSON file that is replaced atomically."""

import json
from typing import Any, NewType

from kedro.io.core import AbstractDataset
from kedro_datasets.json import JSONDataset

from pixelmill.datasets.folders import write_file

JSONPreview = NewType("JSONPreview", str)  # kedro-viz goes by the name of the type


class JsonFile(AbstractDataset[Any, Any]):
    """Kedro's dataset of JSON, whose file is written beside the old one and put in its place.

    Kedro empties the file first: a run that dies in between leaves half of one, which no later run
    can read.

    Example:
        >>> JsonFile(filepath="data/08_reporting/nowhere/metrics.json").exists()
        False
    """

    def __init__(
        self,
        *,
        filepath: str,
        save_args: dict[str, Any] | None = None,
        metadata: dict[str, Any] | None = None,
    ) -> None:
        """Name the file; touches neither disk nor network.

        Args:
            filepath: Path of the file, on disk or as an `s3://` URI.
            save_args: Arguments of `json.dumps`.
            metadata: Metadata for Kedro's plugins, such as kedro-viz's layer.
        """
        self._filepath = filepath
        self._save_args = save_args or {}
        self._file = JSONDataset(filepath=filepath)
        self.metadata = metadata

    def load(self) -> Any:
        """Return the content of the file."""
        return self._file.load()

    def save(self, data: Any) -> None:
        """Replace the file.

        Args:
            data: Value that JSON can represent.
        """
        place = f"{self._file._protocol}://{self._file._filepath}"  # as Kedro reads it
        write_file(place, json.dumps(data, **self._save_args).encode())
        self._file.release()  # a bucket's listing is kept in memory

    def preview(self) -> JSONPreview:
        """Return the content for kedro-viz."""
        return JSONPreview(self._file.preview())

    def _exists(self) -> bool:
        return bool(self._file.exists())

    def _describe(self) -> dict[str, Any]:
        return {"filepath": self._filepath}
