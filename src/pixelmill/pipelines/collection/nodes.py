"""The nodes of the collection."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from urllib.request import getproxies

from pixelmill.collection.run import collect, join
from pixelmill.collection.summary import (
    contradictions_of,
    nothing_came,
    summary,
    totals_of,
)
from pixelmill.collection.url_lists import DUPLICATE, find_urls
from pixelmill.datasets.url_list import StoredList, UrlListing
from pixelmill.errors import InputError
from pixelmill.galleries import Access, collect_gallery, find_collector
from pixelmill.parameters import CollectionParameters, IngestionParameters
from pixelmill.records import Collection
from pixelmill.spark.types import ArrowTable, DataFrame
from pixelmill.storage import open_storage

logger = logging.getLogger(__name__)


def list_urls(
    images: str | None, collection: CollectionParameters, ingestion: IngestionParameters
) -> UrlListing:
    """Return the list of URLs that `images` names, if any; its rows are read as they are saved.

    The list of a gallery is made first.

    Args:
        images: A folder, a glob, an S3 URI, a table of paths or URLs, a gallery; None is the
            sample.
        collection: Collection parameters; how galleries are found and reached.
        ingestion: Ingestion parameters; how a table is read.

    Returns: The list, of no rows where `images` is something else.

    Raises:
        InputError: The table cannot be read, or nothing can be found in the gallery.
    """
    found = find_urls(_gallery_list(images, collection, ingestion) or images, ingestion)
    if found is None:
        return UrlListing((), lambda: {"images": images, "is_list": False})
    return UrlListing(found.batches(), lambda: {"is_list": True, **found.facts(), "images": images})


def list_unlabelled_urls(
    images: str | None, collection: CollectionParameters, ingestion: IngestionParameters
) -> UrlListing:
    """Return what `list_urls` does, of images that need no labels.

    Args:
        images: As `list_urls` takes it.
        collection: The same.
        ingestion: The same; its labels do not count.
    """
    return list_urls(images, collection, ingestion.without_labels())


def _gallery_list(
    images: str | None, collection: CollectionParameters, ingestion: IngestionParameters
) -> str | None:
    """Return the list of a gallery's images; None where `images` is no gallery."""
    collector = find_collector(images, collection.gallery)
    if collector is None:
        return None
    parameters = ingestion.downloads.applied_to(collection)
    access = Access(
        parameters.browser, parameters.private_addresses, parameters.proxy, parameters.opt_outs
    )
    storage = open_storage(parameters.gallery_folder)
    if collector.has_labels and ingestion.label not in ("column", "none"):
        logger.warning(
            "ingestion.label is %s: the labels of the gallery are taken with "
            "ingestion.label=column,ingestion.column=label.", ingestion.label,
        )  # fmt: skip
    return collect_gallery(collector, storage, access, parameters.refresh).place


def download_images(
    url_list: StoredList,
    stored_downloads: DataFrame | None,
    collection: CollectionParameters,
    ingestion: IngestionParameters,
) -> Iterator[DataFrame | ArrowTable]:
    """Download what is missing, one chunk after another; Kedro saves each before the next begins.

    Args:
        url_list: The list; if `images` is no list, nothing is done.
        stored_downloads: The table `downloads` so far; None before the first run.
        collection: Download parameters.
        ingestion: Parameters; uses `downloads`, the earlier names of the same parameters.

    Yields:
        Rows of the table `downloads`.

    Raises:
        InputError: There are no URLs, or no host can be reached.
    """
    if not url_list.facts["is_list"]:
        return
    parameters = ingestion.downloads.applied_to(collection)
    if not url_list.facts["rows"]:
        left = (f"{count} {why}" for why, count in url_list.facts["skipped"].items() if count)
        raise InputError(f"No URL of {url_list.facts['images']} is left: {', '.join(left)}.")
    _warn_of_proxies(parameters)
    yield from collect(url_list, stored_downloads, parameters)


def _warn_of_proxies(parameters: CollectionParameters) -> None:
    if parameters.proxy is None and {"http", "https"} & getproxies().keys():
        logger.warning(
            "The environment names a proxy, which downloads do not use: set collection.proxy if "
            "they have to."
        )


def join_collected(
    url_list: StoredList,
    downloads: DataFrame | None,
    collection: CollectionParameters,
    ingestion: IngestionParameters,
) -> DataFrame | ArrowTable:
    """Join the result of each URL with the list's own columns.

    Args:
        url_list: The list.
        downloads: The table `downloads`.
        collection: Parameters; uses `folder`.
        ingestion: Parameters; uses `downloads`, the earlier names of the same parameters.

    Returns: The table `collected`, one row for each URL of the list; a table without columns where
        `images` is no list.
    """
    if downloads is None or not url_list.facts["is_list"]:
        import pyarrow as pa

        return pa.table({})
    columns = list(url_list.facts["columns"].values())
    return join(url_list, downloads, columns, ingestion.downloads.applied_to(collection).folder)


def sum_up_collection(
    url_list: StoredList,
    collected: DataFrame | None,
    collection: CollectionParameters,
    ingestion: IngestionParameters,
) -> Collection:
    """Count what came, and say it.

    Args:
        url_list: The list.
        collected: The table `collected`.
        collection: Parameters; uses `folder`.
        ingestion: Parameters; uses `label` and `column`, whose contradictions are looked for.

    Returns: The summary; `urls` is 0 where `images` is no list.

    Raises:
        InputError: Nothing could be downloaded.
    """
    facts = url_list.facts
    if collected is None:
        return {"images": facts["images"], "urls": 0}
    totals = totals_of(collected)
    skipped = {DUPLICATE: facts["rows"] - totals.urls, **facts["skipped"]}
    folder = open_storage(ingestion.downloads.applied_to(collection).folder).root
    several = contradictions_of(url_list.rows(), facts, ingestion)
    if not totals.ok:
        raise nothing_came(totals, facts["images"])
    logger.info("%s", summary(totals))
    return {
        "images": facts["images"],
        "rows": facts["rows"],
        "columns": facts["columns"],
        "skipped": skipped,
        "skipped_examples": facts["skipped_examples"],
        "urls": totals.urls,
        "ok": totals.ok,
        "failed": totals.failed,
        "bytes": totals.bytes,
        "reasons": dict(totals.most_frequent),
        "root": folder,
        "contradictions": several,
    }


def sum_up_unlabelled(
    url_list: StoredList,
    collected: DataFrame | None,
    collection: CollectionParameters,
    ingestion: IngestionParameters,
) -> Collection:
    """Return what `sum_up_collection` does, of images that need no labels.

    Args:
        url_list: The list.
        collected: The table `collected`.
        collection: Parameters; uses `folder`.
        ingestion: Parameters; uses `downloads`.
    """
    return sum_up_collection(url_list, collected, collection, ingestion.without_labels())
