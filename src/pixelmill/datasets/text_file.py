"""A text file that is replaced atomically."""

from typing import Any

from kedro.io.core import AbstractDataset

from pixelmill.datasets.folders import write_file
from pixelmill.storage.file_systems import find_file_system


class TextFile(AbstractDataset[str, str]):
    """A text in UTF-8, on disk or in a bucket.

    Kedro's dataset empties the file first: a killed run leaves half of a list.

    Example:
        >>> TextFile(filepath="data/08_reporting/nowhere/duplicates.csv").exists()
        False
    """

    def __init__(
        self,
        *,
        filepath: str,
        content_type: str = "text/plain; charset=utf-8",
        metadata: dict[str, Any] | None = None,
    ) -> None:
        """Name the file; touches neither disk nor network.

        Args:
            filepath: Path of the file, on disk or as an `s3://` URI.
            content_type: Content type of the object in a bucket.
            metadata: Metadata for Kedro's plugins, such as kedro-viz's layer.
        """
        self._filepath = filepath
        self._content_type = content_type
        self.metadata = metadata

    def load(self) -> str:
        """Return the text."""
        system, path = find_file_system(self._filepath)
        return bytes(system.cat_file(path)).decode("utf-8")

    def save(self, data: str) -> None:
        """Replace the file.

        Args:
            data: Text with its line ends as they are to be.
        """
        write_file(self._filepath, data.encode("utf-8"), ContentType=self._content_type)

    def _exists(self) -> bool:
        system, path = find_file_system(self._filepath)
        return bool(system.exists(path))

    def _describe(self) -> dict[str, Any]:
        return {"filepath": self._filepath}
