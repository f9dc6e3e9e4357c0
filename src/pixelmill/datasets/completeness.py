"""Completion markers: whether the features of a featurizer are complete."""

import json
from typing import Any

from pixelmill.datasets.chunks import broken_chunks, clear_uncommitted, find_chunks
from pixelmill.datasets.image_index import outdated, read_state
from pixelmill.errors import InputError
from pixelmill.storage.commit import write_marker
from pixelmill.storage.file_systems import find_file_system
from pixelmill.storage.sealed_json import DIGEST, is_unchanged, sealed_json

COMPLETE = "_COMPLETE"
UNFINISHED = "_UNFINISHED"  # what `_COMPLETE` becomes while a run adds or removes rows
OF_INDEX = "image_index"  # of the files that a complete table has rows of
CHUNKS = "chunks"  # digest of their names


def current_fingerprint(filepath: str) -> str | None:
    """Return the fingerprint of the featurizer that the last run described; None before the first.

    Args:
        filepath: Folder that holds one folder for each fingerprint, and `featurizer.json`.

    Raises:
        InputError: The file is damaged.
    """
    place = f"{filepath}/featurizer.json"
    system, path = find_file_system(place)
    if not system.exists(path):
        return None
    try:
        return str(json.loads(system.cat_file(path))["fingerprint"])
    except (ValueError, LookupError, TypeError) as error:
        raise InputError(
            f"{place} is damaged: run `kedro run --pipelines featurization` with the same "
            "parameters again"
        ) from error


def check_features(folder: str, image_index: str) -> None:
    """Refuse features that are not those of the images in the index.

    Args:
        folder: `<filepath>/<fingerprint>`.
        image_index: Folder of the image index.

    Raises:
        InputError: If they are not complete, or of other images.
    """
    if problem := why_refused(folder, image_index):
        raise InputError(problem)


def why_refused(folder: str, image_index: str) -> str | None:
    """Say why features are refused; None if they are complete and of the images in the index.

    Args:
        folder: `<filepath>/<fingerprint>`.
        image_index: Folder of the image index.
    """
    system, path = find_file_system(f"{folder}/{COMPLETE}")
    if not system.exists(path):
        return (
            f"the features in {folder} are not complete: run `kedro run --pipelines featurization` "
            "with the same parameters first, which computes what is missing"
        )
    mark = read_mark(system.cat_file(path)) or {}
    if mark.get(OF_INDEX) != read_state(image_index).files:
        return outdated(folder, "featurization")
    found = find_chunks(folder)
    reason = broken_chunks(folder, found)
    if reason is None and mark.get(CHUNKS, found.digest()) != found.digest():
        reason = "its chunks are not those that it was finished with"
    return reason and (
        f"the features in {folder} are damaged, {reason}: run `kedro run --pipelines "
        "featurization` with the same parameters first, which computes what is missing"
    )


def read_mark(content: bytes) -> dict[str, Any] | None:
    """Return the content of a completion marker; None if it is damaged.

    Args:
        content: Content of `_COMPLETE` or `_UNFINISHED`, of early versions without a digest.

    Returns:
        The featurizer's description, with `image_index` and `chunks`.
    """
    try:
        mark = json.loads(content)
    except ValueError:
        return None
    if not isinstance(mark, dict) or (DIGEST in mark and not is_unchanged(mark)):
        return None
    return {name: value for name, value in mark.items() if name != DIGEST}


def mark_complete(folder: str, featurizer: dict[str, Any], image_index: str | None) -> None:
    """Write the marker that all images have their rows.

    Args:
        folder: `<filepath>/<fingerprint>`.
        featurizer: Description of the featurizer.
        image_index: Folder of the image index; None if the table is compared with none.
    """
    clear_uncommitted(folder)
    mark = featurizer | {CHUNKS: find_chunks(folder).digest()}
    if image_index is not None:
        mark = mark | {OF_INDEX: read_state(image_index).files}
    write_marker(folder, COMPLETE, sealed_json(mark))
    _delete(folder, UNFINISHED)


def reopen(folder: str) -> None:
    """Remove the completion marker, but keep what it says of the featurizer.

    Args:
        folder: `<filepath>/<fingerprint>`.
    """
    system, path = find_file_system(folder)
    if system.exists(f"{path}/{COMPLETE}"):
        write_marker(folder, UNFINISHED, system.cat_file(f"{path}/{COMPLETE}"))
        system.rm_file(f"{path}/{COMPLETE}")


def _delete(folder: str, name: str) -> None:
    system, path = find_file_system(f"{folder}/{name}")
    if system.exists(path):
        system.rm_file(path)
