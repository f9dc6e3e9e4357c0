"""UMAP by umap-learn, on exact nearest neighbours."""

import sys
import threading
import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Literal

import numpy as np
from pydantic import Field

from pixelmill.errors import InputError
from pixelmill.exact_neighbours import neighbours_among
from pixelmill.parameters.method import MethodParameters, read_parameters
from pixelmill.projections._projected import (
    Coordinates,
    Projected,
    Rows,
    all_equal,
    centred,
    side_by_side,
)
from pixelmill.projections._reference import Reference
from pixelmill.projections.pca import leading_components

Positive = Annotated[float, Field(gt=0, allow_inf_nan=False)]

FEWEST = 4
PLACING_NEIGHBOURS = 5
PARAMETRIC = "umap.parametric_umap"
_ONE_AT_A_TIME = threading.Lock()


class UmapParameters(MethodParameters):
    """Of `umap.UMAP`, by its names.

    `init` is `pca` and not `spectral`: on 7,770 crops of photos the map was there in half the
    time and kept more neighbours, and the eigenvectors of many islands need not converge.

    Source: https://umap-learn.readthedocs.io/en/latest/parameters.html
    """

    n_neighbors: Annotated[int, Field(ge=2)] = 15
    metric: Literal["euclidean"] = "euclidean"
    n_epochs: Annotated[int, Field(ge=1, le=100_000)] | None = None
    learning_rate: Positive = 1.0
    init: Literal["pca", "spectral", "random"] = "pca"
    min_dist: Annotated[float, Field(ge=0, allow_inf_nan=False)] = 0.1
    spread: Positive = 1.0
    set_op_mix_ratio: Annotated[float, Field(ge=0, le=1)] = 1.0
    local_connectivity: Annotated[float, Field(ge=1, allow_inf_nan=False)] = 1.0
    repulsion_strength: Annotated[float, Field(ge=0, allow_inf_nan=False)] = 1.0
    negative_sample_rate: Annotated[int, Field(ge=1)] = 5


def check(parameters: Mapping[str, Any]) -> None:
    """Refuse unknown and impossible parameters, before any work.

    Raises:
        InputError: One sentence about the first of them.
    """
    _read(parameters)


def fit(rows: Rows, seed: int, parameters: Mapping[str, Any]) -> Projected:
    """Make a map that keeps the graph of nearest neighbours.

    It works on one thread, without which the same seed would not give the same map; rows in
    another order give another.

    Args:
        rows: float32 [n, k], finite; n ≥ 1, and all may be equal.
        seed: Seed of all random choices of UMAP.
        parameters: umap-learn parameters, by its own names.

    Raises:
        InputError: For an unknown parameter or an impossible value.
    """
    wanted = _read(parameters)
    if all_equal(rows):
        return side_by_side(rows, wanted.model_dump())
    if len(rows) < FEWEST:
        components = leading_components(rows)
        few = f"UMAP needs {FEWEST} images: the map of {len(rows)} shows principal components"
        return Projected(components(rows), {}, components, [few], "pca")
    chosen, notes = _fitting(wanted, len(rows))
    coordinates = _embedded(rows, seed, chosen)
    place = MedianPlace(Reference.of(rows, coordinates))
    return Projected(coordinates, chosen.model_dump(), place, notes)


def _read(parameters: Mapping[str, Any]) -> UmapParameters:
    where = "mapping.projection.parameters of umap"
    chosen = read_parameters(UmapParameters, where, parameters)
    if chosen.min_dist > chosen.spread:
        raise InputError(
            f"{where}: min_dist {chosen.min_dist:g} is larger than spread {chosen.spread:g}: "
            "lower min_dist or raise spread"
        )
    return chosen


def _fitting(wanted: UmapParameters, count: int) -> tuple[UmapParameters, list[str]]:
    """Return the parameters that so many images allow, and what is said of the change."""
    most = count - 1
    if wanted.n_neighbors <= most:
        return wanted, []
    lowered = (
        f"n_neighbors lowered from {wanted.n_neighbors} to {most}: {count:,} images have no more "
        "neighbours to give"
    )
    return wanted.model_copy(update={"n_neighbors": most}), [lowered]


def _embedded(rows: Rows, seed: int, chosen: UmapParameters) -> Coordinates:
    """Places float64 [n, 2], with the middle of their box at zero."""
    settings = chosen.model_dump() | {"random_state": seed, "n_jobs": 1}
    if chosen.init == "pca":
        settings["init"] = _start(rows, seed)
    neighbours = _neighbours(rows, chosen.n_neighbors)
    kind = _umap()
    with warnings.catch_warnings():  # that it has no transform for precomputed neighbours
        warnings.simplefilter("ignore")
        fitted = kind(precomputed_knn=neighbours, **settings).fit(rows)
    return centred(np.asarray(fitted.embedding_, np.float64))


def _neighbours(rows: Rows, k: int) -> tuple[Any, Any]:
    """As UMAP takes them: each row is the first of its own neighbours."""
    found, distances = neighbours_among(rows, k - 1)
    own = np.arange(len(rows))[:, None]
    zeros = np.zeros((len(rows), 1))
    return np.hstack([own, found]), np.hstack([zeros, distances]).astype(np.float32)


def _start(rows: Rows, seed: int) -> Any:
    """Return the principal components in a box of 10, as umap-learn scales them, float32 [n, 2]."""
    start = leading_components(rows)(rows)
    start *= 10 / np.abs(start).max()
    # Equal rows that start on one point would stay there.
    start += np.random.default_rng(seed).normal(scale=1e-3, size=start.shape)
    return start.astype(np.float32)


def _umap() -> Any:
    """Return the class, without TensorFlow, which umap-learn loads for a class that is not used
    here.
    """
    with _ONE_AT_A_TIME:
        hidden = PARAMETRIC not in sys.modules
        if hidden:
            sys.modules[PARAMETRIC] = None  # type: ignore[assignment]
        try:
            from umap import UMAP
        finally:
            if hidden:
                del sys.modules[PARAMETRIC]
    return UMAP


@dataclass(frozen=True)
class MedianPlace:
    """Places a row amid its nearest fitted rows.

    UMAP's own `transform` trains all rows of a call together and draws by chance, so that the
    place of a row depends on its company.

    Attributes:
        reference: The fitted rows and their places.
    """

    reference: Reference

    def __call__(self, rows: Rows) -> Coordinates:
        """Return float64 [m, 2] of rows [m, k]."""
        found, _ = self.reference.nearest(rows, PLACING_NEIGHBOURS)
        return np.asarray(np.median(self.reference.coordinates[found], axis=1), np.float64)
