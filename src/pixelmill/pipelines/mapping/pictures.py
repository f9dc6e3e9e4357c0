"""Nodes that show the map: thumbnails, mosaics, and the page."""

import logging
import math
from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any, Literal

from PIL.Image import Image

from pixelmill.datasets.optional_output import OMITTED, Omitted
from pixelmill.datasets.png_image import MADE_OF
from pixelmill.map_page import MapPage, MapPoints, Similar, write_page
from pixelmill.mosaics import Mosaic, Scene
from pixelmill.mosaics import draw_groups as draw_each_group
from pixelmill.mosaics import draw_mosaic as draw
from pixelmill.parameters import MappingParameters
from pixelmill.pipelines.mapping.similar import address_of
from pixelmill.records import Cluster, MapSummary, Source
from pixelmill.spark.types import ArrowTable, DataFrame
from pixelmill.storage.sealed_json import digest_of

logger = logging.getLogger(__name__)

SKETCH = 1200  # pixels of a side
SKETCHED = 1500  # images on a sketch at most
PAGE_SIDE = 128  # pixels of a thumbnail on the page
SIDES = (32, 512)  # the least and the most pixels that a thumbnail has
UNGROUPED = -1  # the cluster of every image where no groups are made
FULL = 2.0  # of a scatter mosaic's thumbnails, against those that would fill it side by side


def read_thumbnails(
    image_map: DataFrame,
    map_summary: MapSummary,
    source: Source,
    mapping: MappingParameters,
) -> DataFrame:
    """Read the images that are shown, each once, and shrink them.

    Args:
        image_map: Column `path`.
        map_summary: Summary with the number of `images` and the representatives of the groups.
        source: Image source; the paths are relative to its `root`.
        mapping: Parameters, with the number and size of the images of mosaics and page.

    Returns:
        `path`, `width` and `height` (of the upright image), `thumbnail` (a JPEG file), `error`:
        a row for each image that is shown, with a thumbnail or the reason why there is none.
    """
    from pixelmill.thumbnails.tables import thumbnails_of

    limit = max(_on_mosaics(mapping), _on_page(mapping))
    if not limit:
        return thumbnails_of(image_map.limit(0), 0, source["root"], PAGE_SIDE)
    also = [path for group in _groups(map_summary) for path in _representatives(group)]
    shown = _sampled(image_map, map_summary["images"], limit, mapping, also)
    count = min(map_summary["images"], limit + len(also))
    side = thumbnail_side(min(map_summary["images"], _on_mosaics(mapping)), mapping)
    return thumbnails_of(shown, count, source["root"], side)


def thumbnail_side(images: int, mapping: MappingParameters) -> int:
    """Return pixels of the longest side that the mosaics and the page have use for.

    Args:
        images: Number of images of a mosaic.
        mapping: Parameters, with `mosaics` and `page`.
    """
    cell = FULL * mapping.mosaics.size / math.sqrt(max(1, images)) if images else 0
    wanted = max(math.ceil(cell), PAGE_SIDE if _on_page(mapping) else 0)
    return min(max(wanted, SIDES[0]), SIDES[1])


def arrange_scene(
    image_map: DataFrame,
    thumbnails: DataFrame,
    map_summary: MapSummary,
    mapping: MappingParameters,
) -> Scene:
    """Gather what the mosaics show.

    Args:
        image_map: Columns `path`, `x`, `y`, `cluster`.
        thumbnails: Columns `path`, `thumbnail` (or null), `error` (or null).
        map_summary: The names of the groups.
        mapping: Parameters, with the number of images of a mosaic.

    Returns:
        The images sorted by path; none where no mosaic is wanted.
    """
    chosen = thumbnails.limit(0)
    if limit := _on_mosaics(mapping):
        chosen = _sampled(thumbnails, thumbnails.count(), limit, mapping)
    columns = ["path", "x", "y", "cluster", "thumbnail", "error"]
    rows = chosen.join(image_map, "path").select(columns).toArrow().sort_by("path")
    _warn_of_lost(rows)
    return Scene(
        paths=rows["path"].to_pylist(),
        coordinates=_coordinates(rows),
        clusters=rows["cluster"].to_numpy(),
        names=_names(map_summary),
        thumbnails=rows["thumbnail"].to_pylist(),
        problems=rows["error"].to_pylist(),
    )


def drawing(
    style: Literal["scatter", "grid", "bordered"],
) -> Callable[[Scene, MappingParameters], Mosaic | Omitted]:
    """Return the node that draws the mosaic of one style.

    Args:
        style: 'scatter', 'grid' or 'bordered'.
    """

    def draw_mosaic(scene: Scene, mapping: MappingParameters) -> Mosaic | Omitted:
        """Draw all images of the map on one picture.

        Args:
            scene: Scene to draw.
            mapping: Whether this style is wanted, and how large.

        Returns:
            The mosaic; `OMITTED` where it is not wanted, so that none of an earlier run stays.
        """
        wanted = mapping.mosaics
        if style not in wanted.styles:
            return OMITTED
        return replace(draw(style, scene, wanted.size), format=wanted.format)

    return draw_mosaic


draw_scatter = drawing("scatter")
draw_grid = drawing("grid")
draw_bordered = drawing("bordered")


