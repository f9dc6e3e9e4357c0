"""What the features say before any classifier: their distributions, correlations, class means."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from pixelmill.models import Array, read_arrays, write_arrays
from pixelmill.spark.types import DataFrame
from pixelmill.spark.vectors import as_matrix

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

MOST_FEATURES = 64  # more fill no page that could be read
BINS = 24


def feature_names(joined_featurizer: dict[str, Any]) -> list[str]:
    """The names of the features, where each has one and there are few enough to look at.

    Args:
        joined_featurizer: What made the features: `fingerprint` and `parts`.

    Returns:
        At most `MOST_FEATURES` names in the order of the features; none where a part names no
        columns, or there are more.
    """
    columns = [part.get("columns") for part in joined_featurizer.get("parts", [])]
    if not all(columns):
        return []
    names = [str(name) for part in columns for name in part]
    return names if len(names) <= MOST_FEATURES else []


def explore_features(
    labelled_features: DataFrame, joined_featurizer: dict[str, Any]
) -> dict[str, Any]:
    """Describes features that have names, in two passes of Spark tasks that bring sums only.

    Args:
        labelled_features: Columns `label` (or null) and `features` (array of float32).
        joined_featurizer: What made the features: `fingerprint` and `parts`.

    Returns:
        Nothing for features without names, too many, or no image; otherwise

        - `images`, and `left_out`: images in which a feature is infinite or not a number, and
          which nothing else here counts;
        - `classes`: images by label, of those that have one;
        - `statistics`: for each feature `name`, `mean`, `std` (divided by the number of images),
          and its histogram: `edges` (`BINS` + 1, in the feature's unit) and `counts`;
        - `correlation`: `names` and `values` [d][d] (Pearson; null beside a constant feature);
        - `class_means`: `labels`, `names` and `values` [labels][d], in the features' units.
    """
    names = feature_names(joined_featurizer)
    if not names:
        return {}
    rows = labelled_features.select("label", "features")
    found = _summarize(rows, len(names))
    if not found.images:
        return {}
    labels = sorted(found.classes)
    return {
        "images": found.images,
        "left_out": found.left_out,
        "classes": {label: int(found.classes[label][0]) for label in labels},
        "statistics": _statistics(names, found, _count(rows, found)),
        "correlation": {"names": names, "values": _correlation(found)},
        "class_means": {
            "labels": labels,
            "names": names,
            "values": [_mean(found.classes[label]) for label in labels],
        },
    }


@dataclass(frozen=True)
class _Moments:
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

    def __add__(self, other: _Moments) -> _Moments:
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
        return _Moments(
            images,
            self.left_out + other.left_out,
            self.mean + apart * share,
            self.products + other.products + between,
            np.minimum(self.low, other.low),
            np.maximum(self.high, other.high),
            classes,
        )


def _no_images(dimension: int) -> _Moments:
    zeros, infinite = np.zeros(dimension), np.full(dimension, np.inf)
    return _Moments(0, 0, zeros, np.zeros((dimension, dimension)), infinite, -infinite)


def _moments(batch: pa.RecordBatch, dimension: int) -> _Moments:
    rows, finite = _finite(batch, dimension)
    left_out = int((~finite).sum())
    if not len(rows):
        return replace(_no_images(dimension), left_out=left_out)
    mean = rows.mean(axis=0)
    products = (rows - mean).T @ (rows - mean)
    classes = _class_sums(batch["label"].filter(pa.array(finite)), rows)
    low, high = rows.min(axis=0), rows.max(axis=0)
    return _Moments(len(rows), left_out, mean, products, low, high, classes)


def _finite(batch: pa.RecordBatch, dimension: int) -> tuple[Array, NDArray[np.bool_]]:
    """The rows without infinities and NaN, float64 [n, d]; and which of the batch they are."""
    rows = as_matrix(batch["features"], dimension).astype(np.float64)
    finite = np.atleast_1d(np.isfinite(rows).all(axis=1))
    return rows[finite], finite


def _class_sums(labels: pa.Array, rows: Array) -> dict[str, Array]:
    coded = labels.dictionary_encode()
    codes = coded.indices.fill_null(-1).to_numpy(zero_copy_only=False)
    counted = np.column_stack([np.ones(len(rows)), rows])
    known = enumerate(coded.dictionary.to_pylist())
    return {label: counted[codes == code].sum(axis=0) for code, label in known}


def _summarize(rows: DataFrame, dimension: int) -> _Moments:
    """The first pass: everything but the histograms."""

    def summarize(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        parts = (_moments(batch, dimension) for batch in batches)
        yield _as_row(_to_bytes(sum(parts, _no_images(dimension))))

    parts = (_from_bytes(part) for part in _collected(rows, summarize))
    return sum(parts, _no_images(dimension))


def _count(rows: DataFrame, found: _Moments) -> NDArray[np.int64]:
    """The second pass: images in each bin between the lowest and the highest value.

    Returns:
        int64 [d, BINS].
    """
    low, high = found.low, found.high

    def count(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        counts = np.zeros((len(low), BINS), dtype=np.int64)
        for batch in batches:
            columns, _ = _finite(batch, len(low))
            for feature, values in enumerate(columns.T):
                limits = low[feature], high[feature]
                counts[feature] += np.histogram(values, BINS, limits)[0]
        yield _as_row(write_arrays(counts=counts))

    parts = (read_arrays(part)["counts"] for part in _collected(rows, count))
    return sum(parts, np.zeros((len(low), BINS), dtype=np.int64))


def _collected(
    rows: DataFrame, task: Callable[[Iterable[pa.RecordBatch]], Iterator[pa.RecordBatch]]
) -> list[bytes]:
    parts: list[bytes] = rows.mapInArrow(task, "part binary").toArrow()["part"].to_pylist()
    return parts


def _as_row(part: bytes) -> pa.RecordBatch:
    return pa.RecordBatch.from_arrays([pa.array([part], pa.binary())], ["part"])


def _to_bytes(moments: _Moments) -> bytes:
    labels, sums = list(moments.classes), list(moments.classes.values())
    # An array of no strings would be one of floats.
    arrays = vars(moments) | {"classes": np.array(labels, dtype=np.str_), "sums": np.array(sums)}
    return write_arrays(**arrays)


def _from_bytes(content: bytes) -> _Moments:
    arrays = read_arrays(content)
    images, left_out = int(arrays.pop("images")), int(arrays.pop("left_out"))
    sums, labels = arrays.pop("sums"), arrays.pop("classes").tolist()
    classes = dict(zip(labels, sums, strict=True))
    return _Moments(images, left_out, **arrays, classes=classes)


def _statistics(
    names: list[str], found: _Moments, counts: NDArray[np.int64]
) -> list[dict[str, Any]]:
    deviation = np.sqrt(_variance(found))
    return [
        {
            "name": name,
            "edges": np.histogram_bin_edges([], BINS, (found.low[i], found.high[i])).tolist(),
            "counts": counts[i].tolist(),
            "mean": float(found.mean[i]),
            "std": float(deviation[i]),
        }
        for i, name in enumerate(names)
    ]


def _variance(found: _Moments) -> Array:
    """float64 [d]; exactly 0 for a constant feature, whose sums may leave a rounding error."""
    variance: Array = np.where(found.low == found.high, 0, found.products.diagonal() / found.images)
    return variance


def _correlation(found: _Moments) -> list[list[float | None]]:
    deviation = np.sqrt(_variance(found))
    scales = np.outer(deviation, deviation) * found.images
    known = scales > 0
    values = np.clip(found.products / np.where(known, scales, 1), -1, 1).astype(object)
    values[~known] = None
    rows: list[list[float | None]] = values.tolist()
    return rows


def _mean(sums: Array) -> list[float]:
    means: list[float] = (sums[1:] / sums[0]).tolist()
    return means
