"""Recovery from damaged stored files, which are set aside and computed again.

A bit that a disk changed is found by whoever reads it: by Hadoop's checksums, by those of Parquet's
pages, or by the commit marker. What proves to be damaged then loses its marker, so that the next
run computes it again. An error that proves nothing, such as a network that broke, changes nothing.
"""

import os
import re
from collections.abc import Iterator
from typing import NamedTuple
from urllib.parse import unquote

from pixelmill.datasets.chunks import MARKS, PREFIX, changed_chunk, find_chunks
from pixelmill.datasets.commit_marker import SUCCESS, changed_file
from pixelmill.datasets.completeness import reopen
from pixelmill.datasets.parquet_table import problem_of_table
from pixelmill.datasets.splits_table import RECORD, SplitsFolder
from pixelmill.errors import DamagedFileError, InputError, causes
from pixelmill.storage import is_s3, local_path
from pixelmill.storage.file_systems import find_file_system

_SPARK_READING = re.compile(
    r"\[FAILED_READ_FILE[.\w]*\] Encountered error while reading file (?P<file>\S+?)\.?\s"
)
# What Hadoop, Parquet and Arrow say of bytes that cannot be what was written.
_DAMAGE = re.compile(
    r"ChecksumException|CRC checksum verification failed|is not a Parquet file|[Mm]agic bytes not "
    r"found|ParquetDecodingException|Unexpected end of stream|deserialize thrift|Page header"
)


class DamageSetAsideError(InputError):
    """Something stored was damaged and counts no longer; the same command may succeed now."""


class _Unreadable(NamedTuple):
    file: str
    message: str

    @property
    def folder(self) -> str:
        return self.file.rpartition("/")[0]

    @property
    def proves_damage(self) -> bool:
        return _DAMAGE.search(self.message) is not None


def set_damage_aside(problem: BaseException, storage: str) -> None:
    """Take the marker of what a run could not read because it is damaged.

    Args:
        problem: Error that ended the run.
        storage: Folder or `s3://` URI of all tables; files elsewhere are the user's.

    Raises:
        DamageSetAsideError: Something is marked no longer.
        InputError: Something is damaged that cannot be computed again.
    """
    found = _find(problem)
    if found is None or not found.file.startswith(f"{_place(storage).rstrip('/')}/"):
        return
    table, _, chunk = found.folder.rpartition("/")
    if chunk.startswith(PREFIX):
        _set_chunks_aside(table, chunk.removeprefix(PREFIX), found)
    else:
        _set_table_aside(found)


def _set_chunks_aside(table: str, named: str, found: _Unreadable) -> None:
    chunks = find_chunks(table)
    changed = chunks.broken | {
        name: what for name in chunks.whole if (what := changed_chunk(table, name))
    }
    if not changed and found.proves_damage and named in chunks.whole:
        if _is_right_but_for_hadoop(f"{table}/{MARKS}/{named}", found):
            raise DamageSetAsideError(f"the checksum of Hadoop beside {found.file} was damaged")
        changed = {named: "it cannot be read"}
    if not changed:
        return
    reopen(table)
    system, path = find_file_system(table)
    for name in changed:
        system.rm_file(f"{path}/{MARKS}/{name}")
    first, what = next(iter(changed.items()))
    raise DamageSetAsideError(
        f"{len(changed)} of the chunks in {table} are damaged (first {PREFIX}{first}: {what}); "
        "they count no longer, and what they held is computed again"
    )


def _set_table_aside(found: _Unreadable) -> None:
    system, path = find_file_system(found.folder)
    mark = f"{path}/{SUCCESS}"
    what = problem_of_table(found.folder)
    if what is None:
        what = changed_file(found.folder, system.cat_file(mark))
    if what is None and not found.proves_damage:
        return
    reason = what or f"{found.file.rpartition('/')[2]} cannot be read"
    if what is None and _is_right_but_for_hadoop(f"{found.folder}/{SUCCESS}", found):
        raise DamageSetAsideError(f"the checksum of Hadoop beside {found.file} was damaged")
    if system.exists(f"{path}/{RECORD}"):
        raise InputError(SplitsFolder(found.folder).damaged(reason))
    if system.exists(mark):
        system.rm_file(mark)
        raise DamageSetAsideError(f"the table in {found.folder} is damaged: {reason}")


def _is_right_but_for_hadoop(marker: str, found: _Unreadable) -> bool:
    """Remove Hadoop's checksum of a file that agrees with its marker; return whether it does.

    Spark's marker of early versions has no checksum.
    """
    system, path = find_file_system(found.folder)
    name = found.file.rpartition("/")[2]
    beside = f"{path}/.{name}.crc"
    if is_s3(found.folder) or not system.exists(beside):
        return False
    marked, mark = find_file_system(marker)
    content = marked.cat_file(mark) if marked.exists(mark) else b""
    if b"crc32" not in content or changed_file(found.folder, content) is not None:
        return False
    system.rm_file(beside)
    return True


def _find(problem: BaseException) -> _Unreadable | None:
    return next(_unreadable(problem), None)


def _unreadable(problem: BaseException) -> Iterator[_Unreadable]:
    for cause in causes(problem):
        if isinstance(cause, DamagedFileError):
            yield _Unreadable(_place(cause.file), str(cause))
        elif read := _SPARK_READING.search(str(cause)):
            yield _Unreadable(_place(read["file"]), str(cause))


def _place(location: str) -> str:
    """Return the canonical form of a location: an absolute path without links, or an S3 URI."""
    uri = re.sub("^s3[an]:", "s3:", location)
    return unquote(uri) if is_s3(uri) else os.path.realpath(local_path(location))
