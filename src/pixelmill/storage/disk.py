"""A folder on disk, by Python's own files: no library reads faster, and every name works."""

import contextlib
import errno
import os
import stat
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO

from pixelmill.errors import InputError, UnreadableImageError
from pixelmill.storage.base import EPOCH, Blob, Storage, StoredFile

DRAFT = ".part"
"""How the name of a file ends until it is whole."""


class DiskStorage(Storage):
    """Files below a folder; links are followed, and a folder is entered once however linked."""

    def __init__(self, root: str) -> None:
        self.root = root
        self._folder = Path(root)

    def list_files(self, enter: Callable[[str], bool] | None = None) -> Iterator[StoredFile]:
        """List all files; one that cannot be inspected is listed too, so that its reading fails."""
        entered: set[tuple[int, int]] = set()
        folders, linked = [""], list[str]()
        while folders or linked:
            # Links come last: a folder that also has a path of its own is listed under that.
            folder = folders.pop() if folders else linked.pop(0)
            if not self._is_new(folder, entered):
                continue
            for entry in self._scan(folder):
                path = f"{folder}{entry.name}"
                if _is_folder(entry):
                    if enter is None or enter(path):
                        (linked if entry.is_symlink() else folders).append(f"{path}/")
                elif file := _stored_file(entry, path):
                    yield file

    def list_folders(self, names: Sequence[str]) -> Iterator[StoredFile]:
        """List the files in some folders."""
        for name in names:
            if Path(self.root, name).exists():
                for file in DiskStorage(f"{self.root}/{name}").list_files():
                    yield replace(file, path=f"{name}/{file.path}")

    def find_files(self, paths: Sequence[str]) -> list[StoredFile | None]:
        """Find files by their paths."""
        return [self._find(path) for path in paths]

    def read(self, path: str) -> Blob:
        """Read a file with its time of change."""
        try:
            with _open_file(self._folder / path) as file:
                status = os.fstat(file.fileno())
                return Blob(file.read(status.st_size), _modified(status))
        except FileNotFoundError as error:
            raise UnreadableImageError("vanished: there is no file of this name") from error
        except PermissionError as error:
            raise UnreadableImageError("permission denied") from error
        except OSError as error:
            raise UnreadableImageError(f"read failed: {error.strerror or error}") from error
        except ValueError as error:  # a NUL in the name, or half of a pair of UTF-16
            raise UnreadableImageError("read failed: no file can have this name") from error

    def read_bytes(self, path: str) -> bytes:
        """Read the content of a file."""
        with self.open_file(path) as file:
            try:
                return file.read()
            except OSError as error:
                raise self._unreadable(path, error) from error

    def open_file(self, path: str) -> BinaryIO:
        """Open a file for reading."""
        try:
            return _open_file(self._folder / path)
        except OSError as error:
            raise self._unreadable(path, error) from error

    def _unreadable(self, path: str, error: OSError) -> InputError:
        return InputError(f"{self.root}/{path} cannot be read: {error.strerror}.")

    def write_bytes(self, path: str, data: bytes) -> None:
        """Write a file, with the folders above it."""
        target = self._folder / path
        part = target.with_name(f".{target.name}.{os.getpid()}{DRAFT}")
        try:
            try:
                part.write_bytes(data)
            except FileNotFoundError:
                target.parent.mkdir(parents=True, exist_ok=True)
                part.write_bytes(data)
            part.replace(target)
        except OSError as error:
            with contextlib.suppress(OSError):
                part.unlink(missing_ok=True)
            raise InputError(f"{target} cannot be written: {error.strerror}.") from error

    def _is_new(self, folder: str, entered: set[tuple[int, int]]) -> bool:
        try:
            status = Path(self.root, folder).stat()
        except OSError as error:
            raise self._unlistable(folder, error) from error
        identity = status.st_dev, status.st_ino
        known = identity in entered
        entered.add(identity)
        return not known

    def _scan(self, folder: str) -> list[os.DirEntry[str]]:
        try:
            with os.scandir(f"{self.root}/{folder}") as entries:
                return sorted(entries, key=lambda entry: entry.name)
        except OSError as error:
            raise self._unlistable(folder, error) from error

    def _unlistable(self, folder: str, error: OSError) -> InputError:
        place = f"{self.root}/{folder}".rstrip("/") or "/"
        match error:
            case FileNotFoundError():
                return InputError(f"There is no folder {place}: check `images`.")
            case NotADirectoryError():
                return InputError(
                    f"{place} is a file: give its folder, or a table (.csv, .xlsx, …) of paths."
                )
            case PermissionError():
                return InputError(
                    f"No permission to list {place}: give this user the right to read it."
                )
        return InputError(f"{place} cannot be listed: {error.strerror}.")

    def _find(self, path: str) -> StoredFile | None:
        try:
            status = (self._folder / path).stat()
        except (OSError, ValueError):  # reading says which; a NUL in the name is a ValueError
            return None
        known = StoredFile(path, status.st_size, _modified(status))
        return None if stat.S_ISDIR(status.st_mode) else known


def remove_drafts(folder: Path) -> None:
    """Remove what killed processes were writing in a folder and in the folders in it.

    Args:
        folder: Folder into which nobody else writes now.
    """
    for draft in (*folder.glob(f".*{DRAFT}"), *folder.glob(f"*/.*{DRAFT}")):
        with contextlib.suppress(OSError):
            draft.unlink()


def _open_file(path: Path) -> BinaryIO:
    """Return a file to read. A list or a link may name a pipe, which keeps its reader waiting, or a
    device, which never ends or does something where it is opened.

    Raises:
        OSError: The path is not a regular file, or cannot be opened.
    """
    _check_is_file(path.stat())
    file = os.fdopen(os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC), "rb")
    try:
        _check_is_file(os.fstat(file.fileno()))  # it may have been put there since
    except OSError:
        file.close()
        raise
    return file


def _check_is_file(status: os.stat_result) -> None:
    if stat.S_ISDIR(status.st_mode):
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
    if not stat.S_ISREG(status.st_mode):
        raise OSError(errno.EINVAL, "it is a pipe, a socket or a device, no file")


def _is_folder(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir()
    except OSError:  # a link to itself
        return False


def _stored_file(entry: os.DirEntry[str], path: str) -> StoredFile | None:
    """Return the file; None for a pipe, a socket or a device: reading one could wait for ever."""
    try:
        status = entry.stat()
    except OSError:
        return StoredFile(path, 0, EPOCH)
    known = StoredFile(path, status.st_size, _modified(status))
    return known if stat.S_ISREG(status.st_mode) else None


def _modified(status: os.stat_result) -> datetime:
    # By whole numbers: st_mtime is a float, which cannot hold microseconds of today exactly.
    seconds, nanoseconds = divmod(status.st_mtime_ns, 1_000_000_000)
    return datetime.fromtimestamp(seconds, UTC).replace(microsecond=nanoseconds // 1000)
