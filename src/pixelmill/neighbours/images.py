"""The images of an opened index: paths, labels and versions by key, keys by path."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING
from unicodedata import normalize

import numpy as np
from numpy.typing import NDArray

from pixelmill.neighbours.graph import Keys
from pixelmill.neighbours.graph_file import UnreadableIndexError

if TYPE_CHECKING:
    import pyarrow as pa


COLUMNS = {
    "key": "uint64",
    "path": "string",
    "size": "int64",
    "modified": "timestamp[us, tz=UTC]",
    "checksum": "uint64",
    "label": "string",
}


def read_rows(path: str, count: int) -> pa.Table:
    """Return the table of the images of an index.

    Args:
        path: Parquet file on disk.
        count: Images that it holds.

    Returns:
        Columns `key` (rising), `path`, `size`, `modified`, `chunk`, `checksum`, `label`.

    Raises:
        UnreadableIndexError: The file is no such table.
    """
    from pyarrow import ArrowException, parquet

    try:
        with parquet.ParquetFile(path) as file:
            types = {field.name: str(field.type) for field in file.schema_arrow}
            chunk = types.pop("chunk", "")
            if types != COLUMNS or "string" not in chunk or file.metadata.num_rows != count:
                raise UnreadableIndexError("its table has other columns or another number of rows")
            rows = file.read()
    except (ArrowException, OSError, ValueError, KeyError) as error:
        raise UnreadableIndexError("its table is no Parquet file, or a damaged one") from error
    keys = rows["key"].to_numpy()
    if rows["key"].null_count or not (keys[1:] > keys[:-1]).all():
        raise UnreadableIndexError("its table has a key twice")
    return rows


class Images:
    """Looks images up; a million of them cost some tens of MB."""

    def __init__(self, rows: pa.Table) -> None:
        """Take the table of an index.

        Args:
            rows: Sorted by `key`; with `path`, `label`, `size` and `modified`.
        """
        import pyarrow as pa

        self._keys: Keys = rows["key"].to_numpy()
        self._paths = rows["path"].combine_chunks()
        self._labels = rows["label"].combine_chunks()
        self._sizes = rows["size"].to_numpy()
        self._modified = rows["modified"].cast(pa.int64()).to_numpy()

    def __len__(self) -> int:
        """Return how many there are."""
        return len(self._keys)

    def key(self, path: str) -> int | None:
        """Return the key of the image of a path; None without one."""
        number = self._numbers.get(path)
        return None if number is None else int(self._keys[number])

    def key_of(self, name: str) -> int | None:
        """Return the key of the image that a name means, however its accents are written.

        macOS writes an accent of a file name as a character of its own (NFD), keyboards do not.
        """
        known = self.key(name)
        if known is not None or name.isascii():
            return known
        return self._composed.get(normalize("NFC", name))

    def paths_at(self, places: NDArray[np.integer]) -> list[str]:
        """Return paths by their places, from 0, in the order of the keys."""
        paths: list[str] = self._paths.take(places).to_pylist()
        return paths

    def named(self, keys: Keys) -> tuple[list[str], list[str | None]]:
        """Return paths and labels."""
        numbers = np.searchsorted(self._keys, keys)
        return self._paths.take(numbers).to_pylist(), self._labels.take(numbers).to_pylist()

    def version(self, key: int) -> tuple[int, int]:
        """Return bytes of the file, and its time of change in microseconds since 1970 UTC."""
        number = int(np.searchsorted(self._keys, np.uint64(key)))
        return int(self._sizes[number]), int(self._modified[number])

    @cached_property
    def _numbers(self) -> dict[str, int]:
        """Made when the first path is asked for."""
        return {path: number for number, path in enumerate(self._paths.to_pylist())}

    @cached_property
    def _composed(self) -> dict[str, int]:
        """Keys by paths with accents, in their composed form (NFC)."""
        keyed = zip(self._paths.to_pylist(), self._keys.tolist(), strict=True)
        return {normalize("NFC", path): key for path, key in keyed if not path.isascii()}
