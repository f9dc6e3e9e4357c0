"""The pictures of the page."""

from collections.abc import Sequence

from pixelmill.errors import ImageError
from pixelmill.pipelines.duplicates.page import Picture
from pixelmill.storage import Blob, open_storage
from pixelmill.thumbnails import thumbnail

READS_IN_FLIGHT = 8
SIDE = 220  # pixels


def read_thumbnails(root: str, paths: Sequence[str]) -> dict[str, Picture]:
    """Return a small picture of each image, or why there is none.

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
