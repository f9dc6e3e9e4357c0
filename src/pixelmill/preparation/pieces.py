"""Pieces of the large matrices that Spark tasks sum up, as rows of a table."""

from __future__ import annotations

from itertools import groupby
from operator import itemgetter
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

from pixelmill.tables import arrow_schema

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from pyspark.sql import Row

    from pixelmill.models import Array

PIECES = "piece int, task int, values binary"
PIECE_BYTES = 8 * 2**20
Bounds = list[tuple[int, int]]  # rows of each piece


def pieces_of(lower: Array, bounds: Bounds) -> Iterator[pa.RecordBatch]:
    """Yield the pieces of a task's matrix, float64 [d, d], the lower triangle."""
    for piece, (start, stop) in enumerate(bounds):
        yield one_row(PIECES, piece, task_number(), lower[start:stop, :stop].tobytes())


def summed_pieces(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    """Yield the sums of the pieces of all tasks; rows are sorted by piece."""
    rows = (row for batch in batches for row in zip(*map(list, batch.columns), strict=True))
    for piece, same in groupby(rows, key=itemgetter(0)):
        total: Any = sum(np.frombuffer(values.as_buffer()) for _, _, values in same)
        yield one_row(PIECES, piece.as_py(), 0, total.tobytes())


def assembled(pieces: Iterator[Row], bounds: Bounds) -> tuple[Array, list[Row]]:
    """Return the matrix, and the pieces that are none of it."""
    dimension = bounds[-1][1]
    gram, others = np.zeros((dimension, dimension)), []
    for piece in pieces:
        if piece["piece"] >= len(bounds):
            others.append(piece)
            continue
        start, stop = bounds[piece["piece"]]
        gram[start:stop, :stop] = np.frombuffer(piece["values"]).reshape(-1, stop)
    return gram, others


def piece_bounds(dimension: int) -> Bounds:
    """Return the rows of each piece of a lower triangle, from the first to before the last."""
    step = max(1, PIECE_BYTES // (8 * dimension))
    return [(start, min(start + step, dimension)) for start in range(0, dimension, step)]


def task_number() -> int:
    """Return the number of the Spark task that this runs in."""
    from pyspark import TaskContext

    context = TaskContext.get()
    return context.partitionId() if context is not None else 0


def one_row(schema: str, *row: Any) -> pa.RecordBatch:
    """Return one row of a schema."""
    fields = arrow_schema(schema)
    columns = [pa.array([value], field.type) for value, field in zip(row, fields, strict=True)]
    return pa.RecordBatch.from_arrays(columns, schema=fields)
