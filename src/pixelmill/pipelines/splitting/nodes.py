"""The node of the splitting pipeline."""

import logging
from typing import Any

from pixelmill.parameters import IngestionParameters, SplittingParameters
from pixelmill.pipelines.splitting.copies import LEFT_OUT, find_copies
from pixelmill.pipelines.splitting.methods import METHODS
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
) -> DataFrame:
    """Divides the images into 'train' and 'test'; images without a label are 'test'.

    Where near-duplicates are left out, the split of the copies is 'left_out', and of every group
    one image is divided like all others.

    Args:
        image_index: Columns `path` and `label` (or null).
        source: Where the index comes from: `images` as the user gave it.
        ingestion: How the source is read (method: column).
        splitting: Method and its parameters.
        near_duplicates: The table of that name; None where nobody looked for them.

    Returns:
        `path`, `label`, `split`.

    Raises:
        InputError: Where the method does not fit the images, or copies are to be left out and
            nobody looked for them among these images.
    """
    from pyspark.sql import functions as sf

    images = image_index.select("path", "label")
    copies = None
    if splitting.near_duplicates == "leave_out":
        copies = find_copies(image_index, near_duplicates)
        images = images.join(copies, "path", "left_anti")
    if splitting.method == "column":
        values = find_source(source["images"], ingestion).column(str(splitting.column))
        images = _with_declared(images, values)
    divided = METHODS[splitting.method](images, splitting)
    split = sf.when(sf.col("label").isNull(), "test").otherwise(sf.col("split"))
    splits = divided.select("path", "label", split.alias("split"))
    _review(splits, splitting)
    if copies is None:
        return splits
    logger.info("%d near-duplicates are in neither of them.", copies.count())
    left_out = image_index.join(copies, "path", "left_semi")
    return splits.union(left_out.select("path", "label", sf.lit(LEFT_OUT)))


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
