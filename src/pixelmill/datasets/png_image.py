"""A picture with a preview in kedro-viz."""

import io
from base64 import b64encode
from typing import Any, NewType

from kedro.io.core import AbstractDataset
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from pixelmill.datasets.folders import write_file
from pixelmill.storage.file_systems import find_file_system

ImagePreview = NewType("ImagePreview", str)  # kedro-viz goes by the name of the type

UNREAD = "unread"
"""Entry of `info` of a picture on which images are missing that could not be read."""

MADE_OF = "made of"
"""Entry of `info` with a digest of what the picture shows."""


class PngImage(AbstractDataset[Image.Image, Image.Image]):
    """A Pillow image in a PNG file, on disk or in a bucket.

    Example:
        >>> PngImage(filepath="data/08_reporting/digits/prediction_sheet.png").exists()
        False
    """

    def __init__(self, *, filepath: str, metadata: dict[str, Any] | None = None) -> None:
        """Name the file; touches neither disk nor network.

        Args:
            filepath: Path of the PNG file, on disk or as an `s3://` URI.
            metadata: Metadata for Kedro's plugins, such as kedro-viz's layer.
        """
        self._filepath = filepath
        self.metadata = metadata

    def load(self) -> Image.Image:
        """Return the decoded image.

        Raises:
            ValueError: The file is no whole PNG image.
        """
        content = io.BytesIO(self._read())
        try:
            with Image.open(content, formats=("PNG",)) as image:
                image.load()
                return image
        except (OSError, SyntaxError, ValueError) as error:
            raise ValueError("it is no whole PNG image") from error

    def save(self, data: Image.Image) -> None:
        """Write the image and the folders above it.

        Args:
            data: Picture in a mode that PNG supports.
        """
        out, text = io.BytesIO(), PngInfo()
        for name in {UNREAD, MADE_OF} & data.info.keys():
            text.add_text(name, data.info[name])
        data.save(out, "PNG", pnginfo=text)  # the smallest file takes much longer to find
        write_file(self._filepath, out.getvalue())

    def is_unfinished(self) -> bool:
        """Return whether images of the picture could not be read, which is tried again."""
        return self._exists() and UNREAD in self.load().info

    def preview(self) -> ImagePreview:
        """Return the file in base64, as kedro-viz shows it."""
        return ImagePreview(b64encode(self._read()).decode("ascii"))

    def _read(self) -> bytes:
        system, path = find_file_system(self._filepath)
        return bytes(system.cat_file(path))

    def _exists(self) -> bool:
        system, path = find_file_system(self._filepath)
        return bool(system.exists(path))

    def _describe(self) -> dict[str, Any]:
        return {"filepath": self._filepath}
