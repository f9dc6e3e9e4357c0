"""Conversion between Arrow's columns of lists and NumPy matrices."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

if TYPE_CHECKING:
    from pixelmill.spark.types import Table


def as_matrix(vectors: pa.Array | pa.ChunkedArray, width: int | None = None) -> NDArray[Any]:
    """Return the rows of a column of vectors.

    Args:
        vectors: Lists of the same length, none of them null.
        width: Length d of the rows; required if there may be no row.

    Returns:
        [n, d], of the column's own type.
    """
    chunks = vectors.chunks if isinstance(vectors, pa.ChunkedArray) else [vectors]
    parts = [chunk.flatten().to_numpy(zero_copy_only=False) for chunk in chunks]
    if not parts:
        parts = [np.empty(0, vectors.type.value_type.to_pandas_dtype())]
    values = parts[0] if len(parts) == 1 else np.concatenate(parts)
    rows: NDArray[Any] = values.reshape(len(vectors), -1 if width is None else width)
    return rows


def as_lists(rows: NDArray[Any]) -> pa.ListArray:
    """Return a column of vectors that shares its numbers with a matrix.

    Args:
        rows: [n, d], in C's order.
    """
    offsets = np.arange(len(rows) + 1, dtype=np.int32) * rows.shape[1]
    return pa.ListArray.from_arrays(pa.array(offsets), pa.array(rows.ravel()))


def collect_by_path(table: Table, *columns: str) -> tuple[NDArray[Any], pa.Table]:
    """Bring features to the driver, sorted by path.

    Args:
        table: Columns `path`, `features` (never null) and those that are named.
        columns: What else is wanted of each image.

    Returns:
        Features [n, d], and the other columns with `path`, in the same order.
    """
    import pyarrow.compute as pc

    chosen = table.select(["path", "features", *columns])
    rows = chosen if isinstance(chosen, pa.Table) else chosen.toArrow()
    # Sorted here: Spark would move all features through a shuffle for it.
    order = pc.sort_indices(rows["path"].combine_chunks())
    return as_matrix(rows["features"])[order.to_numpy()], rows.select(["path", *columns]).take(
        order
    )
