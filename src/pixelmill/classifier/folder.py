"""A classifier as a folder on disk or in a bucket, verified when it is read.

`manifest.json` lists the other files with the size and SHA-256 of each, and has a digest of its own
values. That finds a change, and no malice: whoever writes the folder writes its manifest. What can
run code is therefore read only where the caller trusts the author, or knows the digest.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from pickle import UnpicklingError
from typing import Any, NamedTuple
from zipfile import BadZipFile

import numpy as np

from pixelmill.classifier.manifest import FORMAT, Manifest, versions
from pixelmill.errors import InputError
from pixelmill.models import ARRAYS, Array, Files, Model, UntrustedError, read_model
from pixelmill.preparation import Preparation
from pixelmill.preparation import from_files as read_preparation
from pixelmill.storage import child, open_storage
from pixelmill.storage.listed_files import (
    ListedFile,
    ListedFileError,
    list_files,
    read_listed,
    read_manifest_file,
)
from pixelmill.storage.sealed_json import digest_of, is_unchanged, sealed_json

MANIFEST = "manifest.json"
PREPARATION = "preparation.npz"
MODEL = "model"
SPARK_MODEL = "spark_model"
NETWORKS = "networks"
CARD = "card.json"
MOST_FEATURES = 2**22  # of an image: a network without pooling has some 100,000
# What numpy and pickle raise where a package has changed since the files were written.
UNREADABLE = (
    ArithmeticError,
    AttributeError,
    BadZipFile,
    EOFError,
    ImportError,
    LookupError,
    MemoryError,
    RecursionError,
    TypeError,
    UnpicklingError,
    ValueError,
)
# What json, pydantic and a look at what they found raise of a file that is no manifest.
DAMAGED = (ValueError, KeyError, TypeError, RecursionError)
MAKE_AGAIN = "make it again (`kedro run --pipelines modelling,reporting,export`), or take a copy"


class Content(NamedTuple):
    """What a folder holds.

    Attributes:
        manifest: Manifest of the classifier.
        preparation: Fitted preparation of the features; None without a model.
        model: Scores of prepared features; None if there is none.
        spark_files: The same model in Spark's own format, by paths in its folder.
        card: Data and metrics of an export; empty in other folders.
    """

    manifest: Manifest
    preparation: Preparation | None
    model: Model | None
    spark_files: Files
    card: dict[str, Any]


def read_folder(place: str, *, trusted: bool = False, sha256: str | None = None) -> Content:
    """Read a classifier without starting Spark.

    Args:
        place: Folder on disk or `s3://` URI.
        trusted: Whether its author may run code here, as a pickle does.
        sha256: Digest that its manifest must have; None takes any.

    Raises:
        InputError: If there is none, it was changed, is not the one of that digest, is of
            another version, or can be read only with trust.
    """
    manifest = read_manifest(place, sha256)
    files = _read_files(place, manifest)
    if manifest.kind is None:
        return Content(manifest, None, None, {}, {})
    try:
        preparation = read_preparation({ARRAYS: files[PREPARATION]})
        model = read_model(manifest.kind, below(files, MODEL), trusted)
        _check_answer(manifest, preparation, model)
        card = dict(json.loads(files.get(CARD, b"{}")))
    except UntrustedError as problem:
        raise InputError(
            f"the model in {place} was not loaded, because its author could run any code "
            f"here: {problem}; where you know and trust its author, load it with trusted=True "
            "(--params trusted=true)"
        ) from problem
    except UNREADABLE as error:
        raise InputError(
            f"the model in {place} cannot be read with these versions of Python and its packages "
            f"({_differences(manifest)}): install those that it was made with, or {MAKE_AGAIN}"
        ) from error
    return Content(manifest, preparation, model, below(files, SPARK_MODEL), card)


def read_networks(place: str, manifest: Manifest) -> Files:
    """Read the converted networks of an export, which `read_folder` leaves where they are.

    Args:
        place: Folder on disk or `s3://` URI.
        manifest: What `read_manifest` found there.

    Returns:
        What the engine exported, by the fingerprint of its featurizer; none in a folder that is
        no export, or of an earlier version.

    Raises:
        InputError: If a file was changed.
    """
    return below(_read_files(place, manifest, networks=True), NETWORKS)


def read_manifest(place: str, sha256: str | None = None) -> Manifest:
    """Return what the classifier in a folder is; no other file is looked at.

    Args:
        place: Folder on disk or `s3://` URI.
        sha256: Digest that it must have; None takes any.

    Raises:
        InputError: If there is none, it was changed, is not the one of that digest, or is of
            another format.
    """
    storage = open_storage(place)
    if storage.find_files([MANIFEST]) == [None]:
        raise InputError(
            f"there is no classifier in {place}: give the folder of one that has a {MANIFEST}, or "
            "run `kedro run` to train one"
        )
    try:
        found = json.loads(read_manifest_file(place, MANIFEST))
        _check_format(place, found["format"])
        if not is_unchanged(found):
            raise _changed(
                place, f"the values in {MANIFEST} are not those that it was written with"
            )
        _check_digest(place, digest_of(found), sha256)
        return Manifest.model_validate(found)
    except ListedFileError as problem:
        raise _changed(place, str(problem)) from problem
    except DAMAGED as error:
        raise InputError(f"{place}/{MANIFEST} is damaged: {MAKE_AGAIN}") from error


def files_of(preparation: Preparation, model: Model) -> Files:
    """Return the content of the files of a trained classifier, by their paths in its folder."""
    return {PREPARATION: preparation.to_files()[ARRAYS], **above(MODEL, model.to_files())}


def write_files(place: str, folder: str, files: Mapping[str, bytes]) -> dict[str, ListedFile]:
    """Write files, one after another.

    Args:
        place: Folder on disk or `s3://` URI.
        folder: Subfolder of the place; '' is the place itself.
        files: Contents by paths in `folder`.

    Returns:
        Size and SHA-256 of each, by its path.
    """
    storage = open_storage(child(place, folder))
    for path, content in files.items():
        storage.write_bytes(path, content)
    return list_files(files)


def write_manifest(place: str, manifest: Manifest) -> None:
    """Write the manifest, in one step: from here on the folder is a classifier."""
    open_storage(place).write_bytes(MANIFEST, sealed_json(_as_json(manifest)))


def manifest_digest(manifest: Manifest) -> str:
    """Return the SHA-256 by which `read_folder` knows a classifier: it covers all files that it
    lists.
    """
    return digest_of(_as_json(manifest))


def identity_of(labels: Sequence[str], preparation: Preparation, model: Model) -> str:
    """Return the identity of a classifier: 16 hexadecimal digits.

    Args:
        labels: Class labels, in the order of the scores.
        preparation: Fitted preparation of the features.
        model: Scores of prepared features.
    """
    files = files_of(preparation, model)
    digests = {path: hashlib.sha256(content).hexdigest() for path, content in files.items()}
    parts = {"labels": list(labels), "files": digests}
    return digest_of(parts)[:16]


def above(folder: str, files: Mapping[str, bytes]) -> Files:
    """Return the same files with their paths from one folder further up."""
    return {f"{folder}/{path}": content for path, content in files.items()}


def below(files: Mapping[str, bytes], folder: str) -> Files:
    """Return the files of a folder, by their paths in there."""
    start = f"{folder}/"
    return {path[len(start) :]: files[path] for path in files if path.startswith(start)}


def _check_format(place: str, number: object) -> None:
    if number != FORMAT:
        raise InputError(
            f"the classifier in {place} has format {number}, and this version of pixelmill reads "
            f"{FORMAT}: install the version that it was made with, or {MAKE_AGAIN}"
        )


def _check_digest(place: str, digest: str, wanted: str | None) -> None:
    if wanted is None:
        return
    if not re.fullmatch(r"[0-9a-fA-F]{64}", wanted):
        raise InputError(
            f"sha256 is {wanted!r}: give the 64 hexadecimal digits behind 'digest' in the "
            f"{MANIFEST} of the model, as its README.md has them"
        )
    if digest != wanted.lower():
        raise InputError(
            f"the model in {place} is another than the one that was asked for: its digest is "
            f"{digest}, not {wanted.lower()}; nothing of it was loaded"
        )


def _check_answer(manifest: Manifest, preparation: Preparation, model: Model) -> None:
    """Refuse a model of other labels or features, which would fail later or fill the memory."""
    labels, dimension = len(manifest.labels), manifest.dimension
    known = model.classes == labels and preparation.dimension == dimension <= MOST_FEATURES
    if not known or _scores_of_zeros(preparation, model).shape != (1, labels):
        raise ValueError("the files are of another classifier")


def _scores_of_zeros(preparation: Preparation, model: Model) -> Array:
    return model.scores(preparation.apply(np.zeros((1, preparation.dimension))))


def _read_files(place: str, manifest: Manifest, *, networks: bool = False) -> Files:
    """Return the converted networks, which may be large, or all other files."""
    files = {
        name: file
        for name, file in manifest.files.items()
        if name.startswith(f"{NETWORKS}/") is networks
    }
    try:
        return read_listed(place, files, manifest.folder)
    except ListedFileError as problem:
        raise _changed(place, str(problem)) from problem


def _as_json(manifest: Manifest) -> dict[str, Any]:
    # Not of Python: what is no number is null.
    content: dict[str, Any] = json.loads(manifest.model_dump_json())
    return content


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
