"""Measured recall of an index: the share of true nearest neighbours that it finds."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from pixelmill.neighbours.features import Features, read_chunk
from pixelmill.neighbours.graph import Graph, Keys
from pixelmill.neighbours.manifest import Manifest, Recall
from pixelmill.neighbours.vectors import Vectors, encode, usable
from pixelmill.parameters import NeighboursParameters

if TYPE_CHECKING:
    import pyarrow as pa

K = 10
QUERIES = 1000
CHANGED = 0.1  # share of the images after whose change recall is measured anew
# Equal pictures are equally near, and rounding orders them by chance.
TIE = 1e-6


def measured_recall(
    graph: Graph, rows: pa.Table, features: Features, manifest: Manifest
) -> Recall | None:
    """Compare the graph's answers with those of all features, in float32.

    Args:
        graph: Graph of the index.
        rows: Columns `key` and `path` of its images.
        features: Features that the index was made from.
        manifest: Manifest of the index; its recall is kept if little has changed since then.

    Returns:
        The share of the ten nearest that are found; None for a single image.
    """
    last, count = manifest.recall, manifest.count
    if count < 2:
        return None
    if last is not None and not _has_changed(manifest, last):
        return last
    reference = Reference(rows, features, manifest)
    k = min(K, count - 1)
    return Recall(
        share=reference.share_found(graph, k),
        k=k,
        queries=reference.queries,
        images=count,
        changes=manifest.changes,
    )


def _has_changed(manifest: Manifest, last: Recall) -> bool:
    return manifest.changes - last.changes > CHANGED * last.images


class Reference:
    """The true neighbours of a sample, by matrix products over blocks of the features.

    Attributes:
        queries: Number of images in the sample.
    """

    def __init__(self, rows: pa.Table, features: Features, manifest: Manifest) -> None:
        """Draw the sample.

        Args:
            rows: Columns `key` and `path`.
            features: Features of these images.
            manifest: Manifest of the index.
        """
        self._features, self._parameters = features, manifest.parameters
        self._dimension = manifest.dimension
        self._keys = dict(zip(rows["path"].to_pylist(), rows["key"].to_pylist(), strict=True))
        self.queries = min(QUERIES, rows.num_rows)
        drawn = np.random.default_rng(0).choice(rows.num_rows, self.queries, replace=False)
        self._sample = rows["key"].to_numpy()[np.sort(drawn)]

    def share_found(self, graph: Graph, k: int) -> float:
        """Return the share of the k nearest that the graph finds.

        An image that is as near as the k-th counts as found, whichever of the equals it is.

        Args:
            graph: Graph with a vector for each key.
            k: Neighbours of each query; the query itself is none.
        """
        vectors = self._sample_vectors()
        found = self._answers(graph, vectors, k)
        vectors = _prepared(vectors, self._parameters)
        far = np.full((self.queries, k), np.inf)
        found_far = np.full(found.shape, np.inf)
        for keys, block in self._blocks():
            distances = _distances(vectors, _prepared(block, self._parameters))
            distances[self._sample[:, None] == keys[None, :]] = np.inf
            far = np.partition(np.hstack([far, distances]), k - 1, axis=1)[:, :k]
            _fill(found_far, found, keys, distances)
        limit = far.max(axis=1, keepdims=True)
        return float((found_far <= limit * (1 + TIE) + TIE).mean())

    def _sample_vectors(self) -> Vectors:
        vectors = np.empty((self.queries, self._dimension), np.float32)
        for keys, block in self._blocks():
            wanted = np.flatnonzero(np.isin(keys, self._sample))
            vectors[np.searchsorted(self._sample, keys[wanted])] = block[wanted]
        return vectors

    def _answers(self, graph: Graph, vectors: Vectors, k: int) -> Keys:
        """Return uint64 [queries, k]; a place without an answer has the query's own key."""
        queries = encode(vectors, self._parameters)
        found = np.repeat(self._sample[:, None], k, axis=1)
        answers = graph.nearest(queries, k, without=self._sample.tolist())
        for row, (keys, _) in enumerate(answers):
            found[row, : len(keys)] = keys
        return found

    def _blocks(self) -> Iterator[tuple[Keys, Vectors]]:
        """Return keys and features of the images of the index, some thousand at once."""
        for folder in self._features.chunks.values():
            for batch, vectors in read_chunk(folder):
                if vectors.shape[1] != self._dimension:
                    continue
                paths = batch.column("path").to_pylist()
                known = usable(vectors, self._parameters)
                known &= np.array([path in self._keys for path in paths])
                keys = [self._keys[paths[number]] for number in np.flatnonzero(known)]
                if keys:
                    yield np.array(keys, np.uint64), vectors[known]


def _prepared(vectors: Vectors, parameters: NeighboursParameters) -> Vectors:
    """As float32: of length 1 where the distance is an angle."""
    exactly = parameters.model_copy(update={"precision": "float32"})
    return encode(vectors, exactly)


def _distances(queries: Vectors, block: Vectors) -> NDArray[np.float64]:
    """Return squared distances [queries, rows]; of unit vectors, twice the cosine distances."""
    squares = (queries**2).sum(axis=1)[:, None] + (block**2).sum(axis=1)[None, :]
    return np.asarray(squares - 2 * (queries @ block.T), np.float64)


def _fill(
    found_far: NDArray[np.float64], found: Keys, keys: Keys, distances: NDArray[np.float64]
) -> None:
    """Write the distances of the answers that are in a block to their places."""
    order = np.argsort(keys)
    places = np.searchsorted(keys, found, sorter=order)
    columns = order[np.minimum(places, len(keys) - 1)]
    query, place = np.nonzero(keys[columns] == found)
    found_far[query, place] = distances[query, columns[query, place]]
