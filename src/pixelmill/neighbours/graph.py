"""The HNSW graph of the vectors, as usearch builds and searches it."""

from __future__ import annotations

import os
from collections.abc import Sequence
from threading import Lock
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pixelmill.neighbours.graph_file import UnreadableIndexError, check_graph
from pixelmill.neighbours.vectors import Vectors
from pixelmill.parameters import NeighboursParameters

DTYPES = {"float32": "f32", "float16": "f16", "bfloat16": "bf16", "int8": "i8"}
METRICS = {"cosine": "cos", "euclidean": "l2sq"}
# Threads that add to a small graph do not see each other's vectors, and now and then leave one that
# nothing leads to: measured on 259 images, recall 0.98 instead of 1.
SMALL = 10_000
Keys = NDArray[np.uint64]
Answer = tuple[Keys, NDArray[np.float64]]


class Graph:
    """Vectors by their keys, and the links by which the nearest are found.

    Malkov, Yashunin (2018): Efficient and robust approximate nearest neighbor search using
    Hierarchical Navigable Small World graphs. https://doi.org/10.1109/TPAMI.2018.2889473
    """

    def __init__(self, index: Any, parameters: NeighboursParameters) -> None:
        """Take usearch's index; `created` and `opened` make one."""
        self._index = index
        self._metric = parameters.metric
        self._threads = parameters.threads or os.cpu_count() or 1
        self._one_at_a_time = Lock()  # a thread of usearch's has one set of candidates
        index.expansion_search = parameters.expansion_search

    @classmethod
    def created(cls, dimension: int, parameters: NeighboursParameters) -> Graph:
        """Return an empty graph.

        Args:
            dimension: Dimension of the vectors.
            parameters: Index parameters.
        """
        return cls(_empty(dimension, parameters), parameters)

    @classmethod
    def opened(
        cls,
        path: str,
        dimension: int,
        parameters: NeighboursParameters,
        keys: Keys,
        *,
        to_change: bool,
    ) -> Graph:
        """Open a graph after a check of its file, since usearch trusts its content.

        Args:
            path: Path on disk.
            dimension: Dimension of the vectors.
            parameters: Index parameters.
            keys: uint64 [n], of its vectors, rising.
            to_change: Whether all of it is read into memory, rather than the pages that a search
                comes by.

        Raises:
            UnreadableIndexError: The version of usearch here cannot read it, or it is another.
        """
        from usearch import __version__
        from usearch.index import Index

        try:
            check_graph(path, bytes(_empty(dimension, parameters).save()), keys)
            index = Index.restore(path, view=not to_change)
        except (RuntimeError, ValueError, UnreadableIndexError) as error:
            raise UnreadableIndexError(f"{error}; usearch is {__version__} here") from error
        if index is None:
            raise UnreadableIndexError(f"it is none of usearch {__version__}")
        index.expansion_add = parameters.expansion_add
        return cls(index, parameters)

    @property
    def dimension(self) -> int:
        """Of the vectors."""
        return int(self._index.ndim)

    def add(self, keys: Keys, vectors: NDArray[Any]) -> None:
        """Add vectors; with one thread, the same ones in the same order make the same graph.

        Args:
            keys: uint64 [n], new.
            vectors: As `pixelmill.neighbours.vectors.encode` gives them, [n, d].
        """
        if len(keys):
            threads = 1 if len(self._index) < SMALL else self._threads
            self._index.add(keys, vectors, threads=threads)

    def remove(self, keys: Keys) -> None:
        """Take vectors out of every answer; their places in the graph go to later ones.

        Args:
            keys: uint64 [n], all there.
        """
        if len(keys):
            self._index.remove(keys)

    def nearest(
        self,
        vectors: NDArray[Any],
        k: int,
        *,
        exact: bool = False,
        threads: int | None = None,
        without: Sequence[int | None] | None = None,
    ) -> list[Answer]:
        """Return the nearest vectors.

        Args:
            vectors: Queries as `encode` gives them, [n, d].
            k: Number of neighbours.
            exact: Whether every vector is compared, in the place of the graph.
            threads: Number of search threads; None uses all cores for several queries.
            without: For each query a key that is left out of its answer, or None.

        Returns:
            For each query the keys and the distances of the nearest, at most k, nearest first.
        """
        own = without or [None] * len(vectors)
        more = any(key is not None for key in own)
        answers = self._search(vectors, k + more, exact, threads)
        return [_cut(*answer, key, k) for answer, key in zip(answers, own, strict=True)]

    def _search(
        self, vectors: NDArray[Any], k: int, exact: bool, threads: int | None
    ) -> list[Answer]:
        number = threads or min(len(vectors), os.cpu_count() or 1)
        with self._one_at_a_time:
            found = self._index.search(vectors, k, exact=exact, threads=number)
        # usearch answers one query with as many as it found, and several with a padded table.
        one = found.keys.ndim == 1
        keys, distances = np.atleast_2d(found.keys), np.atleast_2d(found.distances)
        counts = [keys.shape[1]] if one else found.counts.tolist()
        distances = self._distances(distances)
        return [(keys[row, :count], distances[row, :count]) for row, count in enumerate(counts)]

    def vectors(self, keys: Keys) -> Vectors:
        """Return the stored vectors, float32 [n, d]; their lengths mean nothing under cosine."""
        if not len(keys):
            return np.empty((0, self.dimension), np.float32)
        with self._one_at_a_time:
            return np.stack(self._index.get(keys)).astype(np.float32)

    def save(self, path: str) -> None:
        """Write all into one file on disk."""
        self._index.save(path)

    def _distances(self, raw: NDArray[np.float32]) -> NDArray[np.float64]:
        # Rounding may leave the distance of a vector to itself below zero.
        distances = np.maximum(raw.astype(np.float64), 0.0)
        return np.sqrt(distances) if self._metric == "euclidean" else distances


def _empty(dimension: int, parameters: NeighboursParameters) -> Any:
    from usearch.index import Index

    return Index(
        ndim=dimension,
        metric=METRICS[parameters.metric],
        dtype=DTYPES[parameters.precision],
        connectivity=parameters.connectivity,
        expansion_add=parameters.expansion_add,
    )


def _cut(keys: Keys, distances: NDArray[np.float64], own: int | None, k: int) -> Answer:
    if own is not None:
        others = keys != own
        keys, distances = keys[others], distances[others]
    return keys[:k], distances[:k]
