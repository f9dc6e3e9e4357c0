"""Sums over images that suffice for means, variances, correlations and class means.

They are added up task by task: Spark brings one row of sums for each partition.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from pixelmill.models import Array, read_arrays, write_arrays
from pixelmill.spark.types import DataFrame
from pixelmill.spark.vectors import as_matrix

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator


@dataclass(frozen=True, eq=False)
class Moments:
    """Sums over some images that suffice for all but the histograms; they add up.

    Attributes:
        images: Number of images.
        left_out: Images that have no part in the rest.
        mean: float64 [d].
        products: float64 [d, d], summed products of the distances from the mean: sums of plain
            products would lose all digits of a feature that varies little around a large mean.
        low: float64 [d].
        high: float64 [d].
        classes: By label float64 [1 + d]: number of images, and the sum of each feature.
    """

    images: int
    left_out: int
    mean: Array
    products: Array
    low: Array
    high: Array
    classes: dict[str, Array] = field(default_factory=dict)

    def __add__(self, other: Moments) -> Moments:
        """Of the images of both.

        Source: Chan, Golub, LeVeque (1979), Updating Formulae and a Pairwise Algorithm for
        Computing Sample Variances.
        """
        images = self.images + other.images
        apart = other.mean - self.mean
        share = other.images / max(images, 1)
        between = np.outer(apart, apart) * (self.images * share)
        classes = dict(self.classes)
        for label, sums in other.classes.items():
            classes[label] = classes[label] + sums if label in classes else sums
        return Moments(
            images,
            self.left_out + other.left_out,
            self.mean + apart * share,
            self.products + other.products + between,
            np.minimum(self.low, other.low),
            np.maximum(self.high, other.high),
            classes,
        )


def _no_images(dimension: int) -> Moments:
    zeros, infinite = np.zeros(dimension), np.full(dimension, np.inf)
    return Moments(0, 0, zeros, np.zeros((dimension, dimension)), infinite, -infinite)


def moments_of(batch: pa.RecordBatch, dimension: int) -> Moments:
    """Sum up a batch.

    Args:
        batch: Columns `label` (or null) and `features` (list of float32).
        dimension: Number of features d.
    """
    rows, finite = finite_rows(batch, dimension)
    left_out = int((~finite).sum())
    if not len(rows):
        return replace(_no_images(dimension), left_out=left_out)
    mean = rows.mean(axis=0)
    products = (rows - mean).T @ (rows - mean)
    classes = _class_sums(batch["label"].filter(pa.array(finite)), rows)
    low, high = rows.min(axis=0), rows.max(axis=0)
    return Moments(len(rows), left_out, mean, products, low, high, classes)


def finite_rows(batch: pa.RecordBatch, dimension: int) -> tuple[Array, NDArray[np.bool_]]:
    """Leave out rows with infinities and NaN.

    Args:
        batch: Column `features`.
        dimension: Number of features d.

    Returns:
        The finite rows, float64 [n, d]; and which rows of the batch they are, bool.
    """
    rows = as_matrix(batch["features"], dimension).astype(np.float64)
    finite = np.atleast_1d(np.isfinite(rows).all(axis=1))
    return rows[finite], finite


def _class_sums(labels: pa.Array, rows: Array) -> dict[str, Array]:
    coded = labels.dictionary_encode()
    codes = coded.indices.fill_null(-1).to_numpy(zero_copy_only=False)
    counted = np.column_stack([np.ones(len(rows)), rows])
    known = enumerate(coded.dictionary.to_pylist())
    return {label: counted[codes == code].sum(axis=0) for code, label in known}


def summarize(rows: DataFrame, dimension: int) -> Moments:
    """Sum up all images in one pass of Spark tasks.

    Args:
        rows: Columns `label` (or null) and `features` (array of float32).
        dimension: Number of features d.
    """

    def sum_up(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        parts = (moments_of(batch, dimension) for batch in batches)
        yield as_row(to_bytes(sum(parts, _no_images(dimension))))

    parts = (from_bytes(part) for part in collected(rows, sum_up))
    return sum(parts, _no_images(dimension))


def collected(
    rows: DataFrame, task: Callable[[Iterable[pa.RecordBatch]], Iterator[pa.RecordBatch]]
) -> list[bytes]:
    """Run a task on each partition and collect what it yields.

    Args:
        rows: The input of the tasks.
        task: Yields batches of the binary column `part`.
    """
    parts: list[bytes] = rows.mapInArrow(task, "part binary").toArrow()["part"].to_pylist()
    return parts


def as_row(part: bytes) -> pa.RecordBatch:
    """Return the batch of one row that `collected` expects."""
    return pa.RecordBatch.from_arrays([pa.array([part], pa.binary())], ["part"])


def to_bytes(moments: Moments) -> bytes:
    """Return the sums as one file of arrays."""
    labels, sums = list(moments.classes), list(moments.classes.values())
    # An array of no strings would be one of floats.
    arrays = vars(moments) | {"classes": np.array(labels, dtype=np.str_), "sums": np.array(sums)}
    return write_arrays(**arrays)


def from_bytes(content: bytes) -> Moments:
    """Return the sums from what `to_bytes` returned."""
    arrays = read_arrays(content)
    images, left_out = int(arrays.pop("images")), int(arrays.pop("left_out"))
    sums, labels = arrays.pop("sums"), arrays.pop("classes").tolist()
    classes = dict(zip(labels, sums, strict=True))
    return Moments(images, left_out, **arrays, classes=classes)
