"""Measured recall of an index: the share of true nearest neighbours that it finds."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pixelmill.neighbours.graph import Keys
from pixelmill.neighbours.manifest import Manifest, Recall
from pixelmill.neighbours.vector_file import VectorFile
from pixelmill.neighbours.vector_search import VectorSearch
from pixelmill.neighbours.vectors import Vectors

K = 10
QUERIES = 1000
CHANGED = 0.1  # share of the images after whose change recall is measured again
# Equal pictures are equally near, and rounding orders them by chance.
TIE = 1e-6


def measured_recall(
    search: VectorSearch, vectors: VectorFile, keys: Keys, manifest: Manifest
) -> Recall | None:
    """Compare the answers of an index with those of a product with all of its vectors.

    Args:
        search: The index.
        vectors: Its vectors.
        keys: uint64 [n], of the vectors, rising.
        manifest: Manifest of the index; its recall is kept if little has changed since then.

    Returns:
        The share of the ten nearest that are found; None for a single image.
    """
    last, count = manifest.recall, manifest.count
    if count < 2:
        return None
    if last is not None and not _has_changed(manifest, last):
        return last
    k = min(K, count - 1)
    asking = _sample(count)
    found = _answers(search, vectors.at(asking), keys, asking, k)
    share = share_found(vectors, asking, found)
    return Recall(share=share, k=k, queries=len(asking), images=count, changes=manifest.changes)


def share_found(vectors: VectorFile, asking: NDArray[np.int64], found: NDArray[np.int64]) -> float:
    """Return the share of the k nearest that were found.

    An image that is as near as the k-th counts as found, whichever of the equals it is.

    Args:
        vectors: Vectors of the index.
        asking: Places of the queries, int64 [m].
        found: Places of the answers, int64 [m, k]; a query itself is none.
    """
    k = found.shape[1]
    queries = vectors.at(asking)
    far = np.full(found.shape, np.inf, np.float32)
    found_far = np.full(found.shape, np.inf, np.float32)
    for start, block in vectors.blocks():
        distances = _distances(queries, block, vectors.metric)
        own = (asking >= start) & (asking < start + len(block))
        distances[own, asking[own] - start] = np.inf
        here = (found >= start) & (found < start + len(block))
        row, column = np.nonzero(here)
        found_far[row, column] = distances[row, found[row, column] - start]
        far = np.partition(np.hstack([far, distances]), k - 1, axis=1)[:, :k]
    limit = far.max(axis=1, keepdims=True).astype(np.float64)
    return float((found_far <= limit * (1 + TIE) + TIE).mean())


def _has_changed(manifest: Manifest, last: Recall) -> bool:
    return manifest.changes - last.changes > CHANGED * last.images


def _sample(count: int) -> NDArray[np.int64]:
    """Return places of images that are drawn by chance, rising."""
    drawn = np.random.default_rng(0).choice(count, min(QUERIES, count), replace=False)
    return np.sort(drawn).astype(np.int64)


def _answers(
    search: VectorSearch, queries: Vectors, keys: Keys, asking: NDArray[np.int64], k: int
) -> NDArray[np.int64]:
    """Return places int64 [m, k]; where there is no answer, that of the query itself."""
    found = np.repeat(asking[:, None], k, axis=1)
    answers = search.nearest(queries, k, without=keys[asking].tolist())
    for row, (near, _) in enumerate(answers):
        found[row, : len(near)] = np.searchsorted(keys, near)
    return found


def _distances(queries: Vectors, block: Vectors, metric: str) -> Vectors:
    """Return squared distances [queries, rows] by a metric; cosine distances as they are."""
    products = queries @ block.T
    squares, others = (np.einsum("ij,ij->i", some, some) for some in (queries, block))
    if metric == "cosine":
        products /= np.sqrt(squares)[:, None] * np.sqrt(others)
        return np.asarray(1 - products, np.float32)
    return np.asarray(squares[:, None] + others - 2 * products, np.float32)
