"""A mosaic for each cluster."""

import logging
import math
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from pixelmill.mosaics.file_names import file_names
from pixelmill.mosaics.grid import cell_boxes, row_lengths
from pixelmill.mosaics.lettering import MUTED, Mark, Text, cut, width_of
from pixelmill.mosaics.mosaic import Mosaic, Tiles
from pixelmill.mosaics.scene import NOISE, Group, Scene
from pixelmill.mosaics.shapes import largest_side, shapes_of
from pixelmill.pages.formatting import quantity

MOST = 200  # groups that get a mosaic
LARGEST_CELL = 256  # pixels of a side: what a thumbnail has to give
NARROWEST = 512  # pixels: room for a title
TITLE = 1 / 36  # of the picture's width
TITLE_SIZES = (14, 96)  # pixels, at least and at most

logger = logging.getLogger(__name__)


def draw(scene: Scene, size: int) -> dict[str, Mosaic]:
    """Draw the largest 200 groups, largest first, and noise.

    A picture is only as large as its images have pixels for, and never larger than `size`.

    Args:
        scene: The images.
        size: Maximum side length in pixels.

    Returns:
        By a name that is safe for a file, without an ending.
    """
    groups = scene.groups()
    noise = [group for group in groups if group.cluster == NOISE]
    named = [group for group in groups if group.cluster != NOISE]
    if len(named) > MOST:
        logger.warning(
            "%d groups have a mosaic of their own: the largest. %d smaller ones have none.",
            MOST, len(named) - MOST,
        )  # fmt: skip
    drawn = named[:MOST] + noise
    names = file_names([group.name for group in drawn])
    return {name: _draw_group(scene, group, size) for name, group in zip(names, drawn, strict=True)}


def _draw_group(scene: Scene, group: Group, size: int) -> Mosaic:
    part = _by_similarity(_part(scene, np.flatnonzero(scene.clusters == group.cluster)))
    aspect = float(np.median(shapes_of(part)))
    columns = int(row_lengths(len(part), 1.0, aspect).max())
    rows = -(-len(part) // columns)
    cell = min(LARGEST_CELL, largest_side(part) or LARGEST_CELL)
    width = min(size, max(columns * cell, NARROWEST))
    font = min(max(round(width * TITLE), TITLE_SIZES[0]), TITLE_SIZES[1])
    header = min(round(2.4 * font), size // 4)
    height = min(size - header, math.ceil(width / columns / min(max(aspect, 0.5), 2.0)) * rows)
    boxes = cell_boxes(np.full(rows, columns), width, height)[: len(part)]
    return Mosaic(
        width,
        height + header,
        part,
        _below(header, boxes),
        _title(group, font, header, width),
    )


def _part(scene: Scene, images: "np.ndarray[tuple[int], np.dtype[np.int64]]") -> Scene:
    chosen = images.tolist()
    return replace(
        scene,
        paths=[scene.paths[image] for image in chosen],
        coordinates=scene.coordinates[images],
        clusters=scene.clusters[images],
        thumbnails=[scene.thumbnails[image] for image in chosen],
        problems=[scene.problems[image] for image in chosen],
    )


def _by_similarity(part: Scene) -> Scene:
    """Return the images by their distance to the middle of them all, equals by path."""
    away = np.linalg.norm(part.fractions() - part.fractions().mean(axis=0), axis=1)
    return _part(part, np.lexsort((np.array(part.paths), away)))


def _below(header: int, boxes: NDArray[np.int32]) -> Tiles:
    """Return the images in reading order below the title."""
    images = np.arange(len(boxes), dtype=np.int32)
    moved = boxes + np.array([0, header, 0, header], np.int32)
    return Tiles(moved, images, 0, np.zeros((len(boxes), 3), np.uint8))


def _title(group: Group, font: int, header: int, width: int) -> tuple[Mark, ...]:
    count = quantity(group.size, "image")
    room = width - 3 * font - width_of(count, font)
    name = cut(group.name, font, room)
    after = 2 * font + width_of(name, font)
    middle = header // 2
    return Text(font, middle, font, name), Text(after, middle, font, count, MUTED)
