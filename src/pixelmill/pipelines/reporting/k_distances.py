"""The k-distance curve, from whose knee `eps` of DBSCAN comes."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from pixelmill.pipelines.reporting.charts import HEIGHT, WIDTH
from pixelmill.records import Grouping


@dataclass(frozen=True)
class KDistances:
    """Position of the curve in a chart.

    Attributes:
        line: The curve, as `points` of an SVG polyline.
        top: The distance at the top of the plane, whose quarters are round numbers.
        eps: The distance that is taken, and its height on the plane; None where none is.
        knee: Position of the knee: (x, y); None if there is none.
    """

    line: str
    top: float
    eps: tuple[float, float] | None
    knee: tuple[float, float] | None


def k_distances(grouping: Grouping) -> KDistances | None:
    """Lay out the curve.

    Args:
        grouping: Grouping of the map's summary.

    Returns:
        None where the grouping has no such curve.
    """
    distances = grouping.get("k_distances") or []
    if not distances:
        return None
    knee, eps = grouping.get("knee"), grouping.get("eps")
    top = _round_up(max(distances[-1], eps or 0.0) or 1.0)
    places = _places(distances, top)
    return KDistances(
        line=" ".join(f"{x},{y}" for x, y in places),
        top=top,
        eps=None if eps is None else (eps, _height(eps, top)),
        knee=None if knee is None else places[knee],
    )


def _shares(count: int) -> list[float]:
    return [position / max(1, count - 1) for position in range(count)]


def _places(distances: Sequence[float], top: float) -> list[tuple[float, float]]:
    across = [round(WIDTH * share, 1) for share in _shares(len(distances))]
    up = [_height(distance, top) for distance in distances]
    return list(zip(across, up, strict=True))


def _height(distance: float, top: float) -> float:
    return round(HEIGHT * (1 - distance / top), 1)


def _round_up(largest: float) -> float:
    """Return the least round distance: four times 1, 2, 2.5 or 5, times a power of ten."""
    unit = 10.0 ** math.floor(math.log10(largest / 4))
    quarter = next(step for step in (1, 2, 2.5, 5, 10, 20) if step * unit >= largest / 4)
    return 4 * quarter * unit
