"""Commit markers that list the files of a folder, so that an incomplete one is detected.

A marker says that all files were there. Later a cut copy of a bucket, a lifecycle rule or a hand
may take some of them away, or a disk may change a bit. Names and sizes are compared whenever a
table is opened, which takes one listing. The checksum of a file is compared where something else
gives reason to, and at once where nothing else would find a changed bit: on a disk, Hadoop keeps a
`.crc` file beside each file that Spark writes and refuses what does not fit; S3 has checksums of
its own.
"""

import json
import zlib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from pixelmill.datasets.folders import list_stored
from pixelmill.storage import StoredFile, is_s3, local_path
from pixelmill.storage.commit import write_marker

FILES = "files"
SUCCESS = "_SUCCESS"
"""Marker of a table in one folder; a table of chunks has one for each chunk."""
DATA = "part-"
"""How the names of data files begin, as Spark writes them. Anything else beside them, such as
what a desktop leaves in each folder that it shows, is not part of the table."""
_BLOCK = 1 << 20


class Listed(NamedTuple):
    """What a folder has.

    Attributes:
        sizes: Bytes of each data file by its name.
        guarded: Names of the data files that Hadoop has a checksum of beside them.
    """

    sizes: dict[str, int]
    guarded: set[str]


def commit(folder: str, place: str, name: str) -> None:
    """Write the marker that lists the data files of a folder.

    Args:
        folder: Folder on disk or `s3://` URI, with all its files.
        place: Folder of the marker.
        name: File name of the marker.

    Raises:
        InputError: This run may write no more, or the marker cannot be written.
    """
    sizes = list_folder(folder).sizes
    files = {file: _entry(folder, file, size) for file, size in sizes.items()}
    write_marker(place, name, json.dumps({FILES: files}, indent=1).encode())


def list_folder(folder: str) -> Listed:
    """List the data files of a folder, none where it is missing.

    Args:
        folder: Folder on disk or `s3://` URI.
    """
    return listed(list_stored(folder))


def listed(files: Iterable[StoredFile]) -> Listed:
    """Return which files are data files.

    Args:
        files: Files of one folder.
    """
    sizes = {file.path.rpartition("/")[2]: file.size for file in files}
    data = {name: size for name, size in sizes.items() if name.startswith(DATA)}
    return Listed(data, {name for name in data if f".{name}.crc" in sizes})


def problem(folder: str, marker: bytes, found: Listed) -> str | None:
    """Return why a folder differs from its marker; None if it does not.

    Args:
        folder: Folder on disk or `s3://` URI.
        marker: Content of the marker; an empty one of an early version names no files.
        found: What the folder has.
    """
    if not marker:
        return None if found.sizes else "it has no files"
    try:
        files: dict[str, dict[str, Any]] = json.loads(marker)[FILES]
        return _differing_size(files, found.sizes) or _differing_bytes(
            folder, {name: files[name] for name in files.keys() - found.guarded}
        )
    except (ValueError, TypeError, KeyError, AttributeError):
        return "its marker is damaged"


def changed_file(folder: str, marker: bytes) -> str | None:
    """Return the first file whose bytes differ from those that the marker was written for.

    Every byte is read; a marker without checksums, as on S3, finds nothing.

    Args:
        folder: Folder on disk or `s3://` URI.
        marker: Content of the marker.
    """
    try:
        return _differing_bytes(folder, json.loads(marker or b"{}").get(FILES, {}))
    except (ValueError, TypeError, AttributeError):
        return "its marker is damaged"


def _entry(folder: str, name: str, size: int) -> dict[str, Any]:
    return {"size": size, **({} if is_s3(folder) else {"crc32": _checksum(folder, name)})}


def _differing_size(files: Mapping[str, dict[str, Any]], sizes: Mapping[str, int]) -> str | None:
    for name, entry in files.items():
        if name not in sizes:
            return f"{name} is missing"
        if sizes[name] != entry["size"]:
            return f"{name} has {sizes[name]:,} of {entry['size']:,} bytes"
    unknown = next((name for name in sizes if name not in files), None)
    return unknown and f"{unknown} is not one of its files"


def _differing_bytes(folder: str, files: Mapping[str, dict[str, Any]]) -> str | None:
    if is_s3(folder):
        return None
    for name, entry in files.items():
        if "crc32" in entry and entry["crc32"] != _checksum(folder, name):
            return f"the bytes of {name} have changed"
    return None


def _checksum(folder: str, name: str) -> str:
    value = 0
    with Path(local_path(folder), name).open("rb") as file:
        while block := file.read(_BLOCK):
            value = zlib.crc32(block, value)
    return f"{value:08x}"
