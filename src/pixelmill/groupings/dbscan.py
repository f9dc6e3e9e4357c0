"""DBSCAN in bounded memory: clusters are dense regions.

scikit-learn's keeps every pair of neighbours in memory, which is 20 GB where 50,000 images are
all neighbours of each other, and gives an image between two groups to the one that comes first.
Here pairs are joined block by block, and such an image goes to its nearest group.
"""

from collections.abc import Mapping
from typing import Annotated, Any

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from pixelmill.groupings._grouped import NOISE, Grouped, Rows, by_size, remarks
from pixelmill.groupings._membership import NearestMember
from pixelmill.groupings.knee import Knee, find_knee, k_distances, thinned
from pixelmill.parameters.method import MethodParameters, read_parameters

BLOCK = 256
# Of the largest number: nearer than this, rounding makes two rows equal.
ROUNDING = 1e-6


class DbscanParameters(MethodParameters):
    """Of `sklearn.cluster.DBSCAN`, by its names; `eps` null takes that of the knee.

    Source: https://scikit-learn.org/stable/modules/generated/sklearn.cluster.DBSCAN.html
    """

    eps: Annotated[float, Field(gt=0, allow_inf_nan=False)] | None = None
    min_samples: Annotated[int, Field(ge=1)] = 5


def check(parameters: Mapping[str, Any]) -> None:
    """Refuse unknown and impossible parameters, before any work.

    Raises:
        InputError: One sentence about the first of them.
    """
    _read(parameters)


def fit(rows: Rows, seed: int, parameters: Mapping[str, Any]) -> Grouped:  # noqa: ARG001
    """Join images that have `min_samples` images within `eps` of them, themselves counted.

    Args:
        rows: float32 or float64 [n, d], finite; n ≥ 1, and all may be equal.
        seed: Unused: nothing is random.
        parameters: DBSCAN parameters, by scikit-learn's names.

    Raises:
        InputError: For an unknown parameter or an impossible value.
    """
    chosen = _read(parameters)
    wide = np.asarray(rows, np.float64)
    distances = k_distances(wide, min(chosen.min_samples, len(wide)))
    knee = find_knee(distances) if chosen.eps is None else None
    eps = max(knee.eps if knee else 0.0, chosen.eps or 0.0, ROUNDING * float(np.abs(wide).max()))
    core = distances <= eps
    if chosen.min_samples > len(wide):
        core[:] = False
    components = _components(wide[core], eps)
    labels = np.full(len(wide), NOISE)
    labels[core] = components
    reach = np.full(components.max(initial=NOISE) + 1, eps)
    labels[~core] = _members(wide[core], components, reach)(wide[~core])
    clusters = by_size(labels)
    return Grouped(
        clusters,
        chosen.model_dump() | {"eps": eps},
        _members(rows[core], clusters[core], reach),
        _notes(knee) + remarks(clusters),
        eps,
        knee.curve if knee else thinned(np.sort(distances)),
        knee.position if knee else None,
    )


def _read(parameters: Mapping[str, Any]) -> DbscanParameters:
    return read_parameters(DbscanParameters, "mapping.grouping.parameters of dbscan", parameters)


def _notes(knee: Knee | None) -> list[str]:
    return knee.notes if knee else []


def _members(
    rows: Rows, clusters: NDArray[np.integer], reach: NDArray[np.float64]
) -> NearestMember:
    return NearestMember(rows, clusters.astype(np.int32), reach)


def _components(core: NDArray[np.float64], eps: float) -> NDArray[np.intp]:
    """Return clusters [c] of rows [c, d] that are joined by steps of `eps` at most."""
    from sklearn.neighbors import NearestNeighbors

    groups = np.arange(len(core))
    if len(core) == 0:
        return groups
    search = NearestNeighbors(radius=eps).fit(core)
    for start in range(0, len(core), BLOCK):
        block = core[start : start + BLOCK]
        near = search.radius_neighbors(block, return_distance=False)
        asking = np.repeat(np.arange(start, start + len(block)), [len(one) for one in near])
        groups = _joined(groups, groups[asking], groups[np.concatenate(near)])
    return groups


def _joined(
    groups: NDArray[np.intp], left: NDArray[np.intp], right: NDArray[np.intp]
) -> NDArray[np.intp]:
    """Return clusters [c] after those of each pair have become one."""
    from scipy.sparse import coo_matrix
    from scipy.sparse.csgraph import connected_components

    if (left == right).all():
        return groups
    size = groups.max() + 1
    pairs = coo_matrix((np.ones(len(left), bool), (left, right)), shape=(size, size))
    merged = connected_components(pairs, directed=False)[1]
    return np.asarray(merged, np.intp)[groups]
