"""The splits of an earlier run, which images keep."""

import logging

from pixelmill.datasets.splits_table import Splits
from pixelmill.parameters import SplittingParameters
from pixelmill.pipelines.splitting.methods import record_of
from pixelmill.spark.types import DataFrame

logger = logging.getLogger(__name__)


def earlier_splits(
    image_index: DataFrame, stored: Splits | None, splitting: SplittingParameters
) -> DataFrame:
    """The splits that images keep.

    Args:
        image_index: Image index of this run.
        stored: What an earlier run left, or None.
        splitting: The splits count where they were made with the same parameters.

    Returns:
        Columns `path` and `earlier`.
    """
    from pyspark.sql import functions as sf

    if stored is not None and stored.splitting == record_of(splitting):
        drawn = stored.table.filter("label is not null and split in ('train', 'test')")
        return drawn.select("path", sf.col("split").alias("earlier"))
    if stored is not None:
        logger.info("Splitting changed since the last run: all images are divided anew.")
    none = image_index.sparkSession.createDataFrame([], "path string, earlier string")
    return none.where("false")  # tells the optimizer that no join is needed
