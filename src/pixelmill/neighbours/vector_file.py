"""The vectors of an index in a file: a matrix, mapped into memory and compared row by row."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pixelmill.neighbours.graph_file import UnreadableIndexError
from pixelmill.neighbours.vectors import DTYPES, Vectors
from pixelmill.parameters import NeighboursParameters

METRICS = {"cosine": "cos", "euclidean": "l2sq"}
ROWS_AT_ONCE = 4096
PAIRS_AT_ONCE = 2**23  # of a query and a vector, whose distances usearch keeps until all are there
Places = NDArray[np.int64]
Nearest = tuple[Places, NDArray[np.float64]]


class VectorFile:
    """Vectors by their places, from 0, which are those of the images in the index's table.

    Attributes:
        rows: float16 or float32 [n, d], mapped into memory; nothing is read before it is used.
        metric: Distance metric.
    """

    def __init__(self, rows: NDArray[Any], metric: str) -> None:
        """Take a matrix; `opened` maps one from a file."""
        self.rows = rows
        self.metric = metric

    @classmethod
    def opened(
        cls, path: str | Path, shape: tuple[int, int], parameters: NeighboursParameters
    ) -> VectorFile:
        """Map the vectors of a file.

        Args:
            path: Path on disk.
            shape: Number of vectors, and their dimension.
            parameters: Index parameters.

        Raises:
            UnreadableIndexError: The file has another size.
        """
        dtype = DTYPES[parameters.precision]
        if 0 in shape or Path(path).stat().st_size != shape[0] * shape[1] * dtype.itemsize:
            raise UnreadableIndexError("its vectors are of another number or size")
        return cls(np.memmap(path, dtype, "r", shape=shape), parameters.metric)

    def __len__(self) -> int:
        """Return the number of vectors."""
        return len(self.rows)

    def at(self, places: Places) -> Vectors:
        """Return the vectors at some places, float32 [n, d]."""
        return np.asarray(self.rows[places], np.float32)

    def blocks(self) -> Iterator[tuple[int, Vectors]]:
        """Yield the vectors, some thousand at once: place of the first, float32 [n, d]."""
        for start in range(0, len(self), ROWS_AT_ONCE):
            yield start, np.asarray(self.rows[start : start + ROWS_AT_ONCE], np.float32)

    def nearest(self, queries: Vectors, k: int, threads: int) -> list[Nearest]:
        """Compare queries with every vector.

        Args:
            queries: float32 [m, d].
            k: Number of neighbours.
            threads: Number of threads.

        Returns:
            For each query places and distances of the nearest, at most k, nearest first.
        """
        step = max(1, PAIRS_AT_ONCE // len(self))
        return [
            answer
            for start in range(0, len(queries), step)
            for answer in self._compared(self.rows, queries[start : start + step], k, threads)
        ]

    def nearest_of(self, places: Places, query: Vectors, k: int) -> Nearest:
        """Compare a query with some vectors.

        Args:
            places: int64 [n].
            query: float32 [d].
            k: Number of neighbours.

        Returns:
            Places and distances of the nearest, at most k, nearest first.
        """
        ((found, distances),) = self._compared(self.rows[places], query[None], k, 1)
        return places[found], distances

    def _compared(
        self, rows: NDArray[Any], queries: Vectors, k: int, threads: int
    ) -> list[Nearest]:
        """Return places among the rows."""
        from usearch.index import search

        k = min(k, len(rows))
        found = search(rows, queries, k, METRICS[self.metric], exact=True, threads=threads)
        places, raw = (np.asarray(part).reshape(-1, k) for part in (found.keys, found.distances))
        # Rounding may leave the distance of a vector to itself below zero.
        distances = np.maximum(raw.astype(np.float64), 0.0)
        if self.metric == "euclidean":
            distances = np.sqrt(distances)
        return list(zip(places.astype(np.int64), distances, strict=True))


def write_vectors(path: Path, parts: Iterable[NDArray[Any]], precision: str) -> None:
    """Write vectors into a file.

    Args:
        path: File, which is made.
        parts: The vectors, [n, d] each.
        precision: Number format.
    """
    with path.open("wb") as file:
        for part in parts:
            file.write(np.ascontiguousarray(part, DTYPES[precision]).data)
