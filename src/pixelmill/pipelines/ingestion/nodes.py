"""The node of the ingestion."""

import logging
from typing import Any

from pixelmill.errors import InputError
from pixelmill.parameters import IngestionParameters
from pixelmill.pipelines.ingestion.labels import labeller
from pixelmill.sources import Listing, find_source
from pixelmill.sources.sample import NAME as SAMPLE
from pixelmill.spark.types import ArrowTable

logger = logging.getLogger(__name__)


def list_images(
    images: str | None, dataset: str, ingestion: IngestionParameters
) -> tuple[ArrowTable, dict[str, Any]]:
    """List the images, without reading them and without Spark, which may start meanwhile.

    Args:
        images: A folder, a glob, an S3 URI or a table; None is the sample of dataset 'digits'.
        dataset: Name of the data set.
        ingestion: How images and their labels are found.

    Returns:
        image_index: `path` (relative to the root), `label` (or null), `size` (bytes) and
            `modified` (UTC), sorted by path.
        source: Root, counts and what was left out, as JSON.

    Raises:
        InputError: There are no images, or they cannot be listed or labelled as asked.
    """
    given = images or _sample_of(dataset)
    label = labeller(ingestion)
    listing = find_source(given, ingestion).list_images()
    labels = label(listing)
    source = _summary(given, listing, labels)
    _log(source)
    return _table(listing, labels), source


def _sample_of(dataset: str) -> str:
    if dataset == "digits":
        return SAMPLE
    raise InputError(
        f"Dataset {dataset!r} has no images: give them with --params "
        f"dataset={dataset},images=/FOLDER (or a glob, an S3 URI, a .csv or .parquet table)."
    )


def _summary(images: str, listing: Listing, labels: list[str | None]) -> dict[str, Any]:
    return {
        "images": images,
        "root": listing.root,
        "count": len(listing.files),
        "labels": len(set(labels) - {None}),
        "unlabelled": labels.count(None),
        "skipped": listing.skipped,
        "skipped_examples": listing.skipped_examples,
    }


def _log(source: dict[str, Any]) -> None:
    logger.info(
        "%d images in %s: %d classes, %d images without a label.",
        source["count"], source["root"], source["labels"], source["unlabelled"],
    )  # fmt: skip
    skipped = [f"{count} {reason}" for reason, count in source["skipped"].items() if count]
    if skipped:
        examples = ", ".join(map(repr, source["skipped_examples"][:3]))
        logger.info("Left out: %s; for example %s.", ", ".join(skipped), examples)


def _table(listing: Listing, labels: list[str | None]) -> ArrowTable:
    import pyarrow as pa

    return pa.table(
        {
            "path": pa.array([file.path for file in listing.files], pa.string()),
            "label": pa.array(labels, pa.string()),
            "size": pa.array([file.size for file in listing.files], pa.int64()),
            "modified": pa.array(
                [file.modified for file in listing.files], pa.timestamp("us", tz="UTC")
            ),
        }
    )
