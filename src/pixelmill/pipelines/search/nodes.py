"""The nodes of the search."""

from __future__ import annotations

import logging
import os
import time
from typing import Any

from PIL.Image import Image

from pixelmill.datasets.neighbour_index import StoredIndex
from pixelmill.errors import InputError
from pixelmill.neighbours import Index
from pixelmill.neighbours.typical import typical_distances
from pixelmill.parameters import ReportingParameters, SearchParameters
from pixelmill.pipelines.search.answer import (
    Found,
    NeighbourRow,
    Query,
    SearchResult,
    groups_of,
    nearest_pictures,
    verdict,
)
from pixelmill.pipelines.search.sheet import Picture, draw_sheet, read_pictures
from pixelmill.records import Source
from pixelmill.spark.types import ArrowTable
from pixelmill.storage import child, is_s3, local_path

logger = logging.getLogger(__name__)
PandasTable = Any  # which a signature names without loading pandas


def search_index(
    query: str | None,
    neighbour_index: StoredIndex,
    near_duplicates: ArrowTable | None,
    search: SearchParameters,
) -> tuple[SearchResult, PandasTable]:
    """Find the images of the data set that are most like one; copies of a picture are one row.

    Args:
        query: Path of an image of the data set, or the place of any image file.
        neighbour_index: Index of the data set.
        near_duplicates: Columns `path`, `group`; None if they were not searched.
        search: Parameters, with the number of neighbours and whether the search is exact.

    Returns:
        The result; and its `neighbours` as a table.

    Raises:
        InputError: If no image is named, it cannot be used, or there is no index.
    """
    if not query:
        raise InputError(
            "query is not set: name an image, as in "
            "kedro run --pipelines search --params dataset=pets,query=photo.jpg"
        )
    index = neighbour_index.open()
    asked = _asked(index, query)
    groups, own = groups_of(near_duplicates), None if asked["place"] else asked["path"]
    began = time.monotonic()
    found, copies = nearest_pictures(index, query, search.k, groups, own=own, exact=search.exact)
    seconds = time.monotonic() - began
    typical = typical_distances(index, groups)
    rows = [_row(rank, one) for rank, one in enumerate(found, 1)]
    result: SearchResult = {
        "query": {**asked, "copies": len(copies)},
        "images": len(index),
        "metric": index.manifest.parameters.metric,
        "exact": search.exact,
        "seconds": round(seconds, 4),
        "similar_within": None if typical is None else typical.similar_within,
        "verdict": verdict(asked["path"], found, typical),
        "neighbours": rows,
    }
    _log_result(result)
    return result, _table(rows)


def draw_result(
    search_result: SearchResult, source: Source, reporting: ReportingParameters
) -> Image:
    """Return the query and its neighbours as a picture.

    Args:
        search_result: Result of `search_index`.
        source: Image source; the neighbours' paths are relative to its `root`.
        reporting: The size of a thumbnail.

    Returns:
        An RGB image; a neighbour whose file is gone is a grey tile with the reason.
    """
    root, side = source["root"], reporting.thumbnail
    asked, rows = search_result["query"], search_result["neighbours"]
    places = [asked["place"] or child(root, asked["path"])]
    places += [child(root, row["path"]) for row in rows]
    captions = [("query", asked["path"], asked["label"])]
    captions += [(_heading(row), row["path"], row["label"]) for row in rows]
    pictures = [
        Picture(heading, path, label, *content)
        for (heading, path, label), content in zip(
            captions, read_pictures(places, side), strict=True
        )
    ]
    return draw_sheet(pictures, side)


def _row(rank: int, found: Found) -> NeighbourRow:
    return {
        "rank": rank,
        "path": found.path,
        "label": found.label,
        "distance": found.distance,
        "copies": len(found.copies),
    }


def _table(rows: list[NeighbourRow]) -> PandasTable:
    import pandas as pd

    return pd.DataFrame(rows, columns=["rank", "path", "label", "distance", "copies"])


def _heading(row: NeighbourRow) -> str:
    copies = f" · +{row['copies']:,}" if row["copies"] else ""
    return f"{row['rank']} · {row['distance']:.3f}{copies}"


def _asked(index: Index, query: str) -> Query:
    own = index.find(query)
    if own is not None:
        return {"path": own[0], "label": own[1], "place": None, "copies": 0}
    if is_words(query):
        raise InputError(
            f"query '{query}' is neither an image of the data set nor a file, and looks like "
            "words: there is no search by text yet; name an image, as in query=photo.jpg"
        )
    place = query if is_s3(query) else local_path(query)
    return {"path": query, "label": None, "place": place, "copies": 0}


def is_words(query: str) -> bool:
    """Return whether a query outside the data set is a text rather than a file name.

    Args:
        query: Query as the user wrote it.

    Example:
        >>> [is_words(query) for query in ("a brown dog", "un café", "photo.jpg", "IMG_0001")]
        [True, True, False, False]
    """
    if is_s3(query) or os.path.exists(local_path(query)):  # noqa: PTH110 (False for a long text)
        return False
    words = query.replace("-", " ").replace("'", " ").rstrip(".?!").replace(",", " ").split()
    return bool(words) and all(word.isalpha() or word.isdigit() for word in words)


def _log_result(result: SearchResult) -> None:
    asked = result["query"]
    copies = f"; {asked['copies']:,} copies of it are left out" if asked["copies"] else ""
    logger.info("Most like %s%s%s:", asked["path"], _labelled(" (%s)", asked["label"]), copies)
    for row in result["neighbours"]:
        more = f"  (and {row['copies']:,} copies)" if row["copies"] else ""
        label = _labelled("  %s", row["label"])
        logger.info("  %2d  %.3f  %s%s%s", row["rank"], row["distance"], row["path"], label, more)
    if result["verdict"]:
        logger.warning("%s%s.", result["verdict"][0].upper(), result["verdict"][1:])


def _labelled(form: str, label: str | None) -> str:
    return "" if label is None else form % label
