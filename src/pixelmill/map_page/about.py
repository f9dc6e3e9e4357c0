"""The description of a map on its page: method, parameters, clusters and quality."""

from typing import Any

from pixelmill.map_page.categories import Categories
from pixelmill.map_page.contents import MapPoints
from pixelmill.map_page.fitting import NAME, shortened
from pixelmill.pages.formatting import percent, value
from pixelmill.records import Cluster, Grouping, MapSummary

DIGITS = 4
ROWS = 300  # groups of the table; the others are counted
WIDTH, HEIGHT = 300, 120  # of the drawn curve, in its own units


def describe(points: MapPoints, summary: MapSummary, groups: Categories) -> dict[str, Any]:
    """Return the variables of the panel.

    Args:
        points: The images.
        summary: `map_summary`.
        groups: The groups as they are numbered on the page.

    Returns:
        For the template, which escapes every text.
    """
    grouping = summary["grouping"]
    projection = summary["projection"]
    return {
        "images": f"{len(points.paths):,}",
        "figures": _figures(summary),
        "notes": summary["notes"],
        "projection": {
            "method": projection["method"],
            "facts": _facts(
                projection["parameters"], seed=projection["seed"], seconds=projection["seconds"]
            ),
        },
        "grouping": grouping
        and {
            "method": grouping["method"],
            "facts": _facts(
                grouping["parameters"],
                space=grouping["space"],
                seconds=grouping["seconds"],
                eps=grouping["eps"],
            ),
            "curve": draw_curve(grouping["k_distances"], grouping["knee"]),
            "more": max(0, len(grouping["groups"]) - ROWS),
            "groups": _rows(grouping["groups"][:ROWS], points, groups),
        },
    }


def draw_curve(distances: list[float], knee: int | None) -> dict[str, Any] | None:
    """Return the k-distance curve, from which DBSCAN's eps was read.

    Args:
        distances: Distances of points to their k-th neighbour, sorted.
        knee: Position in `distances`.

    Returns:
        The curve's points, the knee's place and its distance, in a box of 300 by 120; None where
        there is no curve.
    """
    if len(distances) < 2:
        return None
    top = max(distances) or 1.0
    xs = [WIDTH * place / (len(distances) - 1) for place in range(len(distances))]
    ys = [HEIGHT * (1 - distance / top) for distance in distances]
    line = " ".join(f"{x:.1f},{y:.1f}" for x, y in zip(xs, ys, strict=True))
    at = None if knee is None else {"x": f"{xs[knee]:.1f}", "y": f"{ys[knee]:.1f}"}
    eps = None if knee is None else value(distances[knee], DIGITS)
    return {"line": line, "knee": at, "eps": eps, "width": WIDTH, "height": HEIGHT}


def _facts(parameters: dict[str, Any], **measured: str | float | None) -> list[tuple[str, str]]:
    known = {name: one for name, one in measured.items() if one is not None}
    return [(name, value(one, DIGITS)) for name, one in {**parameters, **known}.items()]


def _figures(summary: MapSummary) -> list[tuple[str, str, str]]:
    """Return the number, what it is, and what it means."""
    near, grouping = summary["neighbours"], summary["grouping"]
    k, most = near["k"], near.get("most")
    figures = [
        (f"{summary['images']:,}", "images on the map", ""),
        (f"{summary['failed']:,}", "images without features", "not on the map")
        if summary["failed"]
        else None,
        (
            f"{summary['copies']:,}",
            "copies",
            "or of the same features; each counts with another one beside it",
        )
        if summary.get("copies")
        else None,
        (f"{summary['fitted']:,}", "images fitted", "the others were placed by the fitted map")
        if summary["fitted"] + summary.get("copies", 0) < summary["images"]
        else None,
        (percent(near["map"]), "same label nearby", f"of the {k} nearest on the map")
        if near["map"] is not None
        else None,
        (percent(near["features"]), "same label, by features", f"of the {k} nearest")
        if near["features"] is not None
        else None,
        (percent(most), "the most possible", "some labels have few images")
        if most is not None and most < 1
        else None,
        (
            value(near["trustworthiness"], DIGITS),
            "trustworthiness",
            "1: neighbours here are neighbours",
        )
        if near["trustworthiness"] is not None
        else None,
        *(_group_figures(grouping, summary["images"]) if grouping else ()),
    ]
    return [figure for figure in figures if figure]


def _group_figures(grouping: Grouping, images: int) -> list[tuple[str, str, str] | None]:
    measures = (
        (grouping["silhouette"], "silhouette", "1: groups far apart"),
        (grouping["ari"], "ARI", "adjusted Rand index: 1 if groups are labels"),
        (grouping["nmi"], "NMI", "mutual information with labels, at most 1"),
    )
    return [
        (f"{len(grouping['groups']):,}", "groups", ""),
        (percent(grouping["noise"] / max(1, images)), "noise", "images unclustered"),
        *(
            (value(measure, DIGITS), name, meaning)
            for measure, name, meaning in measures
            if measure is not None
        ),
    ]


def _rows(described: list[Cluster], points: MapPoints, groups: Categories) -> list[dict[str, Any]]:
    """Return the table's rows: name, size, purity, and the numbers that the scripts go by."""
    wanted = {group["medoid"] for group in described}
    places = {path: place for place, path in enumerate(points.paths) if path in wanted}
    codes = {int(points.clusters[centre]): code for code, centre in enumerate(groups.centres)}
    return [
        {
            "name": shortened(group["name"], NAME),
            "size": group["size"],
            "label": group["label"] and shortened(group["label"], NAME),
            "purity": percent(group["purity"]),
            "share": group["purity"],
            "medoid": places.get(group["medoid"], ""),
            "code": codes.get(group["cluster"], ""),
        }
        for group in described
    ]
