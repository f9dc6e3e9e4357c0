"""Reporting nodes of the map of similar images."""

import io

from PIL.Image import Image

from pixelmill.datasets.optional_output import Omitted
from pixelmill.datasets.png_image import MADE_OF
from pixelmill.parameters import ReportingParameters
from pixelmill.pipelines.reporting import samples
from pixelmill.pipelines.reporting.map_view import group_images
from pixelmill.pipelines.reporting.samples import Sample
from pixelmill.records import MapSummary, Source
from pixelmill.storage.sealed_json import digest_of

PICTURE = 1000  # pixels of the longer side
TILE = 128  # pixels; twice the size at which the page shows an image of a group


def pick_map_samples(
    map_summary: MapSummary, source: Source, reporting: ReportingParameters
) -> list[list[Sample]]:
    """Read the images that represent each group of the map.

    Args:
        map_summary: The map's summary; empty where there is no map.
        source: Image source; the paths are relative to its `root`.
        reporting: Parameters, with the size of a thumbnail; without samples there are none.

    Returns:
        For each group that is shown, the largest first, its images.
    """
    chosen = group_images(map_summary) if reporting.samples else []
    every = [image for images in chosen for image in images]
    side = min(reporting.thumbnail, TILE)
    read = samples.with_pictures(every, source["root"], side)
    return [[next(read) for _ in images] for images in chosen]


def shrink_map_picture(map_picture: Image | Omitted, map_summary: MapSummary) -> bytes:
    """Return the picture of the map as the page carries it.

    Args:
        map_picture: A mosaic of the images; `OMITTED` if there is none.
        map_summary: The map's summary.

    Returns:
        A WebP file, RGB; empty where there is no picture, or an interrupted run left that of the
        map before.
    """
    if not isinstance(map_picture, Image):
        return b""
    shown = digest_of(map_summary)
    if map_picture.info.get(MADE_OF, shown) != shown:  # early versions name nothing
        return b""
    small = map_picture.convert("RGB")
    small.thumbnail((PICTURE, PICTURE))
    out = io.BytesIO()
    small.save(out, "WEBP", quality=75)
    return out.getvalue()
