"""Files on disk and on S3 alike: list, read with reads in flight, write."""

import os

from pixelmill.storage.base import EPOCH, Blob, Storage, StoredFile
from pixelmill.storage.locations import (
    child,
    is_s3,
    join_root,
    local_path,
    split_location,
    split_s3,
)

__all__ = [
    "EPOCH",
    "Blob",
    "Storage",
    "StoredFile",
    "child",
    "is_s3",
    "join_root",
    "local_path",
    "open_storage",
    "split_location",
    "use_endpoint",
]


def open_storage(root: str) -> Storage:
    """Open a folder; cheap, touches neither disk nor network.

    Args:
        root: Folder on disk (`~` and relative paths are allowed), `file://` or `s3://` URI.

    Returns: The storage, whose `root` is the absolute folder or the URI without a trailing slash.

    Raises:
        InputError: The URI's scheme is not one of these, or an S3 URI has no bucket.
    """
    if is_s3(root):
        from pixelmill.storage.s3 import S3Storage

        return S3Storage(*split_s3(root))
    from pixelmill.storage.disk import DiskStorage

    return DiskStorage(local_path(root))


def use_endpoint(endpoint: str | None) -> None:
    """Set one S3 endpoint for all libraries of this process and its children.

    Args:
        endpoint: Endpoint URL; None uses that of the environment or the AWS profile.
    """
    if endpoint is not None:
        os.environ["AWS_ENDPOINT_URL_S3"] = endpoint.rstrip("/")
