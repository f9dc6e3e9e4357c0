"""Images and vectors of an index while chunks of features are added and removed."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pixelmill.neighbours.features import Features, read_chunk, take
from pixelmill.neighbours.graph import Keys
from pixelmill.neighbours.known import Known
from pixelmill.neighbours.manifest import ChunkCount, Manifest, Update
from pixelmill.neighbours.rows import Found, Rows
from pixelmill.neighbours.vector_file import ROWS_AT_ONCE, write_vectors
from pixelmill.neighbours.vectors import DTYPES, Vectors, encode
from pixelmill.parameters import NeighboursParameters

REMOVED = "more than half of its images were removed or changed"


class TooManyRemovedError(Exception):
    """Most of the graph is of images that are gone: a new one is smaller, faster and better."""


class Changes:
    """Takes chunks in and out.

    Attributes:
        rows: The images.
        dimension: Dimension of the vectors; 0 while there is none.
    """

    def __init__(self, known: Known | None, parameters: NeighboursParameters, file: Path) -> None:
        """Begin with an existing index, or an empty one.

        Args:
            known: The index; None builds another.
            parameters: Index parameters.
            file: File for the new vectors as they come.
        """
        self.rows = Rows()
        self.dimension = 0
        self._parameters = parameters
        self._known = known
        self._vectors = None if known is None else known.vectors(parameters)
        self._file = file
        self._read: dict[str, ChunkCount] = {}
        self._removed, self._dead = 0, 0
        if known is not None:
            self.rows = Rows.from_table(known.rows, known.manifest.next_key)
            self.dimension = known.manifest.dimension
            self._dead = known.manifest.dead
        self._before, self._first_key = len(self.rows), self.rows.next_key

    def read(self, chunk: str, folder: str) -> None:
        """Take all images of a chunk in.

        Raises:
            TooManyRemovedError: Most images of the index have changed.
        """
        code = self.rows.code(chunk)
        images = unusable = 0
        for batch, vectors in read_chunk(folder):
            found = take(batch, vectors, self.dimension, self._parameters)
            self._merge(code, found)
            images += len(found.paths)
            unusable += found.unusable
        self._read[chunk] = ChunkCount(images=images, unusable=unusable)

    def drop(self, chunks: list[str]) -> None:
        """Remove the images that are in no other chunk.

        Raises:
            TooManyRemovedError: Most images of the index were removed.
        """
        self._remove(self.rows.drop_chunks(chunks))

    def manifest(self, old: Manifest, features: Features) -> Manifest:
        """Return what the index is now.

        Args:
            old: Previous manifest.
            features: Features whose chunks have all been read.
        """
        chunks = {name: self._read.get(name) or old.chunks[name] for name in features.chunks}
        added = len(self.rows) - (self._before - self._removed)
        now = {
            "dimension": self.dimension,
            "count": len(self.rows),
            "chunks": chunks,
            "next_key": self.rows.next_key,
            "dead": self._dead,
            "update": Update(added=added, removed=self._removed),
        }
        return old.model_copy(update=now)

    def save_vectors(self, path: Path, keys: Keys) -> None:
        """Write the vectors of all images, in the order of their keys.

        Args:
            path: File, which is made.
            keys: uint64 [n], of the images that are there, rising.
        """
        if self._vectors is None and len(keys) == self.rows.next_key - self._first_key:
            self._file.rename(path)
            return
        write_vectors(path, self._kept(keys), self._parameters.precision)
        self._file.unlink(missing_ok=True)

    def _kept(self, keys: Keys) -> Iterator[NDArray[Any]]:
        if self._vectors is not None and self._known is not None:
            places = np.flatnonzero(np.isin(self._known.keys, keys))
            yield from _rows_at(self._vectors.rows, places)
        if self._file.exists():
            dtype = DTYPES[self._parameters.precision]
            rows = np.memmap(self._file, dtype, "r").reshape(-1, self.dimension)
            added = keys[np.searchsorted(keys, np.uint64(self._first_key)) :]
            yield from _rows_at(rows, (added - np.uint64(self._first_key)).astype(np.int64))

    def _merge(self, chunk: int, found: Found) -> None:
        fresh, gone = self.rows.merge(chunk, found)
        if fresh:
            vectors = found.vectors[fresh]
            self.dimension = vectors.shape[1]
            self._append(encode(vectors, self._parameters))
        self._remove(gone)

    def _append(self, vectors: Vectors) -> None:
        with self._file.open("ab") as file:
            file.write(np.ascontiguousarray(vectors, DTYPES[self._parameters.precision]).data)

    def _remove(self, keys: Keys) -> None:
        if not len(keys):
            return
        self._dead += len(keys)
        self._removed += int((keys < self._first_key).sum())
        is_most = 2 * self._removed > self._before or self._dead > len(self.rows)
        if self._known is not None and is_most:
            raise TooManyRemovedError(REMOVED)


def _rows_at(rows: NDArray[Any], places: NDArray[np.int64]) -> Iterator[NDArray[Any]]:
    for start in range(0, len(places), ROWS_AT_ONCE):
        yield rows[places[start : start + ROWS_AT_ONCE]]
