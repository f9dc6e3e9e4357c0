"""k-means by scikit-learn: every image is in the cluster of the nearest centre."""

from collections.abc import Mapping
from typing import Annotated, Any, Literal

import numpy as np
from pydantic import Field

from pixelmill.groupings._grouped import Grouped, Rows, by_size, remarks
from pixelmill.groupings._membership import NearestMember
from pixelmill.groupings.quality import silhouette
from pixelmill.parameters.method import MethodParameters, read_parameters

SAMPLE = 5000
FEWEST, MOST, TRIED = 2, 60, 10


class KmeansParameters(MethodParameters):
    """Of `sklearn.cluster.KMeans`, by its names; `n_clusters` null takes the best silhouette.

    Source: https://scikit-learn.org/stable/modules/generated/sklearn.cluster.KMeans.html
    """

    n_clusters: Annotated[int, Field(ge=1)] | None = None
    init: Literal["k-means++", "random"] = "k-means++"
    n_init: Annotated[int, Field(ge=1, le=1000)] | Literal["auto"] = "auto"
    max_iter: Annotated[int, Field(ge=1)] = 300
    tol: Annotated[float, Field(ge=0, allow_inf_nan=False)] = 1e-4
    algorithm: Literal["lloyd", "elkan"] = "lloyd"


def check(parameters: Mapping[str, Any]) -> None:
    """Refuse unknown and impossible parameters, before any work.

    Raises:
        InputError: One sentence about the first of them.
    """
    _read(parameters)


def fit(rows: Rows, seed: int, parameters: Mapping[str, Any]) -> Grouped:
    """Divide rows among centres; none is noise.

    Args:
        rows: float32 or float64 [n, d], finite; n ≥ 1, and all may be equal.
        seed: Seed of the initial centres, and of the sample on which numbers of clusters are tried.
        parameters: k-means parameters, by scikit-learn's names.

    Raises:
        InputError: For an unknown parameter or an impossible value.
    """
    wanted = _read(parameters)
    wide = np.asarray(rows, np.float64)
    distinct = len(np.unique(wide, axis=0))
    count = wanted.n_clusters or _best_count(wide, distinct, seed, wanted)
    chosen = wanted.model_copy(update={"n_clusters": min(count, distinct)})
    fitted = _fitted(wide, seed, chosen)
    clusters = by_size(fitted.labels_)
    centres = np.empty_like(fitted.cluster_centers_)
    centres[clusters] = fitted.cluster_centers_[fitted.labels_]
    everywhere = np.full(len(centres), np.inf)
    members = NearestMember(centres, np.arange(len(centres), dtype=np.int32), everywhere)
    notes = _lowered(count, distinct) + remarks(clusters)
    return Grouped(clusters, chosen.model_dump(), members, notes)


def _read(parameters: Mapping[str, Any]) -> KmeansParameters:
    return read_parameters(KmeansParameters, "mapping.grouping.parameters of kmeans", parameters)


def _lowered(wanted: int, distinct: int) -> list[str]:
    if wanted <= distinct:
        return []
    return [f"n_clusters lowered from {wanted} to {distinct}: so many images differ"]


def _fitted(rows: Rows, seed: int, chosen: KmeansParameters) -> Any:
    from sklearn.cluster import KMeans

    return KMeans(**chosen.model_dump(), random_state=seed).fit(rows)


def _best_count(rows: Rows, distinct: int, seed: int, wanted: KmeansParameters) -> int:
    """Return the number of groups, of ten that are tried on a sample, with the best silhouette."""
    most = min(MOST, distinct - 1, len(rows) // 2)
    if most <= FEWEST:
        return max(1, min(FEWEST, distinct))
    chosen = np.random.default_rng(seed).permutation(len(rows))[:SAMPLE]
    sample = rows[np.sort(chosen)]
    tried = np.unique(np.round(np.geomspace(FEWEST, most, TRIED)).astype(int))
    scores = [_score(sample, seed, wanted, int(count)) for count in tried]
    return int(tried[int(np.argmax(scores))])


def _score(rows: Rows, seed: int, wanted: KmeansParameters, count: int) -> float:
    labels = _fitted(rows, seed, wanted.model_copy(update={"n_clusters": count})).labels_
    score = silhouette(rows, labels, seed)
    return -1.0 if score is None else score
