"""The node of the ingestion, which the prediction uses too."""

import logging

from pixelmill.errors import InputError
from pixelmill.ingestion.labels import labeller
from pixelmill.pages.formatting import quantity
from pixelmill.parameters import IngestionParameters
from pixelmill.records import Collection, Source
from pixelmill.sources import Index, find_source
from pixelmill.sources.exclusion import EXCLUDED
from pixelmill.sources.sample import NAME as SAMPLE
from pixelmill.spark.types import ArrowTable, DataFrame

logger = logging.getLogger(__name__)


def list_images(
    images: str | None,
    dataset: str,
    ingestion: IngestionParameters,
    collection: Collection | None = None,
    collected: DataFrame | None = None,
) -> tuple[ArrowTable | DataFrame, Source]:
    """List the images without reading them, and without Spark, which may start meanwhile.

    Only an S3 Inventory and what was collected of a long list of URLs are read by Spark, because
    their rows need not fit into memory.

    Args:
        images: A folder, a glob, an S3 URI, a table of paths or URLs, or an S3 Inventory; None is
            the sample of dataset 'digits'.
        dataset: Name of the data set.
        ingestion: Ingestion parameters.
        collection: What the collection says of `images`; `urls` is 0 where it is no list of URLs.
        collected: What came of the URLs; None where it is no list of URLs.

    Returns:
        image_index: `path` (relative to the root), `label` (or null), `size` (bytes) and
            `modified` (UTC), sorted by path unless Spark reads it.
        source: Root, counts and what was left out, as JSON.

    Raises:
        InputError: There are no images, or they cannot be listed or labelled as asked.
    """
    given = images or _sample_of(dataset)
    label = labeller(ingestion)
    if collection and collection["urls"]:
        index, source = _of_urls(given, ingestion, collection, collected)
    else:
        listed = find_source(given, ingestion).list_images()
        index = listed.index(label)
        source = _summary(given, listed.root, index)
    _log(source)
    _warn(source, ingestion)
    return index.table, source


def _of_urls(
    images: str, ingestion: IngestionParameters, facts: Collection, collected: DataFrame | None
) -> tuple[Index, Source]:
    """Return the index of the collected images, and the source with the list's column names."""
    from pixelmill.collection.index import index_of

    if collected is None or facts["images"] != images:
        raise InputError(
            f"the images of {images} are not collected: run `kedro run --pipelines collection` "
            "with the same parameters first"
        )
    index = index_of(collected, facts, labeller(ingestion), ingestion.column)
    return index, {**_summary(images, facts["root"], index), "columns": facts["columns"]}


def _sample_of(dataset: str) -> str:
    if dataset == "digits":
        return SAMPLE
    raise InputError(
        f"Dataset {dataset!r} has no images: give them with --params "
        f"dataset={dataset},images=/FOLDER (or a glob, an S3 URI, a .csv, .xlsx, .parquet or .txt "
        "table of paths or URLs, the manifest.json of an S3 Inventory)."
    )


def _summary(images: str, root: str, index: Index) -> Source:
    return {
        "images": images,
        "root": root,
        "count": index.count,
        "labels": index.labels,
        "unlabelled": index.unlabelled,
        "skipped": index.skipped,
        "skipped_examples": index.skipped_examples,
        "contradictions": index.contradictions,
    }


def _log(source: Source) -> None:
    logger.info(
        "%s in %s: %s, %s without a label.",
        quantity(source["count"], "image"), source["root"],
        quantity(source["labels"], "class", "classes"), quantity(source["unlabelled"], "image"),
    )  # fmt: skip
    skipped = [f"{count} {reason}" for reason, count in source["skipped"].items() if count]
    if skipped:
        examples = ", ".join(map(repr, source["skipped_examples"][:3]))
        shown = f"; for example {examples}" if examples else ""
        logger.info("Left out: %s%s.", ", ".join(skipped), shown)
    if several := source["contradictions"]:
        path, labels = next(iter(several.items()))
        logger.warning(
            "%s with several labels in %s, of which the first counts: for example %s (%s); "
            "source.json and the report list them.",
            quantity(len(several), "image"), source["images"], path, ", ".join(labels),
        )  # fmt: skip


def _warn(source: Source, ingestion: IngestionParameters) -> None:
    """Warn of a parameter without effect."""
    if ingestion.label == "pattern" and not source["labels"]:
        logger.warning(
            "ingestion.pattern %r matches none of the %d images, so none of them has a label: it "
            "is searched in the file name and, where it has a slash, in the path below %s.",
            ingestion.pattern, source["unlabelled"], source["root"],
        )  # fmt: skip
    if ingestion.excluded_globs and not source["skipped"].get(EXCLUDED):
        logger.warning(
            "ingestion.exclude leaves nothing out: %s matches no file or folder below %s.",
            ", ".join(map(repr, ingestion.excluded_globs)), source["root"],
        )  # fmt: skip
