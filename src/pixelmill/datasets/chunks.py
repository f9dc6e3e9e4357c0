"""A table that grows by chunks, each a folder of Parquet files with a commit marker.

Spark's committers rename or publish the files of a job one after another, and on S3 nothing makes
them appear together. The marker does: one small object, written after all of them, that lists them.
A chunk that is not what its marker says does not count either.
"""

import hashlib
import logging
import re
from collections import defaultdict
from collections.abc import Container, Iterable
from typing import TYPE_CHECKING, NamedTuple
from uuid import uuid4

import fsspec

from pixelmill.datasets.commit_marker import changed_file, commit, listed, problem
from pixelmill.datasets.folders import list_stored, remove_folder, write_rows
from pixelmill.errors import DamagedFileError
from pixelmill.spark.paths import path_to_write
from pixelmill.spark.tables import is_in_memory
from pixelmill.storage import StoredFile
from pixelmill.storage.commit import check_commit
from pixelmill.storage.file_systems import find_file_system

if TYPE_CHECKING:
    from pixelmill.spark.types import Table

MARKS = "_committed"
PREFIX = "chunk="
_NAME = re.compile("[0-9a-f]{32}")  # of a chunk

logger = logging.getLogger(__name__)
_warned: set[tuple[str, ...]] = set()
# Markers never change. On S3 each is a request, and a run opens the table several times.
_markers: dict[tuple[str, StoredFile], bytes] = {}


class Chunks(NamedTuple):
    """The chunks of a table.

    Attributes:
        whole: Names of those that count, sorted.
        broken: Reason why the other chunks do not count, by the names in their markers.
    """

    whole: list[str]
    broken: dict[str, str]

    def digest(self) -> str:
        """Return a name for the set of chunks that count."""
        return hashlib.sha256("\n".join(self.whole).encode()).hexdigest()[:16]


def find_chunks(table: str) -> Chunks:
    """Compare all chunks with their markers; takes one listing of the table.

    Args:
        table: Folder of the table, on disk or as an `s3://` URI.
    """
    folders: defaultdict[str, list[StoredFile]] = defaultdict(list)
    for file in list_stored(table, (PREFIX, MARKS)):
        folders[file.path.rpartition("/")[0]].append(file)
    marks = [file for file in folders.pop(MARKS, []) if _is_marker(file, folders)]
    names = [file.path.removeprefix(f"{MARKS}/") for file in marks]
    problems = {
        name: problem(f"{table}/{PREFIX}{name}", marker, listed(folders[f"{PREFIX}{name}"]))
        for name, marker in zip(names, _contents(table, marks), strict=True)
    }
    return Chunks(
        sorted(name for name, what in problems.items() if what is None),
        {name: what for name, what in problems.items() if what is not None},
    )


def _is_marker(file: StoredFile, folders: Container[str]) -> bool:
    """Return whether a file is a marker, and not left beside them by a desktop or by hand."""
    name = file.path.removeprefix(f"{MARKS}/")
    return _NAME.fullmatch(name) is not None or f"{PREFIX}{name}" in folders


def chunk_folders(table: str) -> list[str]:
    """Return the folders of the chunks that count, in the order of their names.

    Warns once of those that are not what their markers say.

    Args:
        table: Folder of the table, on disk or as an `s3://` URI.
    """
    found = find_chunks(table)
    _warn(table, found)
    return [f"{table}/{PREFIX}{name}" for name in found.whole]


def add_chunk(rows: "Table", table: str) -> None:
    """Write one chunk, and mark it when the last of its files is there.

    Args:
        rows: Computed while they are written, or in memory.
        table: Folder of the table; what a killed run left there without a marker is removed.
    """
    _clear_unmarked(table)
    name = uuid4().hex
    folder = f"{table}/{PREFIX}{name}"
    if is_in_memory(rows):
        write_rows(rows, folder)
    else:
        rows.write.parquet(path_to_write(folder))
    commit(folder, f"{table}/{MARKS}", name)


def drop_chunks(table: str, folders: Iterable[str]) -> None:
    """Remove chunks, first their markers: no reader meets half of one.

    Args:
        table: Folder of the table.
        folders: Some of `chunk_folders`.
    """
    system, path = find_file_system(table)
    names = [folder.rpartition(PREFIX)[2] for folder in folders]
    for name in names:
        system.rm_file(f"{path}/{MARKS}/{name}")
    for name in names:
        if system.exists(f"{path}/{PREFIX}{name}"):
            remove_folder(system, f"{path}/{PREFIX}{name}")


def clear_uncommitted(table: str) -> None:
    """Remove uncommitted chunks: folders without a marker, and broken ones.

    Args:
        table: Folder of the table.

    Raises:
        InputError: This run may write no more; the folders may be those of another.
    """
    _clear_unmarked(table)
    drop_chunks(table, find_chunks(table).broken)


def _clear_unmarked(table: str) -> None:
    """Remove by names alone, without reading the markers, since it is done for every chunk."""
    check_commit()
    system, path = find_file_system(table)
    marked = _names(system, f"{path}/{MARKS}")
    for name in _names(system, path):
        if name.startswith(PREFIX) and name.removeprefix(PREFIX) not in marked:
            remove_folder(system, f"{path}/{name}")


def _names(system: fsspec.AbstractFileSystem, folder: str) -> set[str]:
    """Return the names of the entries of a folder; none if there is no folder."""
    try:
        entries = system.ls(folder, detail=False)
    except FileNotFoundError:
        return set()
    return {str(entry).rstrip("/").rpartition("/")[2] for entry in entries}


def changed_chunk(table: str, name: str) -> str | None:
    """Return why a chunk differs from its marker, byte by byte; None if it does not.

    Args:
        table: Folder of the table.
        name: Name of a chunk that counts.
    """
    system, path = find_file_system(f"{table}/{MARKS}/{name}")
    return changed_file(f"{table}/{PREFIX}{name}", system.cat_file(path))


def check_chunk(table: str, name: str) -> None:
    """Refuse a chunk that is not what its marker says, byte by byte.

    Args:
        table: Folder of the table.
        name: Name of a chunk that counts.

    Raises:
        DamagedFileError: The bytes have changed.
    """
    if reason := changed_chunk(table, name):
        raise DamagedFileError(f"{table}/{PREFIX}{name}/part", reason)


def broken_chunks(table: str, found: Chunks) -> str | None:
    """Return the part of a message on chunks that differ from their markers; None without any.

    Args:
        table: Folder of the table.
        found: Chunks of the table.
    """
    if not found.broken:
        return None
    name, what = next(iter(sorted(found.broken.items())))
    count, total = len(found.broken), len(found.broken) + len(found.whole)
    return f"{count} of {total} chunks are damaged (first {table}/{PREFIX}{name}: {what})"


def _warn(table: str, found: Chunks) -> None:
    state = (table, *sorted(found.broken))
    reason = broken_chunks(table, found)
    if reason and state not in _warned:
        _warned.add(state)
        logger.warning("%s: what they held is computed again.", reason)


def _contents(table: str, marks: list[StoredFile]) -> list[bytes]:
    """Return the contents of the markers; requests to S3 are sent together."""
    unread = [file for file in marks if file.size and (table, file) not in _markers]
    if unread:
        system, path = find_file_system(table)
        places = [f"{path}/{file.path}" for file in unread]
        # With its end, s3fs does not ask for the size first.
        ends = [file.size for file in unread]
        contents = system.cat_ranges(places, 0, ends, on_error="raise")
        _markers.update({(table, file): text for file, text in zip(unread, contents, strict=True)})
    return [_markers[table, file] if file.size else b"" for file in marks]
