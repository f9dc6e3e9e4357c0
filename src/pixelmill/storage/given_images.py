"""Images named one by one: by a path, an `s3://` URI, or their bytes."""

import os
from collections.abc import Iterable, Iterator, Mapping
from io import IOBase
from itertools import groupby
from typing import NamedTuple, TypeAlias, TypeVar

from pixelmill.errors import ImageError, InputError, UnreadableImageError
from pixelmill.storage import Blob, is_s3, local_path, open_storage
from pixelmill.storage.locations import split_key

GivenImage: TypeAlias = str | os.PathLike[str] | bytes
Item = TypeVar("Item")
_REMEDY = "give the path of a file, its content as bytes, or a list of these"


def each_of(images: GivenImage | Iterable[Item]) -> Iterable[GivenImage | Item]:
    """Return images one by one.

    Args:
        images: One or many.

    Raises:
        TypeError: They are neither. Tables and dictionaries would give the names of their columns,
            files their lines, and arrays of bytes numbers.
    """
    if isinstance(images, str | os.PathLike | bytes):
        return [images]
    is_other = isinstance(images, Mapping | IOBase | bytearray) or hasattr(images, "columns")
    if is_other or not isinstance(images, Iterable):
        raise TypeError(f"{type(images).__name__} is no image: {_REMEDY}")
    # Arrow's own scalars are neither text nor bytes.
    return images.to_pylist() if hasattr(images, "to_pylist") else images


def place_of(image: str | os.PathLike[str]) -> str:
    """Return the path or URI of an image.

    Args:
        image: Path.

    Raises:
        TypeError: It is none.
    """
    if not isinstance(image, str | os.PathLike):
        raise TypeError(f"{type(image).__name__} is no image: {_REMEDY}")
    return os.fsdecode(image)


def read_given(
    images: Iterable[GivenImage | ImageError], in_flight: int
) -> Iterator[bytes | ImageError]:
    """Read images one after another; neighbours of one place ahead of time.

    Args:
        images: Paths, `s3://` URIs, or content; a reason why there is none passes through.
        in_flight: Maximum number of simultaneous reads.

    Yields:
        Content of each, or why it cannot be read.

    Raises:
        InputError: No image of a place can be read: the bucket is gone, the credentials have
            expired.
    """
    for root, run in groupby(map(_place, images), key=lambda one: one.root):
        if root is None:
            yield from (one.content for one in run)
        else:
            paths = (one.path for one in run)
            blobs = open_storage(root).read_all(paths, in_flight)
            yield from (blob.data if isinstance(blob, Blob) else blob for blob in blobs)


class _Place(NamedTuple):
    """Where an image is: root of a storage and path in there, or its content itself."""

    root: str | None
    path: str = ""
    content: bytes | ImageError = b""


def _place(image: GivenImage | ImageError) -> _Place:
    if isinstance(image, bytes | ImageError):
        return _Place(None, content=image)
    name = place_of(image)
    try:
        if not is_s3(name):
            return _Place("/", local_path(name).lstrip("/"))
        bucket, key = split_key(name)
    except InputError as problem:  # of one image, which costs no other its label
        return _Place(None, content=UnreadableImageError(str(problem)))
    return _Place(f"s3://{bucket}", key)
