"""The k-distance curve, from whose knee `eps` of DBSCAN comes."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from pixelmill.pipelines.reporting.charts import HEIGHT, WIDTH
from pixelmill.pipelines.reporting.figures import Figure, empty, figure, layout

TEAL, RUST, GREY = "#1f7a8c", "#c2521c", "#9aa5af"


@dataclass(frozen=True)
class KDistances:
    """Where the curve lies on the plane of a chart.

    Attributes:
        line: The curve, as `points` of an SVG polyline.
        top: The distance at the top of the plane, whose quarters are round numbers.
        eps: The distance that is taken, and its height on the plane; None where none is.
        knee: Where the knee lies: (x, y); None where there is none.
    """

    line: str
    top: float
    eps: tuple[float, float] | None
    knee: tuple[float, float] | None


def k_distances(grouping: dict[str, Any]) -> KDistances | None:
    """Lay out the curve.

    Args:
        grouping: Clustering of the map's summary, with `k_distances` (rising), `knee` (a position
            among them, or null) and `eps` (or null).

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


def draw_k_distances(map_summary: dict[str, Any]) -> Figure:
    """Return the k-distance curve as a Plotly figure.

    Args:
        map_summary: The map's summary; empty where there is no map.
    """
    title = "Distances to the k-th neighbour"
    if not map_summary:
        return empty(title, "No map: `kedro run --pipelines mapping` makes one.")
    grouping = map_summary.get("grouping") or {}
    distances, eps = grouping.get("k_distances") or [], grouping.get("eps")
    if not distances:
        return empty(title, "No k-distance curve: only DBSCAN takes its eps from one.")
    drawn = figure(
        {
            "type": "scatter",
            "mode": "lines",
            "x": _shares(len(distances)),
            "y": list(distances),
            "line": {"color": TEAL},
            "hovertemplate": "%{x:.1%} of the images have their k-th neighbour "
            "within %{y:.3g}<extra></extra>",
        }
    )
    layout(drawn, title if eps is None else f"{title}: eps is {eps:.3g}", 420)
    if eps is not None:
        drawn.add_hline(y=eps, line={"dash": "dash", "color": GREY})
    if grouping.get("knee") is not None:
        drawn.add_trace(_knee(distances, grouping["knee"]))
    drawn.update_xaxes(title="share of the images", range=[0, 1], tickformat=".0%")
    drawn.update_yaxes(title="distance", rangemode="tozero")
    return drawn


def _knee(distances: Sequence[float], knee: int) -> dict[str, Any]:
    return {
        "type": "scatter",
        "mode": "markers",
        "name": "knee",
        "showlegend": False,
        "x": [_shares(len(distances))[knee]],
        "y": [distances[knee]],
        "marker": {"color": RUST, "size": 11},
    }


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
