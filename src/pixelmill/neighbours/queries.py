"""Queries to an index: its own images, other images, or vectors."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from typing import TYPE_CHECKING, TypeAlias

import numpy as np
from numpy.typing import NDArray

from pixelmill.errors import ImageError, InputError
from pixelmill.neighbours.vectors import Vectors, unusable_kind, usable
from pixelmill.parameters import NeighboursParameters
from pixelmill.storage import StoredFile, child, is_s3, join_root, open_storage
from pixelmill.storage.given_images import GivenImage, read_given

if TYPE_CHECKING:
    from pixelmill.classifier.featurizing import Featurize
    from pixelmill.neighbours.images import Images

Query: TypeAlias = GivenImage | NDArray[np.floating]


def name_of(query: Query) -> str:
    """Return the query as a sentence names it."""
    if isinstance(query, bytes):
        return f"the query (an image of {len(query):,} bytes)"
    if isinstance(query, np.ndarray):
        return "the query (a vector)"
    return f"the query {os.fsdecode(query)}"


def checked_vector(query: NDArray[np.floating], dimension: int) -> Vectors:
    """Return a vector that a user gives.

    Args:
        query: Query vector.
        dimension: Dimension of the index.

    Returns:
        float32 [dimension].

    Raises:
        InputError: If it has another shape, or is no vector of numbers.
    """
    if query.shape != (dimension,) or query.dtype.kind not in "fiu":
        shape = " x ".join(map(str, query.shape)) or "one"
        raise InputError(
            f"the query is an array of {shape} {query.dtype}: "
            f"the index takes vectors of {dimension} numbers"
        )
    return np.asarray(query, np.float32)


def check_usable(vector: Vectors, parameters: NeighboursParameters, query: Query) -> None:
    """Refuse a vector that has no distance to others.

    Raises:
        InputError: If it holds a number that is not finite, or is zero and the metric cosine.
    """
    if not usable(vector[None], parameters)[0]:
        finite = bool(np.isfinite(vector).all())
        kind = f"is {unusable_kind(parameters)}"
        problem = kind if finite else "holds infinite or undefined numbers"
        raise InputError(f"{name_of(query)} cannot be compared: its vector {problem}")


def find_own(images: Images, root: str | None, query: str | os.PathLike[str]) -> int | None:
    """Return the key of an image of the index.

    Args:
        images: Images of the index, whose paths are relative to `root`.
        root: Root of the data set, on disk or as an `s3://` URI; None if it is unknown.
        query: Path in the data set, or path of the file if that is unchanged.
    """
    name = os.fsdecode(query)
    known = images.key_of(name)
    if known is not None or root is None:
        return known
    place = join_root("." if not is_s3(name) else name, name)
    below = child(open_storage(root).root, "")
    if not place.startswith(below):
        return None
    path = place[len(below) :]
    key = images.key(path)  # by this very name: a disk may have a file of either form
    return key if key is not None and _is_unchanged(images, key, root, path) else None


def featurized(query: GivenImage, featurize: Featurize) -> Vectors:
    """Return the features of an image that the index does not hold.

    Args:
        query: Place or content of an image file.
        featurize: As the images of the index were featurized.

    Returns:
        float32 [d].

    Raises:
        InputError: If the image cannot be read or is none.
    """
    (content,) = read_given([query], 1)
    if isinstance(content, ImageError):
        raise InputError(
            f"{name_of(query)} is no image of the index, and cannot be used as a file: {content}"
        ) from content
    features, (error,) = featurize([content])
    if error is not None:
        raise InputError(f"{name_of(query)} cannot be used: {error}")
    vector: Vectors = features[0]
    return vector


def _is_unchanged(images: Images, key: int, root: str, path: str) -> bool:
    size, modified = images.version(key)
    (found,) = open_storage(root).find_files([path])
    return found == StoredFile(path, size, _time(modified))


def _time(microseconds: int) -> datetime:
    seconds, rest = divmod(microseconds, 1_000_000)
    return datetime.fromtimestamp(seconds, UTC).replace(microsecond=rest)
