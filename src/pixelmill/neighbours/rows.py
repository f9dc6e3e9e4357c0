"""The images of an index, with the vector and file version of each."""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    import pyarrow as pa


class Rows:
    """Images that come and go while an index is brought up to date.

    Attributes:
        next_key: Key of the next image.
    """

    def __init__(self, next_key: int = 0) -> None:
        """Begin without images."""
        self.next_key = next_key
        self._paths: list[str] = []
        self._keys, self._checksums = array("Q"), array("Q")
        self._sizes, self._modified = array("q"), array("q")
        self._chunks = array("q")
        self._alive = bytearray()
        self._position: dict[str, int] = {}
        self._chunk_names: list[str] = []

    @classmethod
    def from_table(cls, table: pa.Table, next_key: int) -> Rows:
        """Return the images of a table that `table` made."""
        rows = cls(next_key)
        codes = {name: rows.code(name) for name in table["chunk"].unique().to_pylist()}
        rows._paths = table["path"].to_pylist()
        rows._position = {path: number for number, path in enumerate(rows._paths)}
        rows._keys.frombytes(_numbers(table["key"], np.uint64).tobytes())
        rows._checksums.frombytes(_numbers(table["checksum"], np.uint64).tobytes())
        rows._sizes.frombytes(_numbers(table["size"], np.int64).tobytes())
        rows._modified.frombytes(_numbers(table["modified"], np.int64).tobytes())
        rows._chunks.extend(codes[name] for name in table["chunk"].to_pylist())
        rows._alive = bytearray(b"\x01" * len(rows._paths))
        return rows

    def __len__(self) -> int:
        """Return images that are there."""
        return len(self._position)

    def code(self, chunk: str) -> int:
        """Return a number that identifies a chunk."""
        if chunk not in self._chunk_names:
            self._chunk_names.append(chunk)
        return self._chunk_names.index(chunk)

    def merge(self, chunk: int, found: Found) -> tuple[list[int], NDArray[np.uint64]]:
        """Take rows of the features in: what is known stays, what changed is replaced.

        Args:
            chunk: Code of the chunk that has them.
            found: The rows.

        Returns:
            Positions, in `found`, of the images that are new or changed, which got the last keys;
            and the keys that are gone with a change.
        """
        fresh, gone = [], []
        for number, path in enumerate(found.paths):
            known = self._position.get(path)
            if known is not None and self._checksums[known] == found.checksums[number]:
                self._chunks[known] = chunk
                self._sizes[known] = int(found.sizes[number])
                self._modified[known] = int(found.modified[number])
                continue
            if known is not None:
                gone.append(self._drop(known))
            self._append(chunk, found, number)
            fresh.append(number)
        return fresh, np.array(gone, np.uint64)

    def drop_chunks(self, chunks: Sequence[str]) -> NDArray[np.uint64]:
        """Remove the images that are in no other chunk; return their keys."""
        codes = [self.code(name) for name in chunks]
        alive = np.frombuffer(self._alive, np.uint8).astype(bool)
        going = np.flatnonzero(np.isin(np.array(self._chunks), codes) & alive)
        return np.array([self._drop(int(number)) for number in going], np.uint64)

    def counts(self) -> dict[str, int]:
        """Return images of each chunk."""
        alive = np.frombuffer(self._alive, np.uint8).astype(bool)
        codes = np.array(self._chunks, np.int64)[alive]
        counted = np.bincount(codes, minlength=len(self._chunk_names))
        return dict(zip(self._chunk_names, counted.tolist(), strict=True))

    def keys(self) -> NDArray[np.uint64]:
        """Return the keys of the images that are there, uint64 [n], rising."""
        alive = np.frombuffer(self._alive, np.uint8).astype(bool)
        keys: NDArray[np.uint64] = np.array(self._keys, np.uint64)[alive]
        return keys

    def checksums(self) -> NDArray[np.uint64]:
        """Return the checksums of their vectors, uint64 [n], in the order of the keys."""
        alive = np.frombuffer(self._alive, np.uint8).astype(bool)
        checksums: NDArray[np.uint64] = np.array(self._checksums, np.uint64)[alive]
        return checksums

    def table(self) -> pa.Table:
        """Return the images that are there, sorted by key.

        Returns:
            Columns `key` (uint64), `path`, `size`, `modified` (UTC), `chunk`, `checksum`.
        """
        import pyarrow as pa

        chunk = pa.DictionaryArray.from_arrays(
            np.array(self._chunks, np.int32), pa.array(self._chunk_names, pa.string())
        )
        columns = {
            "key": pa.array(np.array(self._keys, np.uint64)),
            "path": pa.array(self._paths, pa.string()),
            "size": pa.array(np.array(self._sizes, np.int64)),
            "modified": pa.array(np.array(self._modified, np.int64), pa.timestamp("us", "UTC")),
            "chunk": chunk,
            "checksum": pa.array(np.array(self._checksums, np.uint64)),
        }
        alive = pa.array(np.frombuffer(self._alive, np.uint8).astype(bool))
        return pa.table(columns).filter(alive)

    def _append(self, chunk: int, found: Found, number: int) -> None:
        self._position[found.paths[number]] = len(self._paths)
        self._paths.append(found.paths[number])
        self._keys.append(self.next_key)
        self._checksums.append(int(found.checksums[number]))
        self._sizes.append(int(found.sizes[number]))
        self._modified.append(int(found.modified[number]))
        self._chunks.append(chunk)
        self._alive.append(1)
        self.next_key += 1

    def _drop(self, number: int) -> int:
        self._alive[number] = 0
        del self._position[self._paths[number]]
        return self._keys[number]


class Found:
    """Rows of the features that an index can take.

    Attributes:
        paths: Paths of n images.
        sizes: int64 [n], bytes.
        modified: int64 [n], microseconds since 1970, UTC.
        checksums: uint64 [n], of the vectors.
        vectors: float32 [n, d].
        unusable: Rows beside these whose features cannot be taken.
    """

    def __init__(self, batch: pa.RecordBatch, vectors: Any, keep: Any, checksums: Any) -> None:
        """Take a batch of the table apart.

        Args:
            batch: Columns `path`, `size`, `modified`; of m rows with features.
            vectors: float32 [m, d].
            keep: bool [m].
            checksums: uint64 [m].
        """
        kept = batch.filter(keep)
        self.paths: list[str] = kept.column("path").to_pylist()
        self.sizes = _numbers(kept.column("size"), np.int64)
        self.modified = _numbers(kept.column("modified"), np.int64)
        self.checksums = checksums[keep]
        self.vectors = vectors[keep]
        self.unusable = batch.num_rows - kept.num_rows


def _numbers(column: Any, dtype: Any) -> NDArray[Any]:
    """Return a column's whole numbers; of a time its microseconds, of null 0."""
    import pyarrow as pa
    import pyarrow.compute as pc

    if pa.types.is_timestamp(column.type):
        column = column.cast(pa.timestamp("us", "UTC"), safe=False).cast(pa.int64())
    return np.asarray(pc.fill_null(column, 0).to_numpy(zero_copy_only=False), dtype)
