"""An index as a folder on disk or in a bucket, verified when it is read.

New files are beside the old ones until the manifest, which is written last and in one step, names
them. Whoever dies before that leaves the index that was there.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from pixelmill.errors import InputError
from pixelmill.neighbours.manifest import FORMAT, Manifest
from pixelmill.storage import child, is_s3, local_path, open_storage
from pixelmill.storage.commit import write_marker
from pixelmill.storage.listed_files import (
    ListedFileError,
    check_listed,
    is_plain,
    list_file,
    read_manifest_file,
)
from pixelmill.storage.sealed_json import is_unchanged, sealed_json

FOLDER = "_neighbours"  # Spark and Arrow pass over names that begin so
MANIFEST = "manifest.json"
FEATURIZER = "featurizer.json"
ROWS, VECTORS, GRAPH, COMPONENTS = "rows-", "vectors-", "graph-", "components-"
COMMAND = "`kedro run --pipelines neighbours`"


def find_index(place: str) -> str:
    """Return the folder of the index that a user means.

    Args:
        place: The index, the features that it is beside, or the features of a data set, on disk
            or as an `s3://` URI.

    Raises:
        InputError: If there is none.
    """
    for candidate in _candidates(place):
        return candidate
    raise InputError(
        f"there is no neighbour index in {place}: run {COMMAND} for its data set first"
    )


def is_index(place: str) -> bool:
    """Return whether a folder is that of an index; no file of it is read."""
    return _has(place, MANIFEST)


def read_manifest(place: str) -> Manifest:
    """Return what the index in a folder is; no other file is looked at.

    Raises:
        InputError: If it was changed, is damaged or of another format.
    """
    try:
        found = json.loads(read_manifest_file(place, MANIFEST))
        if found["format"] != FORMAT:
            raise InputError(
                f"the index in {place} has format {found['format']}, and this version of pixelmill "
                f"reads {FORMAT}: run {COMMAND} to build it again"
            )
        if not is_unchanged(found):
            raise InputError(
                f"the index in {place} was changed: the values in {MANIFEST} are not those that it "
                f"was written with: run {COMMAND} to build it again"
            )
        return Manifest.model_validate(found)
    except ListedFileError as problem:
        raise _changed(place, str(problem)) from problem
    except (ValueError, KeyError, TypeError, RecursionError) as error:  # pydantic's are ValueErrors
        raise InputError(f"{place}/{MANIFEST} is damaged: run {COMMAND} again") from error


def write_manifest(place: str, manifest: Manifest) -> None:
    """Write the manifest, in one step: from here on the index is this one."""
    content = json.loads(manifest.model_dump_json())
    write_marker(place, MANIFEST, sealed_json(content))


class LocalFiles:
    """The files of an index on this machine's disk, whole; a copy where they are in a bucket.

    None is opened before all of them are what the manifest says.
    """

    def __init__(self, place: str, manifest: Manifest) -> None:
        """Copy remote files, and compare each file with its size and digest.

        Raises:
            InputError: If a file is missing, is not what the manifest says, or is elsewhere.
        """
        self._copies = TemporaryDirectory(prefix="pixelmill-index-") if is_s3(place) else None
        self._folder = Path(self._copies.name if self._copies else local_path(place))
        try:
            check_listed(place, manifest.files)
            if self._copies:
                _fetch(place, list(manifest.files), self._folder)
            _check(self._folder, manifest)
        except ListedFileError as problem:
            raise _changed(place, str(problem)) from problem

    def path(self, name: str) -> str:
        """Return the path of a file, valid while this object lives."""
        return str(self._folder / name)


@contextmanager
def new_files(place: str) -> Iterator[Path]:
    """Open a folder on disk for new files, which are moved to the place at the end.

    Args:
        place: Folder of the index.
    """
    if not is_s3(place):
        folder = Path(local_path(place))
        folder.mkdir(parents=True, exist_ok=True)
        yield folder
        return
    with TemporaryDirectory(prefix="pixelmill-index-") as scratch:
        yield Path(scratch)
        system, path = _file_system(place)
        for file in Path(scratch).iterdir():
            system.put_file(str(file), f"{path}/{file.name}")


def clear(place: str, manifest: Manifest) -> None:
    """Remove the files that no manifest names: of the index before, and of runs that died."""
    system, path = _file_system(place)
    for entry in system.ls(path, detail=False):
        name = str(entry).rpartition("/")[2]
        is_own = name.startswith((ROWS, VECTORS, GRAPH, COMPONENTS, f".{MANIFEST}."))
        if is_own and name not in manifest.files:
            system.rm_file(str(entry))


def _candidates(place: str) -> Iterator[str]:
    place = place.rstrip("/") or place
    folders = [place, child(place, FOLDER)]
    if _has(place, FEATURIZER):
        folders.append(f"{place}/{_fingerprint(place)}/{FOLDER}")
    return filter(is_index, folders)


def _fingerprint(place: str) -> str:
    """Return the name of the folder of the features that the last run made."""
    try:
        mark = json.loads(read_manifest_file(place, FEATURIZER))["fingerprint"]
    except (ListedFileError, ValueError, KeyError, TypeError, RecursionError) as error:
        raise InputError(f"{place}/{FEATURIZER} is damaged: run {COMMAND} again") from error
    if not (isinstance(mark, str) and is_plain(mark)):
        raise InputError(f"{place}/{FEATURIZER} is damaged: run {COMMAND} again")
    return mark


def _has(place: str, name: str) -> bool:
    return open_storage(place).find_files([name]) != [None]


def _fetch(place: str, names: list[str], folder: Path) -> None:
    system, path = _file_system(place)
    for name in names:
        try:
            system.get_file(f"{path}/{name}", str(folder / name))
        except FileNotFoundError as error:
            raise ListedFileError(f"{name} is missing") from error


def _check(folder: Path, manifest: Manifest) -> None:
    for name in manifest.parts:
        if name not in manifest.files:
            raise ListedFileError(f"{name!a} is no file of its own")
        if manifest.files[name] != list_file(folder / name):
            raise ListedFileError(f"{name} is not what the manifest says")


def _changed(place: str, problem: str) -> InputError:
    return InputError(
        f"the index in {place} was changed: {problem}; run {COMMAND} to build it again"
    )


def _file_system(place: str) -> tuple[Any, str]:
    from pixelmill.storage.file_systems import find_file_system

    system, path = find_file_system(place if is_s3(place) else local_path(place))
    return system, path
