"""Histograms of each feature by class, class separation by feature, and points to plot."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from pixelmill.models import Array, read_arrays, write_arrays
from pixelmill.pipelines.modelling.moments import Moments, as_row, collected, finite_rows
from pixelmill.records import ClassDistributions
from pixelmill.spark.types import DataFrame

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

BINS = 24
MOST_CLASSES = 12  # with distributions and points of their own: more colours look alike
MOST_PLOTTED = 4  # features in the pair plots
MOST_POINTS = 50  # images of a class in the pair plots
SAME = 0.9  # correlation from which a second feature shows nothing new in a pair plot

Counts = NDArray[np.int64]
Codes = NDArray[np.intp]


@dataclass(frozen=True, eq=False)
class Distributions:
    """Sums over some images whose moments are known; they add up.

    Attributes:
        counts: Images in each bin between the lowest and the highest value, int64 [d, BINS].
        by_class: The same for the k shown classes, int64 [k, d, BINS].
        within: Summed squared distances from the mean of the own class, float64 [d].
        order: Ranks by which points are drawn, the lowest first, int64 [p].
        codes: Classes of the points, as positions among the shown ones, intp [p].
        points: Features of the points, float64 [p, d].
    """

    counts: Counts
    by_class: Counts
    within: Array
    order: Counts
    codes: Codes
    points: Array

    def __add__(self, other: Distributions) -> Distributions:
        """Return the sum of both; the points of each class that have the lowest ranks stay."""
        order = np.concatenate([self.order, other.order])
        codes = np.concatenate([self.codes, other.codes])
        points = np.concatenate([self.points, other.points])
        kept = _lowest_of_each(order, codes)
        return Distributions(
            self.counts + other.counts,
            self.by_class + other.by_class,
            self.within + other.within,
            order[kept],
            codes[kept],
            points[kept],
        )


def shown_classes(found: Moments) -> list[str]:
    """Return the largest classes, at most `MOST_CLASSES`, in the order of their names.

    Args:
        found: The sums of all images.
    """
    largest = sorted(found.classes, key=lambda label: (-found.classes[label][0], label))
    return sorted(largest[:MOST_CLASSES])


def distribute(rows: DataFrame, found: Moments, shown: Sequence[str]) -> Distributions:
    """Count, and draw points, in one pass of Spark tasks.

    Args:
        rows: Columns `path`, `label` (or null) and `features` (array of float32).
        found: The sums of all images.
        shown: Classes with counts and points of their own.
    """
    from pixelmill.spark import functions as sf

    def count(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        parts = (distributions_of(batch, found, shown) for batch in batches)
        yield as_row(write_arrays(**vars(sum(parts, _nothing(found, shown)))))

    ranked = rows.select("label", "features", sf.xxhash64("path").alias("order"))
    parts = (Distributions(**read_arrays(part)) for part in collected(ranked, count))
    return sum(parts, _nothing(found, shown))


def distributions_of(batch: pa.RecordBatch, found: Moments, shown: Sequence[str]) -> Distributions:
    """Count the images of a batch, and draw points from them.

    Args:
        batch: Columns `label`, `features` and `order` (int64).
        found: The sums of all images.
        shown: Classes with counts and points of their own.
    """
    rows, finite = finite_rows(batch, len(found.mean))
    labels = batch["label"].filter(pa.array(finite))
    codes, known = _codes(labels, shown), _codes(labels, list(found.classes))
    means = np.array([sums[1:] / sums[0] for sums in found.classes.values()])
    apart = rows[known >= 0] - means.reshape(-1, rows.shape[1])[known[known >= 0]]
    order = batch["order"].to_numpy()[finite]
    kept = _lowest_of_each(order, codes)
    return Distributions(
        _histograms(rows, found),
        np.array([_histograms(rows[codes == code], found) for code in range(len(shown))]).reshape(
            len(shown), rows.shape[1], BINS
        ),
        np.square(apart).sum(axis=0),
        order[kept],
        codes[kept],
        rows[kept],
    )


def between_classes(found: Moments, within: Array) -> list[float | None]:
    """Return the share of each feature's variance that lies between the classes, 0 to 1 (η²).

    With n_c images and the mean m_c of class c, and the mean m of all labelled images,

        η² = Σ n_c (m_c - m)² / (Σ n_c (m_c - m)² + Σ_c Σ_{x in c} (x - m_c)²).

    Args:
        found: The sums of all images.
        within: The second sum, float64 [d].

    Returns:
        d values; None for a constant feature, and for fewer than two classes.
    """
    if len(found.classes) < 2:
        return [None] * len(within)
    sums = np.array(list(found.classes.values()))
    images, means = sums[:, :1], sums[:, 1:] / sums[:, :1]
    centre = sums[:, 1:].sum(axis=0) / images.sum()
    between = (images * (means - centre) ** 2).sum(axis=0)
    total = between + within
    varies = (found.low < found.high) & (total > 0)
    shares = np.divide(between, total, out=np.zeros_like(total), where=varies)
    both = zip(shares.tolist(), varies.tolist(), strict=True)
    return [share if is_known else None for share, is_known in both]


def plotted_features(
    shares: Sequence[float | None], correlation: Sequence[Sequence[float | None]]
) -> list[int]:
    """Return the features that separate the classes best and are not redundant.

    Args:
        shares: η² of each of d features, or None.
        correlation: [d][d], or None beside a constant feature.

    Returns:
        Positions, the best first; at most `MOST_PLOTTED`, of which no two have a correlation of
        `SAME` or more. None for fewer than two.
    """
    known = [place for place, share in enumerate(shares) if share is not None]
    chosen: list[int] = []
    for place in sorted(known, key=lambda place: -(shares[place] or 0.0)):
        if all(abs(correlation[place][other] or 0.0) < SAME for other in chosen):
            chosen.append(place)
    return chosen[:MOST_PLOTTED] if len(chosen) > 1 else []


def describe_distributions(
    spread: Distributions, shown: Sequence[str], plotted: Sequence[int]
) -> ClassDistributions:
    """Return the distributions and points as they are written.

    Args:
        spread: Those of all images.
        shown: The classes that they are of.
        plotted: Positions of the features whose points are written.
    """
    ranked = np.lexsort((spread.order, spread.codes)) if plotted else np.zeros(0, np.intp)
    points = spread.points[ranked][:, list(plotted)].tolist() if plotted else []
    return {
        "labels": list(shown),
        "counts": spread.by_class.tolist(),
        "features": list(plotted),
        "codes": spread.codes[ranked].tolist(),
        "values": [[float(f"{value:.4g}") for value in point] for point in points],
    }


def _nothing(found: Moments, shown: Sequence[str]) -> Distributions:
    d = len(found.mean)
    none = np.zeros(0, np.int64)
    by_class = np.zeros((len(shown), d, BINS), np.int64)
    points = none, none.astype(np.intp), np.zeros((0, d))
    return Distributions(np.zeros((d, BINS), np.int64), by_class, np.zeros(d), *points)


def _histograms(rows: Array, found: Moments) -> Counts:
    """Return images in each bin of each feature, int64 [d, BINS]."""
    limits = zip(found.low, found.high, strict=True)
    both = zip(rows.T, limits, strict=True)
    return np.array([np.histogram(values, BINS, ends)[0] for values, ends in both], np.int64)


def _codes(labels: pa.Array, names: Sequence[str]) -> Codes:
    """Return positions of labels among some names, intp [n]; -1 for others and for none."""
    coded = labels.dictionary_encode()
    places = {name: place for place, name in enumerate(names)}
    of_code = np.array([places.get(name, -1) for name in coded.dictionary.to_pylist()] + [-1])
    codes: Codes = of_code[coded.indices.fill_null(-1).to_numpy(zero_copy_only=False)]
    return codes.astype(np.intp)


def _lowest_of_each(order: Counts, codes: Codes) -> Codes:
    """Return positions of the images of each shown class that have the lowest ranks."""
    ranked = np.lexsort((order, codes))
    ranked = ranked[codes[ranked] >= 0]
    starts = np.searchsorted(codes[ranked], codes[ranked])  # of the class of each image
    kept: Codes = ranked[np.arange(len(ranked)) - starts < MOST_POINTS]
    return kept
