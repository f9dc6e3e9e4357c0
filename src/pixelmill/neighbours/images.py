"""The images of an index that is asked: paths, labels and versions by key, keys by path."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from pixelmill.neighbours.graph import Keys

if TYPE_CHECKING:
    import pyarrow as pa


class Images:
    """Looks images up; a million of them cost some tens of MB."""

    def __init__(self, rows: pa.Table) -> None:
        """Takes the table of an index.

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
        """How many there are."""
        return len(self._keys)

    def key(self, path: str) -> int | None:
        """Of the image of a path; None where there is none."""
        number = self._numbers.get(path)
        return None if number is None else int(self._keys[number])

    def paths_at(self, places: NDArray[np.integer]) -> list[str]:
        """Paths by their places, from 0, in the order of the keys."""
        paths: list[str] = self._paths.take(places).to_pylist()
        return paths

    def named(self, keys: Keys) -> tuple[list[str], list[str | None]]:
        """Paths and labels."""
        numbers = np.searchsorted(self._keys, keys)
        return self._paths.take(numbers).to_pylist(), self._labels.take(numbers).to_pylist()

    def version(self, key: int) -> tuple[int, int]:
        """Bytes of the file, and its time of change in microseconds since 1970 UTC."""
        number = int(np.searchsorted(self._keys, np.uint64(key)))
        return int(self._sizes[number]), int(self._modified[number])

    @cached_property
    def _numbers(self) -> dict[str, int]:
        """Made when the first path is asked for."""
        return {path: number for number, path in enumerate(self._paths.to_pylist())}
