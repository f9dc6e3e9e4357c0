"""Nearest vectors of an index: by its graph where there is one, else among all of them."""

from __future__ import annotations

import os
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from pixelmill.neighbours.equal_vectors import EqualVectors
from pixelmill.neighbours.graph import Graph, Keys
from pixelmill.neighbours.vector_file import VectorFile
from pixelmill.neighbours.vectors import Vectors

# Codes are coarser than vectors: so many that are near by their codes are compared by the vectors.
CANDIDATES = 60
CANDIDATES_EACH = 2  # of every neighbour that is wanted
Answer = tuple[Keys, NDArray[np.float64]]


class VectorSearch:
    """Finds vectors by their keys. Many threads may ask at once."""

    def __init__(
        self, vectors: VectorFile, keys: Keys, checksums: NDArray[np.uint64], graph: Graph | None
    ) -> None:
        """Take the parts of an index.

        Args:
            vectors: n vectors.
            keys: uint64 [n], of the vectors, rising.
            checksums: Checksums of the vectors, uint64 [n].
            graph: Graph of one of each vector; None where every one is compared.
        """
        self._vectors = vectors
        self._keys = keys
        self._graph = graph
        self._equal = EqualVectors(checksums)

    @property
    def dimension(self) -> int:
        """Of the vectors."""
        return int(self._vectors.rows.shape[1])

    def nearest(
        self,
        queries: Vectors,
        k: int,
        *,
        exact: bool = False,
        threads: int | None = None,
        without: Sequence[int | None] | None = None,
    ) -> list[Answer]:
        """Return the nearest vectors.

        Args:
            queries: Queries as `pixelmill.neighbours.vectors.encode` gives them, float32 [n, d].
            k: Number of neighbours.
            exact: Whether every vector is compared, rather than those that the graph leads to.
            threads: Number of search threads; None uses all cores for several queries.
            without: For each query a key that is left out of its answer, or None.

        Returns:
            For each query the keys and the distances of the nearest, at most k, nearest first.
        """
        own = without or [None] * len(queries)
        wanted = k + any(key is not None for key in own)
        number = threads or min(len(queries), os.cpu_count() or 1)
        if exact or self._graph is None:
            found = self._vectors.nearest(queries, wanted, number)
        else:
            count = max(CANDIDATES, CANDIDATES_EACH * wanted)
            candidates = self._graph.candidates(queries, count, number)
            nearest = (
                self._vectors.nearest_of(self._places(keys), query, wanted)
                for query, keys in zip(queries, candidates, strict=True)
            )
            found = [self._equal.extended(*answer, wanted) for answer in nearest]
        answers = [(self._keys[places], distances) for places, distances in found]
        return [_cut(*answer, key, k) for answer, key in zip(answers, own, strict=True)]

    def vectors(self, keys: Keys) -> Vectors:
        """Return vectors by their keys, float32 [n, d]; under cosine all have length 1."""
        return self._vectors.at(self._places(keys))

    def _places(self, keys: Keys) -> NDArray[np.int64]:
        return np.searchsorted(self._keys, keys)


def _cut(keys: Keys, distances: NDArray[np.float64], own: int | None, k: int) -> Answer:
    if own is not None:
        others = keys != own
        keys, distances = keys[others], distances[others]
    return keys[:k], distances[:k]
