"""Uploads of a service: bundle, model and index, each below the digest of its content."""

import hashlib
import io
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

from pixelmill.aws.clients import error_code, explained
from pixelmill.aws.digests import MISSING, checksums, digest_of, upload_with_digest
from pixelmill.errors import InputError
from pixelmill.storage import is_s3, local_path
from pixelmill.storage.locations import split_s3

Printer = Callable[[str], None]


class Folder(NamedTuple):
    """Place of a folder that the service reads.

    Attributes:
        uri: S3 URI.
        local: The folder on this machine that goes there; None where it is on S3 already.
    """

    uri: str
    local: Path | None = None


def find_model(place: str, folder: str) -> Folder:
    """Return where the service reads a model.

    Args:
        place: Exported classifier, a folder or an S3 URI.
        folder: S3 URI of everything that is uploaded for the service.

    Raises:
        InputError: There is no classifier, or it was changed.
    """
    from pixelmill.classifier.folder import read_manifest

    if is_s3(place):
        return Folder(place.rstrip("/"))
    read_manifest(place)
    return _below_digest(Path(local_path(place)), f"{folder}/models")


def find_index(place: str, folder: str) -> Folder:
    """Return where the service reads a neighbour index.

    Args:
        place: Features with their index, or the index, a folder or an S3 URI.
        folder: S3 URI of everything that is uploaded for the service.

    Raises:
        InputError: There is none, or it was changed.
    """
    from pixelmill.neighbours.folder import find_index as find_within
    from pixelmill.neighbours.folder import read_manifest

    if is_s3(place):
        return Folder(place.rstrip("/"))
    found = find_within(place)
    read_manifest(found)
    return _below_digest(Path(local_path(found)), f"{folder}/indexes")


def check_exists(s3: Any, folder: Folder, file: str, what: str) -> None:
    """Refuse a folder on S3 that does not hold what the service would read.

    Args:
        s3: Client of S3.
        folder: Folder returned by `find_model` or `find_index`; a local one was checked already.
        file: Required file, or the beginning of its name.
        what: Content of the folder, such as "classifier".

    Raises:
        InputError: The folder does not exist, or S3 refuses access.
    """
    if folder.local is not None:
        return
    bucket, prefix = split_s3(folder.uri)
    with explained(f"{folder.uri} cannot be read"):
        found = s3.list_objects_v2(Bucket=bucket, Prefix=f"{prefix}/{file}", MaxKeys=1)
    if not found.get("KeyCount"):
        raise InputError(f"there is no {what} in {folder.uri}: {file or 'everything'} is missing")


def upload_folder(s3: Any, folder: Folder, tags: str, echo: Printer) -> None:
    """Upload what is not there yet; the manifest last, so that a part is never taken for the whole.

    Args:
        s3: Client of S3.
        folder: The folder, before and after the upload.
        tags: Object tags, as S3 reads them.
        echo: Callback that prints a line for the user.

    Raises:
        InputError: S3 refuses it.
    """
    if folder.local is None:
        return
    files = sorted(_files(folder.local), key=lambda path: (path.name == "manifest.json", path))
    if is_there(s3, f"{folder.uri}/{files[-1].relative_to(folder.local).as_posix()}"):
        return
    size = sum(path.stat().st_size for path in files)
    echo(f"uploading {folder.local} ({size / 1e6:,.1f} MB) to {folder.uri}")
    for path in files:
        uri = f"{folder.uri}/{path.relative_to(folder.local).as_posix()}"
        with explained(f"{uri} cannot be uploaded"), path.open("rb") as content:
            upload_with_digest(s3, content, uri, tags)


def upload_bundle(s3: Any, bundle: bytes, folder: str, tags: str) -> str:
    """Upload the source bundle where it is not there yet.

    Args:
        s3: Client of S3.
        bundle: Content of the bundle.
        folder: S3 URI of everything that is uploaded for the service.
        tags: Object tags, as S3 reads them.

    Returns:
        Its S3 URI.

    Raises:
        InputError: S3 refuses it.
    """
    uri = f"{folder}/bundles/{digest_of(bundle)}.zip"
    if not is_there(s3, uri):
        with explained(f"{uri} cannot be uploaded"):
            upload_with_digest(s3, io.BytesIO(bundle), uri, tags)
    return uri


def is_there(s3: Any, uri: str) -> bool:
    """Return whether an object exists.

    Raises:
        InputError: S3 refuses to say.
    """
    bucket, key = split_s3(uri)
    with explained(f"{uri} cannot be read"):
        try:
            s3.head_object(Bucket=bucket, Key=key)
        except s3.exceptions.ClientError as error:
            if error_code(error) in MISSING:
                return False
            raise
    return True


def _below_digest(local: Path, place: str) -> Folder:
    files = sorted(_files(local))
    listed = {path.relative_to(local).as_posix(): _digest(path).encode() for path in files}
    return Folder(f"{place}/{digest_of(checksums(listed))[:32]}", local)


def _files(folder: Path) -> Iterator[Path]:
    for path in folder.rglob("*"):
        if path.is_symlink():
            raise InputError(f"{path} is a link: upload a folder that holds its own files")
        if path.is_file():
            yield path


def _digest(path: Path) -> str:
    with path.open("rb") as content:
        return hashlib.file_digest(content, "sha256").hexdigest()
