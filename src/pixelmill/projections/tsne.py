"""t-SNE by openTSNE, on exact nearest neighbours."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Literal

import numpy as np
from pydantic import Field

from pixelmill.exact_neighbours import Found, neighbours_among
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
Share = Annotated[float, Field(ge=0, le=1)]
Iterations = Annotated[int, Field(ge=0, le=100_000)]

FEWEST = 4
INITIAL_DEVIATION = 1e-4

PLACING_ROWS = 5000  # at a time
PLACING_NEIGHBOURS = 15
START_NEIGHBOURS = 5
PLACING = {
    "n_iter": 50,
    "learning_rate": 0.1,
    "exaggeration": 1.5,
    "momentum": 0.8,
    "max_grad_norm": 0.25,
    "max_step_norm": None,
}


class TsneParameters(MethodParameters):
    """Of `openTSNE.TSNE`, by its names.

    The iterations and the width of the grid's cells are fewer and larger than its defaults: on
    10,000 images the map takes a fraction of the time and keeps nearly as many neighbours.

    Source: https://opentsne.readthedocs.io/en/stable/api/sklearn.html
    """

    perplexity: Annotated[float, Field(ge=1, allow_inf_nan=False)] = 30.0
    learning_rate: Positive | Literal["auto"] = "auto"
    early_exaggeration_iter: Iterations = 100
    early_exaggeration: Positive | Literal["auto"] = "auto"
    n_iter: Iterations = 300
    exaggeration: Positive | None = None
    dof: Positive = 1.0
    theta: Share = 0.5
    n_interpolation_points: Annotated[int, Field(ge=1, le=10)] = 3
    min_num_intervals: Annotated[int, Field(ge=1, le=1000)] = 50
    ints_in_interval: Positive = 2.0
    initialization: Literal["pca", "random", "spectral"] = "pca"
    metric: Literal["euclidean"] = "euclidean"
    initial_momentum: Annotated[float, Field(ge=0, lt=1)] = 0.8
    final_momentum: Annotated[float, Field(ge=0, lt=1)] = 0.8
    max_grad_norm: Positive | None = None
    max_step_norm: Positive | None = 5.0
    n_jobs: Annotated[int, Field(ge=-1, le=1024)] = -1
    neighbors: Literal["exact"] = "exact"
    negative_gradient_method: Literal["auto", "bh", "fft"] = "auto"


def check(parameters: Mapping[str, Any]) -> None:
    """Refuse unknown and impossible parameters, before any work.

    Raises:
        InputError: One sentence about the first of them.
    """
    _read(parameters)


def fit(rows: Rows, seed: int, parameters: Mapping[str, Any]) -> Projected:
    """Make a map in which each row is among its nearest neighbours.

    Gradient descent turns the last digit of a sum into another map: for the same map the rows
    must come in the same order. The number of threads changes nothing.

    Args:
        rows: float32 [n, k], finite; n ≥ 1, and all may be equal.
        seed: Seed of `initialization: random` and `spectral`.
        parameters: openTSNE parameters, by its own names.

    Raises:
        InputError: For an unknown parameter or an impossible value.
    """
    wanted = _read(parameters)
    if all_equal(rows):
        return side_by_side(rows, wanted.model_dump())
    if len(rows) < FEWEST:
        components = leading_components(rows)
        few = f"t-SNE needs {FEWEST} images: the map of {len(rows)} shows principal components"
        return Projected(components(rows), {}, components, [few], "pca")
    chosen, notes = _fitting(wanted, len(rows))
    coordinates = _embedded(rows, seed, chosen)
    place = TsnePlace(Reference.of(rows, coordinates), chosen)
    return Projected(coordinates, chosen.model_dump(), place, notes)


def _read(parameters: Mapping[str, Any]) -> TsneParameters:
    return read_parameters(TsneParameters, "mapping.projection.parameters of tsne", parameters)


def _fitting(wanted: TsneParameters, count: int) -> tuple[TsneParameters, list[str]]:
    """Return the parameters that so many images allow, and what is said of the change."""
    method = wanted.negative_gradient_method
    if method == "auto":
        method = "bh" if count < 2000 else "fft"
    chosen = wanted.model_copy(update={"negative_gradient_method": method})
    most = max(1.0, (count - 1) / 3)
    if wanted.perplexity <= most:
        return chosen, []
    lowered = (
        f"perplexity lowered from {wanted.perplexity:g} to {most:.3g}: {count:,} images have no "
        "more neighbours to give"
    )
    return chosen.model_copy(update={"perplexity": most}), [lowered]


def _embedded(rows: Rows, seed: int, chosen: TsneParameters) -> Coordinates:
    """Places float64 [n, 2], with the middle of their box at zero."""
    from openTSNE import TSNE

    affinities = _affinities(rows, chosen)
    names = set(TsneParameters.model_fields) - {"perplexity", "neighbors", "metric"}
    settings = chosen.model_dump(include=names)
    start = _start(rows) if chosen.initialization == "pca" else chosen.initialization
    settings |= {"initialization": start, "random_state": seed}
    embedding = TSNE(**settings).fit(affinities=affinities)
    return centred(np.array(embedding, dtype=np.float64))


def _affinities(rows: Rows, chosen: TsneParameters) -> Any:
    from openTSNE.affinity import PerplexityBasedNN
    from openTSNE.nearest_neighbors import PrecomputedNeighbors

    k = min(len(rows) - 1, max(1, int(3 * chosen.perplexity)))
    index = PrecomputedNeighbors(*neighbours_among(rows, k))
    return PerplexityBasedNN(knn_index=index, perplexity=chosen.perplexity, n_jobs=chosen.n_jobs)


def _start(rows: Rows) -> Coordinates:
    """Return the principal components, scaled small; a single one is spread across its axis."""
    start = leading_components(rows)(rows)
    spiral = side_by_side(rows, {}).coordinates
    start /= start[:, 0].std()
    # Equal rows that start on one point would stay there.
    start += 1e-3 * spiral / np.abs(spiral).max()
    return start * INITIAL_DEVIATION


@dataclass(frozen=True)
class TsnePlace:
    """Places rows on a fitted map, each by itself.

    A row starts at the median of its nearest fitted rows and goes down the gradient between it
    and the fitted rows alone.

    Attributes:
        reference: The fitted rows and their places.
        chosen: The parameters that the map was made with.

    Source: Poličar, Stražar and Zupan, Embedding to reference t-SNE space addresses batch
        effects in single-cell classification (2021).
    """

    reference: Reference
    chosen: TsneParameters

    def __call__(self, rows: Rows) -> Coordinates:
        """Return float64 [m, 2] of rows [m, k]."""
        fitted = self._embedding()
        blocks = np.split(rows, range(PLACING_ROWS, len(rows), PLACING_ROWS))
        return np.concatenate([self._placed(fitted, block) for block in blocks])

    def _embedding(self) -> Any:
        from openTSNE import TSNEEmbedding
        from openTSNE.affinity import Affinities
        from scipy.sparse import csr_matrix

        unused = Affinities()
        unused.P = csr_matrix((len(self.reference.rows), 1))
        names = ("dof", "n_interpolation_points", "min_num_intervals", "ints_in_interval")
        grid = {name: getattr(self.chosen, name) for name in names}
        places = self.reference.coordinates
        return TSNEEmbedding(places, unused, negative_gradient_method="fft", **grid)

    def _placed(self, fitted: Any, rows: Rows) -> Coordinates:
        from openTSNE import PartialTSNEEmbedding

        found = self.reference.nearest(rows, PLACING_NEIGHBOURS)
        start = np.median(self.reference.coordinates[found[0][:, :START_NEIGHBOURS]], axis=1)
        attraction = _attraction(found, len(self.reference.rows))
        partial = PartialTSNEEmbedding(start, fitted, attraction, **fitted.gradient_descent_params)
        return np.array(partial.optimize(**PLACING), dtype=np.float64)


def _attraction(found: Found, fitted: int) -> Any:
    """Return how strongly each fitted row draws each new one, sparse [m, fitted]; rows sum to 1."""
    from openTSNE.affinity import joint_probabilities_nn

    perplexity = max(1.0, found[0].shape[1] / 3)
    return joint_probabilities_nn(
        *found,
        [perplexity],
        symmetrize=False,
        normalization="point-wise",
        n_reference_samples=fitted,
    )
