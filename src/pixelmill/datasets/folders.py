"""Folders that datasets write into."""

import glob
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pixelmill.storage import StoredFile, is_s3, local_path, open_storage
from pixelmill.storage.file_systems import find_file_system

if TYPE_CHECKING:
    from pixelmill.spark.types import ArrowTable


def make_folder(folder: str) -> None:
    """Make a folder where there are folders.

    S3 has none: asked for one, its library would make the bucket, and a bucket that vanished would
    be back, empty, in the user's account.

    Args:
        folder: Path on disk, or an `s3://` URI.
    """
    if not is_s3(folder):
        system, path = find_file_system(folder)
        system.makedirs(path, exist_ok=True)


def write_file(place: str, content: bytes, **headers: str) -> None:
    """Write a file whole or not at all, with the folders above it.

    Args:
        place: Path on disk, or an `s3://` URI.
        content: Bytes of the file.
        headers: Headers of the S3 object, such as `ContentType`; ignored on disk.
    """
    system, path = find_file_system(place)
    if "file" not in system.protocol:
        system.pipe_file(path, content, **(headers if is_s3(place) else {}))
        return
    folder, _, name = path.rpartition("/")
    open_storage(folder or "/").write_bytes(name, content)


def write_rows(rows: "ArrowTable", folder: str) -> None:
    """Replace the files of a folder by one Parquet file, written without Spark.

    Args:
        rows: Its rows.
        folder: Path on disk, or an `s3://` URI.
    """
    from pyarrow import parquet

    system, path = find_file_system(folder)
    if system.exists(path):
        remove_folder(system, path)
    make_folder(folder)
    parquet.write_table(
        rows, f"{path}/part-00000.parquet", filesystem=system, write_page_checksum=True
    )


def list_stored(folder: str, below: tuple[str, ...] = ()) -> list[StoredFile]:
    """List the files of a folder, none where it is missing.

    Args:
        folder: Path on disk, or an `s3://` URI, which the shared S3 client lists.
        below: How the names of the folders begin whose files are listed too.

    Returns: Files with their paths relative to the folder, hidden ones among them.
    """
    if not is_s3(folder):
        if not Path(local_path(folder)).is_dir():
            return []
        return [*open_storage(folder).list_files(lambda name: name.startswith(below))]
    system, path = find_file_system(folder)
    try:
        found = system.find(path, maxdepth=None if below else 1, detail=True)
    except FileNotFoundError:
        return []
    files = [
        StoredFile(name[len(path) + 1 :], entry["size"], entry["LastModified"])
        for name, entry in found.items()
        if entry["type"] == "file" and not name.endswith("/")
    ]
    return [file for file in files if "/" not in file.path or file.path.startswith(below)]


def remove_folder(system: Any, path: str) -> None:
    """Remove a file, or a folder with everything in it, by its literal name.

    s3fs takes `[ ] * ?` in a name for a pattern, and removes what matches: asked for `a[b]`, the
    folder `ab`.

    Args:
        system: File system of fsspec.
        path: Path in the file system, without the scheme.
    """
    system.rm(path if "file" in system.protocol else glob.escape(path), recursive=True)
