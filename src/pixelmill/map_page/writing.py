"""The map's page: one file with its style, scripts and data inside, everything else escaped."""

from typing import Any

import numpy as np
import numpy.typing as npt

from pixelmill.map_page.about import describe
from pixelmill.map_page.categories import Categories, group_categories, label_categories
from pixelmill.map_page.contents import MapPage, MapPoints
from pixelmill.map_page.fitting import fit_names, fit_points
from pixelmill.map_page.packing import pack_array, pack_codes, pack_file, pack_json
from pixelmill.map_page.places import centred, neighbours_first, quantised
from pixelmill.map_page.sprites import Sheets, lay_sheets
from pixelmill.pages import as_utf8, csv_script, file_of, script_hash, templates
from pixelmill.pages.palette import NOISE_COLOUR, Colour, group_colours
from pixelmill.records import Cluster, MapSummary

PACKAGE = "pixelmill.map_page"
# In the order in which each needs those before it.
VENDOR = (
    *("licences", "d3-dispatch.min", "d3-timer.min", "d3-ease.min", "d3-color.min"),
    *("d3-interpolate.min", "d3-selection.min", "d3-drag.min", "d3-transition.min"),
    *("d3-zoom.min", "d3-polygon.min", "kdbush.min"),
)
INSIDE = 50_000  # images, beyond which the thumbnails are beside the page
LARGEST = 48_000_000  # bytes of what is packed: scripts, style and panel take below 2 MB
SIZE_BYTES = 3  # that the width and the height of a thumbnail take, packed
SCRIPTS = (
    *("data", "view", "points", "pace", "sheets", "tiles", "names", "state", "legend"),
    *("original", "hover", "search", "lasso", "export", "selection", "panels", "main"),
)


def write_page(points: MapPoints, summary: MapSummary) -> MapPage:
    """Write the interactive map.

    The page's own policy lets a browser run its scripts, by their hashes, and load nothing but
    its own pictures: even a path that got past the escaping could do nothing. It has less than
    50 MB, whatever the number of images and the length of their names: thumbnails are beside it,
    then names are cut, then images are left out.

    Args:
        points: The images; any number, also none.
        summary: `map_summary`, the summary of projection and groups.

    Returns:
        The page, and the sprite sheets that it has no room for.
    """
    points, left_out = fit_points(points, [one["medoid"] for one in _groups(summary)])
    places = centred(points.coordinates)
    labels = label_categories(points.labels, points.coordinates)
    groups = group_categories(points.clusters, _names(summary), points.coordinates)
    packed = {
        "places": pack_array(quantised(places)),
        "groups": pack_codes(groups.codes),
        "labels": pack_codes(labels.codes),
        "similar": pack_codes(_similar(points)),
    }
    order = [place for place in neighbours_first(places).tolist() if place in points.thumbnails]
    packed |= {"tiles": pack_codes(np.array(order, np.int32))}
    names, length = fit_names(
        points.paths, _facts(points, groups, labels), _room(packed) - SIZE_BYTES * len(order)
    )
    inside = len(points.paths) <= INSIDE
    budget = max(0, _room(packed | names)) * 3 // 4 if inside else 0  # base64: four for three
    sheets = lay_sheets([points.thumbnails[place] for place in order], budget)
    packed |= names | {"sheets": pack_json(_sheets(sheets)), "tile-sizes": pack_array(sheets.sizes)}
    notes = _notes(points, length, left_out)
    about = describe(points, summary | {"notes": [*summary["notes"], *notes]}, groups)
    mark = sheets.mark
    files = [f"sheet-{mark}-{number:05d}.webp" for number in range(len(sheets.files))]
    return MapPage(
        html=_render(
            about,
            packed,
            [pack_file(sheet) for sheet in sheets.files] if sheets.inside else [],
            beside=not sheets.inside,
        ),
        files={} if sheets.inside else dict(zip(files, sheets.files, strict=True)),
        notes=notes,
    )


def _room(packed: dict[str, str]) -> int:
    """Return bytes that the page has left."""
    return LARGEST - sum(map(len, packed.values()))


def _similar(points: MapPoints) -> npt.NDArray[np.int32]:
    places = points.similar.places
    return np.empty((0, 0), np.int32) if places is None else places


def _notes(points: MapPoints, length: int | None, left_out: int) -> list[str]:
    """Return what the page leaves out, so that it can be opened."""
    notes = [points.similar.note] if points.similar.note else []
    if length is not None:
        notes.append(
            f"The page would be larger than 50 MB, so names are cut to {length} characters: what "
            "was cut out is not found, and names cannot be exported. The table image_map has them "
            "whole."
        )
    if left_out:
        notes.append(
            f"{left_out:,} images, drawn by chance, are left out: the page has room for "
            f"{len(points.paths):,}."
        )
    return notes


def _groups(summary: MapSummary) -> list[Cluster]:
    grouping = summary["grouping"]
    return grouping["groups"] if grouping else []


def _names(summary: MapSummary) -> dict[int, str]:
    return {group["cluster"]: group["name"] for group in _groups(summary)}


def _facts(points: MapPoints, groups: Categories, labels: Categories) -> dict[str, Any]:
    """Return what the page must know before it can unpack the arrays."""
    return {
        "images": len(points.paths),
        "groups": groups.described(),
        "labels": labels.described(),
        "colours": [_hex(colour) for colour in group_colours()],
        "noise": _hex(NOISE_COLOUR),
        "similar": _similar(points).shape[1],
        "originals": points.originals,
    }


def _sheets(sheets: Sheets) -> dict[str, Any]:
    return {
        "count": len(sheets.files),
        "cell": sheets.cell,
        "columns": sheets.columns,
        "inside": sheets.inside,
        "mark": sheets.mark,
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
        + "\n".join([csv_script(), *(_text(f"js/{name}.js") for name in SCRIPTS)])
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
