"""A figure that kedro-viz previews."""

from base64 import b64encode
from typing import Any, NewType

from kedro.io.core import AbstractDataset

from pixelmill.datasets.folders import write_file
from pixelmill.storage.file_systems import find_file_system

HTMLPreview = NewType("HTMLPreview", str)  # kedro-viz goes by the name of the type


class SvgFigure(AbstractDataset[str, str]):
    """An SVG file, on disk or in a bucket.

    Example:
        >>> SvgFigure(filepath="data/08_reporting/nowhere/calibration_curve.svg").exists()
        False
    """

    def __init__(self, *, filepath: str, metadata: dict[str, Any] | None = None) -> None:
        """Name the file; touches neither disk nor network.

        Args:
            filepath: Path of the SVG file, on disk or as an `s3://` URI.
            metadata: Metadata for Kedro's plugins.
        """
        self._filepath = filepath
        self.metadata = metadata

    def load(self) -> str:
        """Return the text of the file."""
        return self._read().decode("utf-8")

    def save(self, data: str) -> None:
        """Replace the file.

        Args:
            data: An SVG document.
        """
        write_file(self._filepath, data.encode("utf-8"))

    def preview(self) -> HTMLPreview:
        """Return the figure as an image for kedro-viz.

        An image runs no script, and its base64 has nothing that kedro-viz takes for Markdown.
        """
        encoded = b64encode(self._read()).decode("ascii")
        return HTMLPreview(f'<img src="data:image/svg+xml;base64,{encoded}" width="420" alt="">')

    def _read(self) -> bytes:
        system, path = find_file_system(self._filepath)
        return bytes(system.cat_file(path))

    def _exists(self) -> bool:
        system, path = find_file_system(self._filepath)
        return bool(system.exists(path))

    def _describe(self) -> dict[str, Any]:
        return {"filepath": self._filepath}
