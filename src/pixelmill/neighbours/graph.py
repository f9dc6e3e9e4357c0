"""The HNSW graph that leads to the nearest vectors, as usearch builds and searches it."""

from __future__ import annotations

import os
from threading import Lock
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pixelmill.neighbours.components import Components
from pixelmill.neighbours.graph_file import UnreadableIndexError, check_graph
from pixelmill.neighbours.vectors import Vectors
from pixelmill.parameters import NeighboursParameters

# Threads that add to a small graph do not see each other's vectors, and now and then leave one that
# nothing leads to: measured on 259 images, recall 0.98 instead of 1.
SMALL = 10_000
Keys = NDArray[np.uint64]


class Graph:
    """Codes of vectors by their keys, and the links by which the nearest are found.

    Malkov, Yashunin (2018): Efficient and robust approximate nearest neighbor search using
    Hierarchical Navigable Small World graphs. https://doi.org/10.1109/TPAMI.2018.2889473

    Attributes:
        components: What makes a code of a vector.
    """

    def __init__(
        self, index: Any, components: Components, parameters: NeighboursParameters
    ) -> None:
        """Take usearch's index; `created` and `opened` make one."""
        self.components = components
        self._index = index
        self._threads = parameters.threads or os.cpu_count() or 1
        self._one_at_a_time = Lock()  # a thread of usearch's has one set of candidates
        index.expansion_search = parameters.expansion_search

    @classmethod
    def created(cls, components: Components, parameters: NeighboursParameters) -> Graph:
        """Return an empty graph.

        Args:
            components: Fitted components.
            parameters: Index parameters.
        """
        return cls(_empty(components, parameters), components, parameters)

    @classmethod
    def opened(
        cls,
        path: str,
        components: Components,
        parameters: NeighboursParameters,
        keys: Keys,
        *,
        to_change: bool,
    ) -> Graph:
        """Open a graph after a check of its file, since usearch trusts its content.

        Args:
            path: Path on disk.
            components: Components that its codes are made with.
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
            check_graph(path, bytes(_empty(components, parameters).save()), keys)
            index = Index.restore(path, view=not to_change)
        except (RuntimeError, ValueError, UnreadableIndexError) as error:
            raise UnreadableIndexError(f"{error}; usearch is {__version__} here") from error
        if index is None:
            raise UnreadableIndexError(f"it is none of usearch {__version__}")
        index.expansion_add = parameters.expansion_add
        return cls(index, components, parameters)

    def add(self, keys: Keys, vectors: Vectors) -> None:
        """Add vectors; with one thread, the same ones in the same order make the same graph.

        Args:
            keys: uint64 [n], new.
            vectors: float32 [n, d].
        """
        if len(keys):
            threads = 1 if len(self._index) < SMALL else self._threads
            self._index.add(keys, self.components.codes(vectors), threads=threads)

    def remove(self, keys: Keys) -> None:
        """Take vectors out of every answer; their places in the graph go to later ones.

        Args:
            keys: uint64 [n], all there.
        """
        if len(keys):
            self._index.remove(keys)

    def candidates(self, queries: Vectors, count: int, threads: int) -> list[Keys]:
        """Return vectors that are near by their codes.

        Args:
            queries: float32 [n, d].
            count: Number of candidates.
            threads: Number of search threads.

        Returns:
            For each query the keys of at most so many.
        """
        codes = self.components.codes(queries)
        with self._one_at_a_time:
            found = self._index.search(codes, count, threads=threads)
        # usearch answers one query with as many as it found, and several with a padded table.
        one = found.keys.ndim == 1
        keys = np.atleast_2d(found.keys)
        counts = [keys.shape[1]] if one else found.counts.tolist()
        return [keys[row, :count] for row, count in enumerate(counts)]

    def save(self, path: str) -> None:
        """Write all into one file on disk, but for the components."""
        self._index.save(path)


def _empty(components: Components, parameters: NeighboursParameters) -> Any:
    from usearch.index import Index

    return Index(
        ndim=len(components.axes),
        metric="l2sq",
        dtype="i8",
        connectivity=parameters.connectivity,
        expansion_add=parameters.expansion_add,
    )
