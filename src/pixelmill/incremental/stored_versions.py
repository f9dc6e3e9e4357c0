"""Versions of stored datasets, to detect changes since a node wrote them.

A version has two parts. The stamp is cheap: names, sizes and what changes with every write (on
disk the time of the last change of the inode, which no program can set, on S3 the ETag). Where it
is the same, nothing was touched. The content is a digest of the bytes; it stays the same where
files were only copied, or written again with the same rows.
"""

import hashlib
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

from kedro.io import AbstractDataset, MemoryDataset

from pixelmill.storage import is_s3, local_path
from pixelmill.storage.file_systems import find_file_system

LARGEST = 1 << 30
"""Bytes of the files of a dataset whose content is read; of more, the stamp is the content."""

_DRAWN = re.compile(r"-[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")  # of Spark, for each write
_MARKER = "_SUCCESS"  # names the files, and so differs where nothing but the names does
_BLOCK = 1 << 20


class StoredVersion(NamedTuple):
    """The version of a dataset.

    Attributes:
        stamp: Digest of names, sizes and times or ETags.
        content: Digest of names and bytes.
    """

    stamp: str
    content: str


class _File(NamedTuple):
    name: str
    size: int
    change: str  # what every write changes
    path: str


def places_of(dataset: AbstractDataset[Any, Any]) -> list[str] | None:
    """Return where a dataset keeps what it saves: files and folders, on disk or as `s3://` URIs.

    Returns:
        None where nothing stays after the run.
    """
    if isinstance(dataset, MemoryDataset):
        return None
    if hasattr(dataset, "places"):
        return list(dataset.places())
    described = dataset._describe()
    place = described.get("filepath")
    if place is None:
        return None
    protocol = described.get("protocol") or "file"
    return [str(place) if protocol == "file" else f"{protocol}://{place}"]


def find_version(places: Iterable[str], known: StoredVersion | None = None) -> StoredVersion | None:
    """Find the version of what is stored at some places; None if there is nothing.

    Args:
        places: Files and folders.
        known: An earlier version, whose content is taken where the stamp is the same.
    """
    on_s3, files = False, []
    for place in places:
        on_s3 = is_s3(place)
        files += sorted(_objects(place) if on_s3 else _files(place))
    if not files:
        return None
    stamp = _digest(f"{name}\n{size}\n{change}\n" for name, size, change, _ in files)
    if known is not None and known.stamp == stamp:
        return known
    if on_s3:
        return StoredVersion(stamp, _digest(_etags(files)))
    if sum(file.size for file in files) > LARGEST:
        return StoredVersion(stamp, stamp)
    return StoredVersion(stamp, _digest(f"{_plain(f)}\n{_content(f)}\n" for f in files))


def _files(place: str) -> Iterator[_File]:
    root = Path(local_path(place))
    found = root.rglob("*") if root.is_dir() else [root]
    for path in found:
        if path.name.startswith(".") or not path.is_file():
            continue
        name = path.relative_to(root.parent).as_posix()
        status = path.stat()
        yield _File(name, status.st_size, f"{status.st_ctime_ns} {status.st_ino}", str(path))


def _objects(place: str) -> Iterator[_File]:
    system, root = find_file_system(place)
    parent = root.rpartition("/")[0]
    for path, entry in system.find(root, detail=True).items():
        name = path[len(parent) + 1 :]
        if entry["type"] == "file" and not name.rpartition("/")[2].startswith("."):
            yield _File(name, entry["size"], str(entry.get("ETag")), path)


def _etags(files: Iterable[_File]) -> Iterator[str]:
    for file in files:
        yield f"{_plain(file)}\n"
        if not file.name.endswith(f"/{_MARKER}"):
            yield f"{file.size} {file.change}\n"


def _plain(file: _File) -> str:
    return _DRAWN.sub("", file.name)


def _content(file: _File) -> str:
    digest = hashlib.blake2b(digest_size=16)
    if not file.name.endswith(f"/{_MARKER}"):
        with Path(file.path).open("rb") as opened:
            while block := opened.read(_BLOCK):
                digest.update(block)
    return digest.hexdigest()


def _digest(parts: Iterable[str]) -> str:
    digest = hashlib.blake2b(digest_size=16)
    for part in parts:
        digest.update(part.encode())
    return digest.hexdigest()
