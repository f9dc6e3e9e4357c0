"""Images and graph of an index while chunks of features are added and removed."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from pixelmill.neighbours.features import Features, read_chunk, take
from pixelmill.neighbours.folder import LocalFiles
from pixelmill.neighbours.graph import Graph, Keys
from pixelmill.neighbours.manifest import ChunkCount, Manifest, Update
from pixelmill.neighbours.rows import Found, Rows
from pixelmill.neighbours.vectors import encode
from pixelmill.parameters import NeighboursParameters

if TYPE_CHECKING:
    import pyarrow as pa

REMOVED = "more than half of its images were removed or changed"


class TooManyRemovedError(Exception):
    """Most of the graph is of images that are gone: a new one is smaller, faster and better."""


class Known(NamedTuple):
    """An index that is there and whole.

    Attributes:
        manifest: Manifest of the index.
        files: Files of the index.
        rows: Table of its images.
    """

    manifest: Manifest
    files: LocalFiles
    rows: pa.Table


class Changes:
    """Takes chunks in and out.

    Attributes:
        rows: The images.
        graph: Graph of their vectors; None while there is none.
    """

    def __init__(self, known: Known | None, parameters: NeighboursParameters) -> None:
        """Begin with an existing index, or an empty one.

        Args:
            known: The index; None builds another.
            parameters: Index parameters.
        """
        self.rows = Rows()
        self.graph: Graph | None = None
        self._parameters = parameters
        self._known = known
        self._read: dict[str, ChunkCount] = {}
        self._removed, self._dead = 0, 0
        if known is not None:
            self.rows = Rows.from_table(known.rows, known.manifest.next_key)
            self._dead = known.manifest.dead
            if known.manifest.graph is not None:
                path = known.files.path(known.manifest.graph)
                keys = known.rows["key"].to_numpy()
                dimension = known.manifest.dimension
                self.graph = Graph.opened(path, dimension, parameters, keys, to_change=True)
        self._before, self._first_key = len(self.rows), self.rows.next_key

    def read(self, chunk: str, folder: str) -> None:
        """Take all images of a chunk in.

        Raises:
            TooManyRemovedError: Most images of the index have changed.
        """
        code = self.rows.code(chunk)
        images = unusable = 0
        for batch, vectors in read_chunk(folder):
            dimension = self.graph.dimension if self.graph else 0
            found = take(batch, vectors, dimension, self._parameters)
            self._merge(code, found)
            images += len(found.paths)
            unusable += found.unusable
        self._read[chunk] = ChunkCount(images=images, unusable=unusable)

    def drop(self, chunks: list[str]) -> None:
        """Remove the images that stand in no other chunk.

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
            "dimension": self.graph.dimension if self.graph else 0,
            "count": len(self.rows),
            "chunks": chunks,
            "next_key": self.rows.next_key,
            "dead": self._dead,
            "update": Update(added=added, removed=self._removed),
        }
        return old.model_copy(update=now)

    def _merge(self, chunk: int, found: Found) -> None:
        first = self.rows.next_key
        fresh, gone = self.rows.merge(chunk, found)
        if fresh:
            vectors = found.vectors[fresh]
            if self.graph is None:
                self.graph = Graph.created(vectors.shape[1], self._parameters)
            keys = np.arange(first, self.rows.next_key, dtype=np.uint64)
            self.graph.add(keys, encode(vectors, self._parameters))
        self._remove(gone)

    def _remove(self, keys: Keys) -> None:
        if self.graph is None or not len(keys):
            return
        self._dead += len(keys)
        self._removed += int((keys < self._first_key).sum())
        is_most = 2 * self._removed > self._before or self._dead > len(self.rows)
        if self._known is not None and is_most:
            raise TooManyRemovedError(REMOVED)
        self.graph.remove(keys)
