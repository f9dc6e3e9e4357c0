"""The node of the splitting pipeline."""

import logging
from typing import Any

from pixelmill.datasets.splits_table import Splits
from pixelmill.parameters import IngestionParameters, SplittingParameters
from pixelmill.pipelines.splitting.copies import LEFT_OUT, find_copies
from pixelmill.pipelines.splitting.methods import METHODS, record_of
from pixelmill.pipelines.splitting.review import overview, refuse, warnings
from pixelmill.sources import find_source
from pixelmill.spark.types import ArrowTable, DataFrame

logger = logging.getLogger(__name__)


def split_images(
    image_index: DataFrame,
    source: dict[str, Any],
    ingestion: IngestionParameters,
    splitting: SplittingParameters,
    near_duplicates: ArrowTable | None = None,
    stored_splits: Splits | None = None,
    collected: DataFrame | None = None,
) -> Splits:
    """Divides the images into 'train' and 'test'; images without a label are 'test'.

    An image that an earlier run with the same parameters gave a split keeps it, whatever its
    label is now, and new ones are divided so that each class has its share. An image that left
    the index is forgotten; one that had no label, or was left out, is new.

    Where near-duplicates are left out, the split of the copies is 'left_out', and of every group
    one image is divided like all others.

    Args:
        image_index: Columns `path` and `label` (or null).
        source: Where the index comes from: `images` as the user gave it.
        ingestion: How the source is read (method: column).
        splitting: Method and its parameters.
        near_duplicates: The table of that name; None where nobody looked for them.
        stored_splits: What an earlier run left, or None.
        collected: What came of a list of URLs; None where the images are no list.

    Returns: `path`, `label`, `split`, and the parameters that made them.

    Raises:
        InputError: The method does not fit the images, or copies were not looked for.
    """
    from pyspark.sql import functions as sf

    earlier = _earlier(image_index, stored_splits, splitting)
    images = image_index.select("path", "label")
    copies = None
    if splitting.near_duplicates == "leave_out":
        copies = find_copies(image_index, near_duplicates, earlier)
        images = images.join(copies, "path", "left_anti")
    if splitting.method == "column":
        values = _column(source, ingestion, str(splitting.column), collected)
        images = _with_declared(images, values)
    splits = _divided(images.join(earlier, "path", "left"), splitting)
    _review(splits, splitting)
    if copies is not None:
        logger.info("%d near-duplicates are in neither of them.", copies.count())
        left_out = image_index.join(copies, "path", "left_semi")
        splits = splits.union(left_out.select("path", "label", sf.lit(LEFT_OUT)))
    return Splits(splits, record_of(splitting))


def _divided(images: DataFrame, splitting: SplittingParameters) -> DataFrame:
    from pyspark.sql import functions as sf

    divided = METHODS[splitting.method](images, splitting)
    split = sf.when(sf.col("label").isNull(), "test").otherwise(sf.col("split"))
    return divided.select("path", "label", split.alias("split"))


def _earlier(
    image_index: DataFrame, stored: Splits | None, splitting: SplittingParameters
) -> DataFrame:
    """The splits that images keep: columns `path` and `earlier`."""
    from pyspark.sql import functions as sf

    if stored is not None and stored.splitting == record_of(splitting):
        drawn = stored.table.filter("label is not null and split in ('train', 'test')")
        return drawn.select("path", sf.col("split").alias("earlier"))
    if stored is not None:
        logger.info("Splitting changed since the last run: all images are divided anew.")
    none = image_index.sparkSession.createDataFrame([], "path string, earlier string")
    return none.where("false")  # tells the optimizer that no join is needed


def _column(
    source: dict[str, Any], ingestion: IngestionParameters, name: str, collected: DataFrame | None
) -> dict[str, str | None]:
    """A column of the list of images, of paths or of URLs, by the paths of the images."""
    if "columns" in source and collected is not None:
        from pixelmill.collection.index import column_of

        return column_of(collected, source, name)
    return find_source(source["images"], ingestion).column(name)


def _with_declared(images: DataFrame, values: dict[str, str | None]) -> DataFrame:
    """Adds what the table says of each image as the column `declared`."""
    import pyarrow as pa

    table = pa.table(
        {
            "path": pa.array(list(values), pa.string()),
            "declared": pa.array(list(values.values()), pa.string()),
        }
    )
    return images.join(images.sparkSession.createDataFrame(table), "path", "left")


def _review(splits: DataFrame, splitting: SplittingParameters) -> None:
    found = overview(splits)
    refuse(found, splitting)
    logger.info("%d images for training, %d to test.", found.train, found.images - found.train)
    for warning in warnings(found, splitting):
        logger.warning(warning)
