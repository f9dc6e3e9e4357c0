"""Exploration of named features: distributions, correlations, class means."""

from __future__ import annotations

import numpy as np

from pixelmill.models import Array
from pixelmill.pipelines.modelling.class_distributions import (
    BINS,
    Distributions,
    between_classes,
    describe_distributions,
    distribute,
    plotted_features,
    shown_classes,
)
from pixelmill.pipelines.modelling.moments import Moments, summarize
from pixelmill.records import FeatureExploration, FeatureStatistics, JoinedFeaturizer
from pixelmill.spark.tables import as_spark
from pixelmill.spark.types import Table

MOST_FEATURES = 64  # more fill no page that could be read


def feature_names(joined_featurizer: JoinedFeaturizer) -> list[str]:
    """Return the names of the features, where each has one and there are few enough to look at.

    Args:
        joined_featurizer: What made the features.

    Returns:
        At most `MOST_FEATURES` names in the order of the features; none where a part names no
        columns, or there are more.
    """
    columns: list[list[str]] = [
        part.get("columns") or [] for part in joined_featurizer.get("parts", [])
    ]
    if not all(columns):
        return []
    names = [str(name) for part in columns for name in part]
    return names if len(names) <= MOST_FEATURES else []


def explore_features(
    labelled_features: Table, joined_featurizer: JoinedFeaturizer
) -> FeatureExploration:
    """Describe features that have names, in two passes of Spark tasks that bring sums only.

    Args:
        labelled_features: Columns `path`, `label` (or null) and `features` (array of float32).
        joined_featurizer: What made the features.

    Returns:
        The statistics; empty for features without names, too many, or no image.
    """
    names = feature_names(joined_featurizer)
    if not names:
        return {}
    rows = as_spark(labelled_features).select("path", "label", "features")
    found = summarize(rows.select("label", "features"), len(names))
    if not found.images:
        return {}
    labels, shown = sorted(found.classes), shown_classes(found)
    spread, correlation = distribute(rows, found, shown), _correlation(found)
    shares = between_classes(found, spread.within)
    return {
        "images": found.images,
        "left_out": found.left_out,
        "classes": {label: int(found.classes[label][0]) for label in labels},
        "statistics": _statistics(names, found, spread, shares),
        "correlation": {"names": names, "values": correlation},
        "class_means": {
            "labels": labels,
            "names": names,
            "values": [_mean(found.classes[label]) for label in labels],
        },
        "distributions": describe_distributions(
            spread, shown, plotted_features(shares, correlation)
        ),
    }


def _statistics(
    names: list[str], found: Moments, spread: Distributions, shares: list[float | None]
) -> list[FeatureStatistics]:
    deviation = np.sqrt(_variance(found))
    return [
        {
            "name": name,
            "edges": np.histogram_bin_edges([], BINS, (found.low[i], found.high[i])).tolist(),
            "counts": spread.counts[i].tolist(),
            "mean": float(found.mean[i]),
            "std": float(deviation[i]),
            "between_classes": shares[i],
        }
        for i, name in enumerate(names)
    ]


def _variance(found: Moments) -> Array:
    """Return float64 [d], exactly 0 for a constant feature despite rounding errors of sums."""
    variance: Array = np.where(found.low == found.high, 0, found.products.diagonal() / found.images)
    return variance


def _correlation(found: Moments) -> list[list[float | None]]:
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
