"""Files that a manifest lists by name, size and SHA-256, verified when they are read.

Whoever writes a folder writes its manifest too. A name must therefore stay in the folder, and
nothing is read that is larger than its manifest says, is a device, or is a link to another place.
"""

import hashlib
import os
import re
import stat
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from pixelmill.storage import is_s3, local_path, open_storage

LARGEST_MANIFEST = 2**24  # bytes
_PART = re.compile(r"[^\x00-\x1f\x7f\\/:]{1,255}")


class ListedFile(BaseModel):
    """What a manifest says of a file.

    Attributes:
        size: Bytes.
        sha256: SHA-256 in hexadecimal.
    """

    model_config = ConfigDict(frozen=True)

    size: Annotated[int, Field(ge=0)]
    sha256: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]


class ListedFileError(Exception):
    """A file is not what its manifest says; the text says which, and what it is."""


def list_files(files: Mapping[str, bytes]) -> dict[str, ListedFile]:
    """Return what a manifest says of files.

    Args:
        files: Contents by names.
    """
    return {
        name: ListedFile(size=len(content), sha256=hashlib.sha256(content).hexdigest())
        for name, content in files.items()
    }


def list_file(path: Path) -> ListedFile:
    """Return what a manifest says of a file on disk, which may be larger than memory."""
    with path.open("rb") as content:
        digest = hashlib.file_digest(content, "sha256").hexdigest()
    return ListedFile(size=path.stat().st_size, sha256=digest)


def read_manifest_file(place: str, name: str) -> bytes:
    """Read a manifest of unknown size.

    Args:
        place: Folder on disk or `s3://` URI.
        name: File in there.

    Raises:
        ListedFileError: The file is missing, no regular file, or too large for a manifest.
    """
    (size,) = _sizes(place, [name])
    if size > LARGEST_MANIFEST:
        raise ListedFileError(f"{name} has {size:,} bytes, too many for a manifest")
    return _read(place, name, size)


def read_listed(place: str, files: Mapping[str, ListedFile], folder: str = "") -> dict[str, bytes]:
    """Read all files of a manifest.

    Args:
        place: Folder on disk or `s3://` URI.
        files: Listed files, by their names in `folder`.
        folder: Subfolder of the place; '' is the place itself.

    Returns:
        The content of each, by its name.

    Raises:
        ListedFileError: One leads out of the folder, is missing or is not what is listed, or all
            of them together do not fit into memory.
    """
    check_listed(place, files, folder)
    total = sum(file.size for file in files.values())
    if total > _memory() // 2:
        raise ListedFileError(f"its files have {total:,} bytes, over half of the memory here")
    contents = {name: _read(place, _path(folder, name), file.size) for name, file in files.items()}
    for name, file in list_files(contents).items():
        if file != files[name]:
            raise ListedFileError(f"{name} is not what the manifest says")
    return contents


def check_listed(place: str, files: Mapping[str, ListedFile], folder: str = "") -> None:
    """Refuse files that lead out of their folder or have another size, before any is read.

    Args:
        place: Folder on disk or `s3://` URI.
        files: Listed files, by their names in `folder`.
        folder: Subfolder of the place; '' is the place itself.

    Raises:
        ListedFileError: For the first of them.
    """
    paths = [_path(folder, name) for name in files]
    for path, name in zip(paths, files, strict=True):
        if not (is_plain(name) and is_plain(path)):
            raise ListedFileError(f"the manifest names {name!a}, which is no file in its folder")
    for (name, file), size in zip(files.items(), _sizes(place, paths), strict=True):
        if size != file.size:
            raise ListedFileError(
                f"{name} is not what the manifest says: it has {size:,} bytes, not {file.size:,}"
            )


def is_plain(name: str) -> bool:
    """Return whether a name is relative, goes down only, and could be that of a file everywhere."""
    parts = name.split("/")
    return all(_PART.fullmatch(part) and part not in (".", "..") for part in parts)


def _path(folder: str, name: str) -> str:
    return f"{folder}/{name}" if folder else name


def _sizes(place: str, paths: list[str]) -> list[int]:
    """Return bytes of files that are all there."""
    if not is_s3(place):
        return [_regular(place, path).stat().st_size for path in paths]
    sizes = []
    for path, found in zip(paths, open_storage(place).find_files(paths), strict=True):
        if found is None:
            raise ListedFileError(f"{path} is missing")
        sizes.append(found.size)
    return sizes


def _read(place: str, name: str, size: int) -> bytes:
    if is_s3(place):
        return open_storage(place).read_bytes(name)
    try:
        with _regular(place, name).open("rb") as file:
            return file.read(size + 1)  # not more, where it grows meanwhile
    except OSError as error:
        raise ListedFileError(f"{name} cannot be read: {error.strerror}") from error


def _regular(place: str, name: str) -> Path:
    """Return the file that a name leads to."""
    root = Path(local_path(place)).resolve()
    try:
        path = Path(root, name).resolve(strict=True)
        mode = path.stat().st_mode
    except (OSError, RuntimeError) as error:  # a link in a circle is a RuntimeError
        raise ListedFileError(f"{name} is missing") from error
    if not path.is_relative_to(root):
        raise ListedFileError(f"{name} is a link that leads out of the folder")
    if not stat.S_ISREG(mode):
        raise ListedFileError(f"{name} is no regular file")
    return path


def _memory() -> int:
    return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
