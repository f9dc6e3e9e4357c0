"""The nodes of the search."""

from __future__ import annotations

import logging
import time
from typing import Any

from PIL.Image import Image

from pixelmill.datasets.neighbour_index import StoredIndex
from pixelmill.errors import InputError
from pixelmill.neighbours import Index
from pixelmill.parameters import ReportingParameters, SearchParameters
from pixelmill.pipelines.search.sheet import Picture, draw_sheet, read_pictures
from pixelmill.storage import child, is_s3, local_path

logger = logging.getLogger(__name__)
PandasTable = Any  # which a signature names without loading pandas


def search_index(
    query: str | None, neighbour_index: StoredIndex, search: SearchParameters
) -> tuple[dict[str, Any], PandasTable]:
    """Finds the images of the data set that are most like one.

    Args:
        query: Path of an image of the data set, or the place of any image file.
        neighbour_index: Of the data set.
        search: How many, and whether every vector is compared.

    Returns:
        `query` (`path`, `label`, `place`; the place is null for an image of the data set),
        `images` of the index, `metric`, `exact`, `seconds` and `neighbours`; and these as a table:
        `rank` from 1, `path`, `label` or null, `distance`.

    Raises:
        InputError: Where no image is named, it cannot be used, or there is no index.
    """
    import pandas as pd

    if not query:
        raise InputError(
            "query is not set: name an image, as in "
            "kedro run --pipelines search --params dataset=pets,query=photo.jpg"
        )
    index = neighbour_index.open()
    asked = _asked(index, query)
    began = time.monotonic()
    found = index.nearest(query, search.k, exact=search.exact)
    seconds = time.monotonic() - began
    rows = [
        {"rank": rank, "path": one.path, "label": one.label, "distance": one.distance}
        for rank, one in enumerate(found, 1)
    ]
    _tell(asked, rows)
    result = {
        "query": asked,
        "images": len(index),
        "metric": index.manifest.parameters.metric,
        "exact": search.exact,
        "seconds": round(seconds, 4),
        "neighbours": rows,
    }
    return result, pd.DataFrame(rows, columns=["rank", "path", "label", "distance"])


def draw_result(
    search_result: dict[str, Any], source: dict[str, Any], reporting: ReportingParameters
) -> Image:
    """The query and its neighbours as a picture.

    Args:
        search_result: Of `search_index`.
        source: Holds `root`, which the neighbours' paths are relative to.
        reporting: The size of a thumbnail.

    Returns:
        An RGB image; a neighbour whose file is gone is a grey tile with the reason.
    """
    root, side = source["root"], reporting.thumbnail
    asked, rows = search_result["query"], search_result["neighbours"]
    places = [asked["place"] or child(root, asked["path"])]
    places += [child(root, row["path"]) for row in rows]
    captions = [("query", asked["path"], asked["label"])]
    captions += [
        (f"{row['rank']} · {row['distance']:.3f}", row["path"], row["label"]) for row in rows
    ]
    pictures = [
        Picture(heading, path, label, *content)
        for (heading, path, label), content in zip(
            captions, read_pictures(places, side), strict=True
        )
    ]
    return draw_sheet(pictures, side)


def _asked(index: Index, query: str) -> dict[str, Any]:
    own = index.find(query)
    if own is not None:
        return {"path": own[0], "label": own[1], "place": None}
    return {"path": query, "label": None, "place": query if is_s3(query) else local_path(query)}


def _tell(asked: dict[str, Any], rows: list[dict[str, Any]]) -> None:
    label = "" if asked["label"] is None else f" ({asked['label']})"
    logger.info("Most like %s%s:", asked["path"], label)
    for row in rows:
        label = "" if row["label"] is None else f"  {row['label']}"
        logger.info("  %2d  %.3f  %s%s", row["rank"], row["distance"], row["path"], label)
