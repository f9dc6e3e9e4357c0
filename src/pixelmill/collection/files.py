"""Locations of downloads: images by a hash of their bytes, failures by one of their URLs."""

import re
from hashlib import sha256
from threading import Lock

from pixelmill.storage import Storage, is_s3

FAILED = ".failed"
SHARDS = [f"{number:02x}" for number in range(256)]
# A file that begins so represents an image that could not be downloaded; decoders repeat it.
NOTE = "download failed: "
PATH = re.compile(r"[0-9a-f]{2}/[0-9a-f]{32}(?:[0-9a-f]{32}(?:\.\w+)?|\.failed)")
# Two downloads of the same bytes write the same file; the name of its first part is their lock.
_LOCKS = {shard: Lock() for shard in SHARDS}


def url_id(url: str) -> str:
    """Return what identifies a URL, and nothing of its secrets: 32 hexadecimal digits.

    Args:
        url: URL without its fragment.
    """
    return sha256(url.encode(errors="surrogatepass")).hexdigest()[:32]


def note_path(name: str) -> str:
    """Return the path of the note in the place of an image that could not be downloaded.

    Args:
        name: Identifier returned by `url_id`.
    """
    return f"{name[:2]}/{name}{FAILED}"


def image_path(digest: str, extension: str) -> str:
    """Return the path of an image, in one of 256 folders.

    Args:
        digest: SHA-256 of its bytes, 64 hexadecimal digits.
        extension: File name extension, with a dot.
    """
    return f"{digest[:2]}/{digest}{extension}"


def write_image(storage: Storage, data: bytes, extension: str) -> tuple[str, str]:
    """Write an image unless it is there.

    Args:
        storage: Folder of the downloads.
        data: Bytes of the image.
        extension: File name extension, with a dot.

    Returns: Its path and the SHA-256 of its bytes.

    Raises:
        InputError: The folder cannot be written to.
    """
    digest = sha256(data).hexdigest()
    path = image_path(digest, extension)
    with _LOCKS[digest[:2]]:
        if not _is_there(storage, path, len(data)):
            storage.write_bytes(path, data)
    return path, digest


def write_note(storage: Storage, name: str, reason: str) -> str:
    """Put a note where an image is missing; one that says the same already stays.

    Args:
        storage: Folder of the downloads.
        name: Identifier returned by `url_id`.
        reason: Reason why the image is missing.

    Returns: Path of the note.

    Raises:
        InputError: The folder cannot be written to.
    """
    path, note = note_path(name), f"{NOTE}{reason}\n".encode()
    if not _is_there(storage, path, len(note)) or storage.read_bytes(path) != note:
        storage.write_bytes(path, note)
    return path


def _is_there(storage: Storage, path: str, size: int) -> bool:
    """Return whether a file of that size is there; on S3 asking costs as much as writing."""
    if is_s3(storage.root):
        return False
    [file] = storage.find_files([path])
    return file is not None and file.size == size
