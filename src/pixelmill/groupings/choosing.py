"""The choice of a clustering if none is asked for, and a note on an unbalanced one."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from pixelmill.groupings import AUTO, find_grouping
from pixelmill.groupings._grouped import Grouped, Rows
from pixelmill.groupings.hdbscan import default_size
from pixelmill.groupings.quality import silhouette
from pixelmill.parameters import GroupingParameters

DEFAULT = "hdbscan"
SIZES = (1, 2, 4)  # times the smallest cluster of HDBSCAN's defaults
KMEANS_TRIED = 6
FEWEST = 20  # images, below which a cluster of more than half is no reason to try others
Parameters = dict[str, Any]


@dataclass(frozen=True)
class Chosen:
    """A grouping, and by which method it was made.

    Attributes:
        method: A module of `pixelmill.groupings`.
        grouped: The clusters.
        reason: Reason for the choice if one cluster holds more than half of the images; None
            where none does.
    """

    method: str
    grouped: Grouped
    reason: str | None = None


def check_grouping(method: str, parameters: Parameters) -> None:
    """Refuse an unknown method or parameter, before any work.

    Args:
        method: A module of `pixelmill.groupings`, or `auto`.
        parameters: Method parameters, by its library's own names.

    Raises:
        InputError: One sentence about the first of them.
    """
    find_grouping(_named(method)).check(parameters)


def choose_grouping(
    wanted: GroupingParameters, rows: Rows, features: Callable[[], Rows], seed: int
) -> Chosen:
    """Group rows by the method that is asked for, or by the one that divides them best.

    `auto` takes HDBSCAN. Where one of its clusters holds more than half of the images, finer
    settings and k-means are tried too, and the one with the best silhouette by the features is
    taken: distances on a map are distorted, and any cut through an even cloud looks well there.
    A method or parameters that were asked for stay as they are, and a note says how it went.

    Args:
        wanted: Method and parameters.
        rows: Rows to group, float [n, d].
        features: Returns the reduced features of the same images, float32 [n, k].
        seed: Random seed.
    """
    method = _named(wanted.method or AUTO)
    grouped = find_grouping(method).fit(rows, seed, wanted.parameters)
    largest = _largest(grouped)
    if 2 * largest <= len(rows) or len(rows) < FEWEST:
        return Chosen(method, grouped)
    first = Chosen(method, grouped)
    if wanted.method != AUTO or wanted.parameters:
        return _noted(first, f"{_share(grouped)}; mapping.grouping.method=auto would try others")
    return _best([first, *_others(rows, seed)], features(), seed)


def _named(method: str) -> str:
    return DEFAULT if method == AUTO else method


def _others(rows: Rows, seed: int) -> Iterator[Chosen]:
    """Yield finer clusterings: the leaves of HDBSCAN's tree, smaller clusters, and k-means."""
    hdbscan, kmeans = find_grouping("hdbscan"), find_grouping("kmeans")
    for times in SIZES:
        size = min(times * default_size(len(rows)), len(rows))
        leaves = {"cluster_selection_method": "leaf", "min_cluster_size": size}
        yield Chosen("hdbscan", hdbscan.fit(rows, seed, leaves))
    # More clusters than the square root of the images are too many to look at.
    numbers = np.geomspace(2, max(3, np.sqrt(len(rows))), KMEANS_TRIED).round().astype(int)
    for number in np.unique(numbers).tolist():
        yield Chosen("kmeans", kmeans.fit(rows, seed, {"n_clusters": number}))


def _best(tried: list[Chosen], features: Rows, seed: int) -> Chosen:
    """Return the first, or of the others the one that divides the features better."""
    scores = [_score(one.grouped, features, seed) for one in tried]
    best = int(np.argmax(scores))
    first, taken = tried[0], tried[best]
    reason = _share(first.grouped)
    if best == 0:
        return _noted(first, f"{reason}; no other setting divides the features better")
    before, after = scores[0], scores[best]
    return _noted(
        taken,
        f"{reason} by the defaults of {first.method}, so {_setting(taken)} was taken: its "
        f"silhouette by the features is {after:.3f} against {before:.3f}",
    )


def _score(grouped: Grouped, features: Rows, seed: int) -> float:
    """Return the silhouette by the features, where noise counts as 0; 0 for a single cluster."""
    score = silhouette(features, grouped.clusters, seed)
    return 0.0 if score is None else score * float((grouped.clusters >= 0).mean())


def _setting(chosen: Chosen) -> str:
    """Return the method with what it differs in from its defaults."""
    shown = ("cluster_selection_method", "min_cluster_size", "n_clusters")
    parameters = chosen.grouped.parameters
    settings = ", ".join(f"{name} {parameters[name]}" for name in shown if name in parameters)
    return f"{chosen.method} ({settings})"


def _largest(grouped: Grouped) -> int:
    return int(np.bincount(grouped.clusters[grouped.clusters >= 0], minlength=1).max())


def _share(grouped: Grouped) -> str:
    return f"one cluster holds {_largest(grouped):,} of {len(grouped.clusters):,} images"


def _noted(chosen: Chosen, note: str) -> Chosen:
    grouped = replace(chosen.grouped, notes=[note, *chosen.grouped.notes])
    return Chosen(chosen.method, grouped, note)
