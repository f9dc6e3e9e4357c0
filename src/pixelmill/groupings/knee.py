"""The neighbourhood distance `eps`, from the knee of the k-distance curve."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pixelmill.exact_neighbours import neighbours_among
from pixelmill.groupings._grouped import Rows

POINTS = 200
FALLBACK = 0.9


@dataclass(frozen=True, eq=False)
class Knee:
    """Where the curve of k-distances bends.

    Attributes:
        curve: float64 [≤ 200], the sorted distances, evenly thinned out.
        position: Position in the curve.
        notes: Sentences for the report, where the curve has no knee.
    """

    curve: NDArray[np.float64]
    position: int
    notes: list[str]

    @property
    def eps(self) -> float:
        """The distance there."""
        return float(self.curve[self.position])


def k_distances(rows: Rows, k: int) -> NDArray[np.float64]:
    """Return the distance within which each row has k rows, itself counted, as DBSCAN counts.

    Args:
        rows: [n, d].
        k: Number of the neighbour, 1 to n.

    Returns:
        float64 [n], in the order of the rows.
    """
    if k == 1:
        return np.zeros(len(rows))
    _, distances = neighbours_among(rows, k - 1)
    return np.ascontiguousarray(distances[:, -1])


def find_knee(distances: NDArray[np.float64]) -> Knee:
    """Return the point after which distances grow fast, as fewer images have neighbours so near.

    Args:
        distances: float64 [n], n ≥ 1.

    Source: Satopää et al., Finding a "Kneedle" in a Haystack (2011); Ester et al., A
        density-based algorithm for discovering clusters (1996).
    """
    curve = thinned(np.sort(distances))
    if curve[-1] == 0:
        equal = "every image has others with the same features: only equal images make a group"
        return Knee(curve, len(curve) - 1, [equal])
    position = _bend(curve)
    if position is not None and curve[position] > 0:
        return Knee(curve, position, [])
    position = int(FALLBACK * (len(curve) - 1))
    while curve[position] == 0:
        position += 1
    missing = (
        f"the curve of k-distances has no knee: eps is the distance within which {FALLBACK:.0%} of "
        "the images have their neighbours"
    )
    return Knee(curve, position, [missing])


def thinned(curve: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return at most 200 points of a curve, the first and the last among them."""
    steps = np.linspace(0, len(curve) - 1, min(len(curve), POINTS))
    points: NDArray[np.float64] = curve[np.round(steps).astype(int)]
    return points


def _bend(curve: NDArray[np.float64]) -> int | None:
    from kneed import KneeLocator

    if len(curve) < 3 or curve[0] == curve[-1]:
        return None
    # With both axes scaled to [0, 1], a knee is a local maximum of x - y(x), the distance below the
    # diagonal, from which it falls by more than the mean step of x.
    steps = np.arange(len(curve))
    found = KneeLocator(steps, curve, curve="convex", direction="increasing").knee
    return None if found is None else int(found)
