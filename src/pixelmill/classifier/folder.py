"""A classifier as a folder on disk or in a bucket: what is read is what was written, or nothing.

`manifest.json` names the other files and the SHA-256 of each, and has a digest of its own values. A
pickle can run any code as it is read: no file is looked into before all of them are those that the
manifest names.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from pickle import UnpicklingError
from typing import NamedTuple

from pixelmill.classifier.manifest import FORMAT, Manifest, versions
from pixelmill.errors import InputError
from pixelmill.models import ARRAYS, Files, Model, read_model
from pixelmill.preparation import Preparation
from pixelmill.preparation import from_files as read_preparation
from pixelmill.storage import child, open_storage
from pixelmill.storage.sealed_json import digest_of, is_unchanged, sealed_json

MANIFEST = "manifest.json"
PREPARATION = "preparation.npz"
MODEL = "model"
SPARK_MODEL = "spark_model"
# What numpy and pickle raise where a package has changed since the files were written.
UNREADABLE = (KeyError, ValueError, TypeError, ImportError, AttributeError, UnpicklingError)
# What json, pydantic and a look at what they found raise of a file that is no manifest.
DAMAGED = (ValueError, KeyError, TypeError, RecursionError)
MAKE_AGAIN = "make it again (`kedro run --pipelines modelling,reporting,export`), or take a copy"


class Content(NamedTuple):
    """What a folder holds.

    Attributes:
        manifest: What the classifier is.
        preparation: Of features; None where there is no model.
        model: Scores of prepared features; None where there is none.
        spark_files: The same model in Spark's own format, by paths in its folder.
    """

    manifest: Manifest
    preparation: Preparation | None
    model: Model | None
    spark_files: Files


def read_folder(place: str) -> Content:
    """Reads a classifier; starts no Spark.

    Args:
        place: Folder on disk or `s3://` URI.

    Raises:
        InputError: Where there is none, it was changed, or it is of another version.
    """
    manifest = read_manifest(place)
    files = _read_files(place, manifest)
    if manifest.kind is None:
        return Content(manifest, None, None, {})
    try:
        preparation = read_preparation({ARRAYS: files[PREPARATION]})
        model = read_model(manifest.kind, below(files, MODEL))
    except UNREADABLE as error:
        raise InputError(
            f"the model in {place} cannot be read with these versions of Python and its packages "
            f"({_differences(manifest)}): install those that it was made with, or {MAKE_AGAIN}"
        ) from error
    return Content(manifest, preparation, model, below(files, SPARK_MODEL))


def read_manifest(place: str) -> Manifest:
    """What the classifier in a folder is; no other file is looked at.

    Args:
        place: Folder on disk or `s3://` URI.

    Raises:
        InputError: Where there is none, it was changed, or it is of another format.
    """
    storage = open_storage(place)
    if storage.find_files([MANIFEST]) == [None]:
        raise InputError(
            f"there is no classifier in {place}: give the folder of one that has a {MANIFEST}, or "
            "run `kedro run` to train one"
        )
    try:
        found = json.loads(storage.read_bytes(MANIFEST))
        _check_format(place, found["format"])
        if not is_unchanged(found):
            raise _changed(
                place, f"the values in {MANIFEST} are not those that it was written with"
            )
        return Manifest.model_validate(found)
    except DAMAGED as error:
        raise InputError(f"{place}/{MANIFEST} is damaged: {MAKE_AGAIN}") from error


def files_of(preparation: Preparation, model: Model) -> Files:
    """The content of the files of a trained classifier, by their paths in its folder."""
    return {PREPARATION: preparation.to_files()[ARRAYS], **above(MODEL, model.to_files())}


def write_files(place: str, folder: str, files: Mapping[str, bytes]) -> dict[str, str]:
    """Writes files, one after another.

    Args:
        place: Folder on disk or `s3://` URI.
        folder: In there; '' is the place itself.
        files: Contents by paths in `folder`.

    Returns:
        The SHA-256 of each, by its path.
    """
    storage = open_storage(child(place, folder))
    for path, content in files.items():
        storage.write_bytes(path, content)
    return digests_of(files)


def write_manifest(place: str, manifest: Manifest) -> None:
    """Writes the manifest, in one step: from here on the folder is a classifier."""
    content = json.loads(manifest.model_dump_json())  # not of Python: what is no number is null
    open_storage(place).write_bytes(MANIFEST, sealed_json(content))


def digests_of(files: Mapping[str, bytes]) -> dict[str, str]:
    """The SHA-256 of each file, in hexadecimal."""
    return {path: hashlib.sha256(content).hexdigest() for path, content in files.items()}


def identity_of(labels: Sequence[str], preparation: Preparation, model: Model) -> str:
    """What tells a classifier from any other that answers otherwise: 16 hexadecimal digits.

    Args:
        labels: Of the classes, in the order of the scores.
        preparation: Of features.
        model: Scores of prepared features.
    """
    parts = {"labels": list(labels), "files": digests_of(files_of(preparation, model))}
    return digest_of(parts)[:16]


def above(folder: str, files: Mapping[str, bytes]) -> Files:
    """The same files with their paths from one folder further up."""
    return {f"{folder}/{path}": content for path, content in files.items()}


def below(files: Mapping[str, bytes], folder: str) -> Files:
    """The files of a folder, by their paths in there."""
    start = f"{folder}/"
    return {path[len(start) :]: files[path] for path in files if path.startswith(start)}


def _check_format(place: str, number: object) -> None:
    if number != FORMAT:
        raise InputError(
            f"the classifier in {place} has format {number}, and this version of pixelmill reads "
            f"{FORMAT}: install the version that it was made with, or {MAKE_AGAIN}"
        )


def _read_files(place: str, manifest: Manifest) -> Files:
    storage = open_storage(child(place, manifest.folder))
    paths = list(manifest.digests)
    for path, found in zip(paths, storage.find_files(paths), strict=True):
        if found is None:
            raise _changed(place, f"{path} is missing")
    files = {path: storage.read_bytes(path) for path in paths}
    for path, digest in digests_of(files).items():
        if digest != manifest.digests[path]:
            raise _changed(place, f"{path} is not what {MANIFEST} says")
    return files


def _changed(place: str, what: str) -> InputError:
    return InputError(
        f"the model folder {place} was changed: {what}; nothing of it was loaded: {MAKE_AGAIN}"
    )


def _differences(manifest: Manifest) -> str:
    now = versions()
    differing = [
        f"{name} {then} then, {now[name]} now"
        for name, then in manifest.versions.items()
        if name in now and now[name] != then
    ]
    return ", ".join(differing) or "which are those that it was made with"
