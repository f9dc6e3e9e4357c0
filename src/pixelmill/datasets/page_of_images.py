"""An HTML page with thumbnails, some of which the next run may have to read again."""

import re
from typing import Any

from pixelmill.datasets.map_page import PAGE_TYPE
from pixelmill.datasets.text_file import TextFile
from pixelmill.errors import UNREADABLE

# What stands in the place of an image that could not be read; text of others is escaped.
UNREAD = re.compile(rf'class="gone\b[^">]*"[^>]*>{UNREADABLE},')


class PageOfImages(TextFile):
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
        super().__init__(filepath=filepath, content_type=PAGE_TYPE, metadata=metadata)

    def is_unfinished(self) -> bool:
        """Return whether images of the page could not be read, which the next run tries again."""
        return self._exists() and UNREAD.search(self.load()) is not None
