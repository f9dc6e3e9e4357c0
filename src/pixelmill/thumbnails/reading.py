"""Thumbnails of named images for a page, or why there is none."""

from collections.abc import Sequence
from dataclasses import dataclass

from pixelmill.errors import ImageError
from pixelmill.storage import Blob, open_storage
from pixelmill.thumbnails.shrinking import data_uri, thumbnail

READS_IN_FLIGHT = 8
SIDE = 220  # pixels


@dataclass(frozen=True)
class Picture:
    """A thumbnail, or why there is none.

    Attributes:
        data: A WebP file, or None.
        problem: The reason, or None.
    """

    data: bytes | None
    problem: str | None

    @property
    def address(self) -> str | None:
        """The thumbnail as a data URI."""
        return None if self.data is None else data_uri(self.data)


def read_thumbnails(root: str, paths: Sequence[str]) -> dict[str, Picture]:
    """Return a thumbnail of each image, or why there is none.

    Args:
        root: Folder or URI that the paths are relative to.
        paths: Image paths.
    """
    blobs = open_storage(root).read_all(paths, READS_IN_FLIGHT)
    return {path: _shrink(blob) for path, blob in zip(paths, blobs, strict=True)}


def _shrink(blob: Blob | ImageError) -> Picture:
    if not isinstance(blob, Blob):
        return Picture(None, str(blob))
    try:
        return Picture(thumbnail(blob.data, SIDE), None)
    except ImageError as problem:
        return Picture(None, str(problem))
