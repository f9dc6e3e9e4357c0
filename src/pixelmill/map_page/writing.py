"""Fills the template: one file with its style, scripts and data inside, everything else escaped."""

from typing import Any

import numpy as np

from pixelmill.map_page.about import describe
from pixelmill.map_page.categories import Categories, group_categories, label_categories
from pixelmill.map_page.contents import MapPage, MapPoints
from pixelmill.map_page.packing import pack_array, pack_file, pack_json
from pixelmill.map_page.places import centred, neighbours_first
from pixelmill.map_page.sprites import Sheets, lay_sheets
from pixelmill.pages import as_utf8, file_of, script_hash, templates
from pixelmill.palette import NOISE_COLOUR, Colour, group_colours

PACKAGE = "pixelmill.map_page"
# In the order in which each needs those before it.
VENDOR = (
    *("licences", "d3-dispatch.min", "d3-timer.min", "d3-ease.min", "d3-color.min"),
    *("d3-interpolate.min", "d3-selection.min", "d3-drag.min", "d3-transition.min"),
    *("d3-zoom.min", "d3-polygon.min", "kdbush.min"),
)
INSIDE = 50_000  # images, beyond which the thumbnails lie beside the page
LARGEST = 47_000_000  # bytes of the page, thumbnails in base64 and all
SCRIPTS = (
    *("data", "view", "points", "pace", "sheets", "tiles", "names", "state", "legend", "hover"),
    *("search", "lasso", "export", "selection", "panels", "main"),
)


def write_page(points: MapPoints, summary: dict[str, Any]) -> MapPage:
    """Writes the interactive map.

    The page's own policy lets a browser run its scripts, by their hashes, and load nothing but
    its own pictures: even a path that got past the escaping could do nothing.

    Args:
        points: The images; any number, also none.
        summary: `map_summary`, what the mapping pipeline tells of projection and groups.

    Returns:
        The page, and the sprite sheets that it has no room for.
    """
    places = centred(points.coordinates)
    labels = label_categories(points.labels, points.coordinates)
    groups = group_categories(points.clusters, _names(summary), points.coordinates)
    packed = {
        "places": pack_array(places.T),
        "paths": pack_json(points.paths),
        "groups": pack_array(groups.codes),
        "labels": pack_array(labels.codes),
    }
    order = [place for place in neighbours_first(places).tolist() if place in points.thumbnails]
    sheets = lay_sheets([points.thumbnails[place] for place in order], _room(points, packed))
    packed |= {
        "facts": pack_json(_facts(points, groups, labels, sheets)),
        "tiles": pack_array(np.array(order, np.int32)),
        "tile-sizes": pack_array(sheets.sizes),
    }
    inside = [pack_file(sheet) for sheet in sheets.files] if sheets.inside else []
    names = [f"sheet-{number:05d}.webp" for number in range(len(sheets.files))]
    return MapPage(
        html=_render(describe(points, summary, groups), packed, inside, beside=not sheets.inside),
        files={} if sheets.inside else dict(zip(names, sheets.files, strict=True)),
    )


def _room(points: MapPoints, packed: dict[str, str]) -> int:
    """Bytes that thumbnails may have inside the page, where base64 makes four of three."""
    if len(points.paths) > INSIDE:
        return 0
    return max(0, LARGEST - sum(map(len, packed.values()))) * 3 // 4


def _names(summary: dict[str, Any]) -> dict[int, str]:
    groups = (summary["grouping"] or {"groups": []})["groups"]
    return {group["cluster"]: group["name"] for group in groups}


def _facts(
    points: MapPoints, groups: Categories, labels: Categories, sheets: Sheets
) -> dict[str, Any]:
    """What the page must know before it can unpack the arrays."""
    return {
        "images": len(points.paths),
        "groups": groups.described(),
        "labels": labels.described(),
        "colours": [_hex(colour) for colour in group_colours()],
        "noise": _hex(NOISE_COLOUR),
        "sheets": {
            "count": len(sheets.files),
            "cell": sheets.cell,
            "columns": sheets.columns,
            "inside": sheets.inside,
        },
    }


def _hex(colour: Colour) -> str:
    return "#{:02x}{:02x}{:02x}".format(*colour)


def _render(
    about: dict[str, Any], packed: dict[str, str], sheets: list[str], *, beside: bool
) -> str:
    # 'self' is no file in every browser.
    from markupsafe import Markup

    scripts = [
        "\n".join(_text(f"vendor/{name}.js") for name in VENDOR),
        '"use strict";\n(() => {\n'
        + "\n".join(_text(f"js/{name}.js") for name in SCRIPTS)
        + "})();\n",
    ]
    page = (
        templates(_text)
        .get_template("map.html.j2")
        .render(
            about=about,
            packed=packed,
            sheets=sheets,
            beside=beside,
            style=Markup(_text("map.css")),  # noqa: S704  # our own file
            scripts=[Markup(script) for script in scripts],  # noqa: S704
            hashes=[script_hash(script) for script in scripts],
        )
    )
    return as_utf8(page)


def _text(name: str) -> str:
    return file_of(PACKAGE, name)
