"""Folders that datasets write into."""

import fsspec

from pixelmill.storage import is_s3


def make_folder(folder: str) -> None:
    """Makes a folder where there are folders.

    S3 has none: asked for one, its library would make the bucket, and a bucket that vanished would
    be back, empty, in the user's account.

    Args:
        folder: On disk, or an `s3://` URI.
    """
    if not is_s3(folder):
        system, path = fsspec.core.url_to_fs(folder)
        system.makedirs(path, exist_ok=True)