def draw_groups(scene: Scene, mapping: MappingParameters) -> dict[str, Mosaic]:
    """Draw a mosaic of each group.

    Args:
        scene: Scene to draw.
        mapping: Whether they are wanted, and how large.

    Returns:
        The mosaics by file name; none where they are not wanted.
    """
    wanted = mapping.mosaics
    drawn = draw_each_group(scene, wanted.size) if "groups" in wanted.styles else {}
    return {name: replace(mosaic, format=wanted.format) for name, mosaic in drawn.items()}


def sketch_map(
    scene: Scene, map_summary: MapSummary, mapping: MappingParameters
) -> Image | Omitted:
    """Draw a small mosaic, which the report shows.

    Args:
        scene: Scene to draw.
        map_summary: Facts about the map, by which the report knows its picture.
        mapping: The seed by which images are drawn where there are more than a sketch has room for.

    Returns:
        RGB; `OMITTED` where the scene has no images.
    """
    if not len(scene):
        return OMITTED
    some = _some_of(scene, SKETCHED, mapping.projection.seed)
    picture = draw("scatter", some, SKETCH).paint()
    picture.info[MADE_OF] = digest_of(map_summary)
    return picture


def write_map_page(
    image_map: DataFrame,
    thumbnails: DataFrame,
    map_similar: Similar,
    map_summary: MapSummary,
    source: Source,
    mapping: MappingParameters,
) -> MapPage | Omitted:
    """Write the interactive map.

    Args:
        image_map: Columns `path`, `label`, `x`, `y`, `cluster`.
        thumbnails: Columns `path` and `thumbnail` (or null).
        map_similar: The images most like each, in the order of the paths.
        map_summary: Facts about the map for the page.
        source: Image source; the paths are relative to its `root`.
        mapping: Whether there is a page, and how many thumbnails it has.

    Returns:
        The page; `OMITTED` where it is not wanted, so that none of an earlier run stays.
    """
    if not mapping.page.enabled:
        return OMITTED
    rows = image_map.select("path", "label", "x", "y", "cluster").toArrow().sort_by("path")
    paths = rows["path"].to_pylist()
    points = MapPoints(
        paths=paths,
        labels=rows["label"].to_pylist(),
        coordinates=_coordinates(rows),
        clusters=rows["cluster"].to_numpy(),
        thumbnails=_by_place(paths, thumbnails, map_summary, mapping),
        similar=map_similar,
        originals=address_of(mapping.page.originals, source["root"]),
    )
    page = write_page(points, map_summary)
    for note in page.notes:
        logger.warning("The map's page: %s", note)
    return page


def _some_of(scene: Scene, count: int, seed: int) -> Scene:
    import numpy as np

    if len(scene) <= count:
        return scene
    places = np.sort(np.random.default_rng(seed).choice(len(scene), count, replace=False))
    lists = (scene.paths, scene.thumbnails, scene.problems)
    paths, thumbnails, problems = ([some[place] for place in places] for some in lists)
    chosen = scene.coordinates[places], scene.clusters[places]
    return Scene(paths, *chosen, scene.names, thumbnails, problems)


def _by_place(
    paths: list[str], thumbnails: DataFrame, map_summary: MapSummary, mapping: MappingParameters
) -> dict[int, bytes]:
    limit = mapping.page.thumbnails
    if not limit:
        return {}
    also = [group["medoid"] for group in _groups(map_summary)]
    chosen = _sampled(thumbnails, thumbnails.count(), limit, mapping, also)
    rows = chosen.where("thumbnail is not null").select("path", "thumbnail").toArrow()
    places = {path: place for place, path in enumerate(paths)}
    pictures = zip(rows["path"].to_pylist(), rows["thumbnail"].to_pylist(), strict=True)
    return {places[path]: picture for path, picture in pictures}


def _sampled(
    images: DataFrame,
    count: int,
    limit: int,
    mapping: MappingParameters,
    also: Iterable[str] = (),
) -> DataFrame:
    """Return a random sample and the named images; a smaller sample is part of a larger one."""
    import pyarrow as pa

    from pixelmill.spark.projecting import sampled

    if count <= limit:
        return images
    chosen = sampled(images, limit, mapping.projection.seed)
    paths = pa.table({"path": pa.array(sorted(set(also)), pa.string())})
    named = images.sparkSession.createDataFrame(paths)
    others = images.where(~chosen).join(named, "path", "left_semi")
    return images.where(chosen).unionByName(others)


def _on_mosaics(mapping: MappingParameters) -> int:
    return mapping.mosaics.images if mapping.mosaics.styles else 0


def _on_page(mapping: MappingParameters) -> int:
    return mapping.page.thumbnails if mapping.page.enabled else 0


def _groups(map_summary: MapSummary) -> list[Cluster]:
    grouping = map_summary["grouping"]
    return grouping["groups"] if grouping else []


def _names(map_summary: MapSummary) -> dict[int, str]:
    if map_summary["grouping"] is None:
        return {UNGROUPED: "no groups"}
    return {group["cluster"]: group["name"] for group in _groups(map_summary)}


def _representatives(group: Cluster) -> list[str]:
    return [group["medoid"], *group["typical"], *group["unusual"]]


def _coordinates(rows: ArrowTable) -> Any:
    """Return float64 [n, 2]."""
    import numpy as np

    return np.column_stack([rows["x"].to_numpy(), rows["y"].to_numpy()])


def _warn_of_lost(rows: ArrowTable) -> None:
    errors = [error for error in rows["error"].to_pylist() if error is not None]
    if errors:
        logger.warning(
            "%d of %d images on the mosaics have no picture any more and are grey tiles; "
            "the first: %s.", len(errors), len(rows), errors[0],
        )  # fmt: skip
