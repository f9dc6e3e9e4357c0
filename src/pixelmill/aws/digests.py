"""SHA-256 digests of files on S3, so that a changed file is not reused."""

import hashlib
from base64 import b64decode
from collections.abc import Iterable, Mapping
from typing import IO, Any

from pixelmill.aws.clients import explained
from pixelmill.errors import InputError
from pixelmill.storage.locations import split_s3

SUMS = "SHA256SUMS"
MISSING = {"404", "NoSuchKey", "NotFound"}
_METADATA = "sha256"
_BLOCK = 2**20


def checksums(files: Mapping[str, bytes]) -> bytes:
    """Return digests of some files as `sha256sum --check` reads them.

    Args:
        files: Name and content of each.
    """
    return "".join(f"{digest_of(content)}  {name}\n" for name, content in files.items()).encode()


def digest_of(content: bytes) -> str:
    """Return the SHA-256 of some bytes, in hexadecimal."""
    return hashlib.sha256(content).hexdigest()


def upload_with_digest(s3: Any, file: IO[bytes], uri: str, tags: str = "") -> None:
    """Write an object that carries its own SHA-256; S3 compares it with what arrives.

    Args:
        s3: Client of S3.
        file: Content, opened for reading.
        uri: S3 URI of the object.
        tags: Object tags, `name=value&name=value`.
    """
    bucket, key = split_s3(uri)
    digest = _digest_of_blocks(iter(lambda: file.read(_BLOCK), b""))
    file.seek(0)
    # In one request, since S3 knows the SHA-256 of a whole object only then.
    s3.put_object(
        Bucket=bucket,
        Key=key,
        Body=file,
        ChecksumAlgorithm="SHA256",
        Metadata={_METADATA: digest},
        **({"Tagging": tags} if tags else {}),
    )


def is_unchanged_on_s3(s3: Any, uri: str) -> bool:
    """Return whether an object is there, with the content that `upload_with_digest` gave it.

    Args:
        s3: Client of S3.
        uri: S3 URI of the object.

    Raises:
        InputError: If it was changed, or made by something else; it says what to do.
    """
    bucket, key = split_s3(uri)
    place = {"Bucket": bucket, "Key": key}
    with explained(f"{uri} cannot be read"):
        try:
            found = s3.head_object(**place, ChecksumMode="ENABLED")
        except s3.exceptions.ClientError as error:
            if error.response["Error"]["Code"] in MISSING:
                return False
            raise
        if found["Metadata"].get(_METADATA) != _digest_on_s3(s3, place, found):
            raise InputError(
                f"{uri} is not what a launch put there: another program wrote or changed it; "
                f"delete it (aws s3 rm {uri}) and launch again, which makes it again"
            )
    return True


def _digest_on_s3(s3: Any, place: dict[str, str], found: dict[str, Any]) -> str:
    """Return the digest of an object: S3's own or, if it has none, that of its content."""
    checksum = found.get("ChecksumSHA256", "")
    if checksum and "-" not in checksum:  # with a dash it is made of the parts' checksums
        return b64decode(checksum).hex()
    body = s3.get_object(**place)["Body"]
    return _digest_of_blocks(body.iter_chunks(_BLOCK))


def _digest_of_blocks(blocks: Iterable[bytes]) -> str:
    digest = hashlib.sha256()
    for block in blocks:
        digest.update(block)
    return digest.hexdigest()
