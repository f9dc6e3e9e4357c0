"""Folders that datasets write into."""

import glob
from typing import Any

import fsspec

from pixelmill.storage import is_s3, open_storage


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


def write_file(place: str, content: bytes, **headers: str) -> None:
    """Write a file whole or not at all, with the folders above it.

    Args:
        place: On disk, or an `s3://` URI.
        content: Bytes of the file.
        headers: Of the object on S3, such as `ContentType`; a disk has none.
    """
    system, path = fsspec.core.url_to_fs(place)
    if "file" not in system.protocol:
        system.pipe_file(path, content, **(headers if is_s3(place) else {}))
        return
    folder, _, name = path.rpartition("/")
    open_storage(folder or "/").write_bytes(name, content)


def remove_folder(system: Any, path: str) -> None:
    """Removes a file, or a folder with everything in it, by its very name.

    s3fs takes `[ ] * ?` in a name for a pattern, and removes what matches: asked for `a[b]`, the
    folder `ab`.

    Args:
        system: File system of fsspec.
        path: As the file system has it, without the scheme.
    """
    system.rm(path if "file" in system.protocol else glob.escape(path), recursive=True)
