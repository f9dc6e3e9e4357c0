"""Conversion of features to the vectors of an index."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from pixelmill.parameters import NeighboursParameters

Vectors = NDArray[np.float32]
DTYPES: dict[str, np.dtype[Any]] = {"float32": np.dtype("<f4"), "float16": np.dtype("<f2")}


def usable(features: Vectors, parameters: NeighboursParameters) -> NDArray[np.bool_]:
    """Return which rows have a distance to others.

    Args:
        features: float32 [n, d].
        parameters: Index parameters.

    Returns:
        bool [n]: False where a number is not finite (in the precision of the index), or where
        all are zero and the distance is an angle.
    """
    largest: Vectors = np.abs(features).max(axis=1, initial=0.0)
    if parameters.metric == "cosine":
        return np.asarray(np.isfinite(largest) & (largest > 0), np.bool_)
    limit = float(np.finfo(DTYPES[parameters.precision]).max)
    return np.asarray(largest <= limit, np.bool_)  # False for nan


def unusable_kind(parameters: NeighboursParameters) -> str:
    """Return in words which finite features have no distance to others.

    Args:
        parameters: Index parameters.
    """
    return "zero" if parameters.metric == "cosine" else f"too large for {parameters.precision}"


def encode(features: Vectors, parameters: NeighboursParameters) -> Vectors:
    """Return the rows as vectors of the index.

    For an angle a vector's length means nothing: 1 keeps float16 from overflowing, and makes half
    the squared Euclidean distance of two vectors their cosine distance.

    Args:
        features: float32 [n, d], usable.
        parameters: Index parameters.

    Returns:
        float32 [n, d].
    """
    if parameters.metric != "cosine":
        return features
    # By the largest first: the square of a float32 may be too large or too small for another.
    scaled = features / np.abs(features).max(axis=1, keepdims=True)
    lengths = np.linalg.norm(scaled, axis=1, keepdims=True)
    return np.asarray(scaled / lengths, np.float32)


def checksums(features: Vectors) -> NDArray[np.uint64]:
    """Return a 64-bit hash of each row.

    Args:
        features: float32 [n, d].

    Returns:
        uint64 [n]: a sum of the words weighted by odd numbers, modulo 2^64.
    """
    words = np.ascontiguousarray(features).view(np.uint32).astype(np.uint64)
    drawn = np.random.default_rng(0).integers(0, 2**63, features.shape[1], np.uint64)
    weighted = words * (2 * drawn + 1)
    return np.asarray(weighted.sum(axis=1, dtype=np.uint64))
