"""HDBSCAN by scikit-learn: clusters of varying density."""

import math
from collections.abc import Mapping
from typing import Annotated, Any, Literal

import numpy as np
from pydantic import Field

from pixelmill.groupings._grouped import NOISE, Clusters, Grouped, Rows, by_size, remarks
from pixelmill.groupings._membership import NearestMember
from pixelmill.groupings.knee import k_distances
from pixelmill.parameters.method import MethodParameters, read_parameters

SMALLEST_GROUP = 5
SAMPLES = 2
LARGEST_DEFAULT_SHARE = 500  # one of so many images is the smallest group of a large data set
ROOT_SHARE = 1 / 3  # of the square root of the images, in between


class HdbscanParameters(MethodParameters):
    """Of `sklearn.cluster.HDBSCAN`, by its names.

    `min_cluster_size` null is the largest of 5, a third of the square root of the number of
    images, and one of 500 images; `min_samples` null is 2: a compromise between the maps of
    some small sets of images.

    Source: https://scikit-learn.org/stable/modules/generated/sklearn.cluster.HDBSCAN.html
    """

    min_cluster_size: Annotated[int, Field(ge=2)] | None = None
    min_samples: Annotated[int, Field(ge=1)] | None = None
    cluster_selection_epsilon: Annotated[float, Field(ge=0, allow_inf_nan=False)] = 0.0
    max_cluster_size: Annotated[int, Field(ge=1)] | None = None
    alpha: Annotated[float, Field(gt=0, allow_inf_nan=False)] = 1.0
    algorithm: Literal["auto", "brute", "kd_tree", "ball_tree"] = "auto"
    leaf_size: Annotated[int, Field(ge=1)] = 40
    cluster_selection_method: Literal["eom", "leaf"] = "eom"
    allow_single_cluster: bool = False


def check(parameters: Mapping[str, Any]) -> None:
    """Refuse unknown and impossible parameters, before any work.

    Raises:
        InputError: One sentence about the first of them.
    """
    _read(parameters)


def fit(rows: Rows, seed: int, parameters: Mapping[str, Any]) -> Grouped:  # noqa: ARG001
    """Find dense regions that stay together over the longest range of densities.

    Args:
        rows: float32 or float64 [n, d], finite; n ≥ 1, and all may be equal.
        seed: Unused: nothing is random.
        parameters: HDBSCAN parameters, by scikit-learn's names.

    Raises:
        InputError: For an unknown parameter or an impossible value.
    """
    chosen = _fitting(_read(parameters), len(rows))
    clusters = _clusters(np.asarray(rows, np.float64), chosen)
    inside = clusters != NOISE
    reach = _reach(rows, clusters, chosen.min_samples or 1)
    members = NearestMember(rows[inside], clusters[inside], reach)
    return Grouped(clusters, chosen.model_dump(), members, remarks(clusters))


def default_size(count: int) -> int:
    """Return the smallest cluster that so many images get by default.

    Args:
        count: Images.

    Example:
        >>> [default_size(count) for count in (250, 1_200, 50_000)]
        [5, 11, 100]
    """
    by_root = int(ROOT_SHARE * math.sqrt(count))
    return max(SMALLEST_GROUP, by_root, count // LARGEST_DEFAULT_SHARE)


def _read(parameters: Mapping[str, Any]) -> HdbscanParameters:
    return read_parameters(HdbscanParameters, "mapping.grouping.parameters of hdbscan", parameters)


def _fitting(wanted: HdbscanParameters, count: int) -> HdbscanParameters:
    """Return the parameters with sizes that fit the number of images."""
    size = wanted.min_cluster_size or default_size(count)
    samples = wanted.min_samples or SAMPLES
    return wanted.model_copy(update={"min_cluster_size": size, "min_samples": samples})


def _clusters(rows: Rows, chosen: HdbscanParameters) -> Clusters:
    from sklearn.cluster import HDBSCAN

    if len(rows) < max(chosen.min_cluster_size or 0, chosen.min_samples or 0):
        return np.full(len(rows), NOISE, np.int32)
    if (rows == rows[0]).all():
        return np.zeros(len(rows), np.int32)
    return by_size(HDBSCAN(**chosen.model_dump(), copy=True).fit_predict(rows))


def _reach(rows: Rows, clusters: Clusters, samples: int) -> Any:
    """Return for each cluster the largest distance to a member's `samples` neighbours, float64."""
    reach = np.zeros(clusters.max(initial=NOISE) + 1)
    if len(reach):
        distances = k_distances(rows, min(samples, len(rows)))
        inside = clusters != NOISE
        np.maximum.at(reach, clusters[inside], distances[inside])
    return reach
