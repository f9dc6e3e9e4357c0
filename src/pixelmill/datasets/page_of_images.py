"""An HTML page with thumbnails, some of which the next run may have to read again."""

import re
from typing import Any

from kedro.io.core import AbstractDataset

from pixelmill.datasets.folders import write_file
from pixelmill.datasets.map_page import PAGE_TYPE
from pixelmill.errors import UNREADABLE
from pixelmill.storage.file_systems import find_file_system

# What stands in the place of an image that could not be read; text of others is escaped.
UNREAD = re.compile(rf'class="gone\b[^">]*"[^>]*>{UNREADABLE},')


class PageOfImages(AbstractDataset[str, str]):
    """A page, on disk or in a bucket, that is written again where images could not be read.

    Example:
        >>> PageOfImages(filepath="data/08_reporting/nowhere/report.html").is_unfinished()
        False
    """

    def __init__(self, *, filepath: str, metadata: dict[str, Any] | None = None) -> None:
        """Name the file; touches neither disk nor network.

        Args:
            filepath: Path of the page, on disk or as an `s3://` URI.
            metadata: Metadata for Kedro's plugins, such as kedro-viz's layer.
        """
        self._filepath = filepath
        self.metadata = metadata

    def load(self) -> str:
        """Return the page, as HTML."""
        system, path = find_file_system(self._filepath)
        return bytes(system.cat_file(path)).decode("utf-8")

    def save(self, data: str) -> None:
        """Replace the page.

        Args:
            data: HTML.
        """
        write_file(self._filepath, data.encode("utf-8"), ContentType=PAGE_TYPE)

    def is_unfinished(self) -> bool:
        """Return whether images of the page could not be read, which the next run tries again."""
        return self._exists() and UNREAD.search(self.load()) is not None

    def _exists(self) -> bool:
        system, path = find_file_system(self._filepath)
        return bool(system.exists(path))

    def _describe(self) -> dict[str, Any]:
        return {"filepath": self._filepath}
