"""Of which images the near-duplicates were found: a table of others would leave copies in."""

from pixelmill.spark.types import ArrowTable, DataFrame

STATE = "image_index"  # of the metadata of the table's schema
DISABLED = "disabled"


def index_state(image_index: DataFrame) -> str:
    """A name for the paths, sizes and times of an index, whatever its order.

    Args:
        image_index: Columns `path`, `size`, `modified`.
    """
    from pyspark.sql import functions as sf

    digest = sf.pmod(sf.xxhash64("path", "size", "modified"), sf.lit(2**31))
    row = image_index.agg(sf.count("*"), sf.coalesce(sf.sum(digest), sf.lit(0))).collect()[0]
    return f"{row[0]} images, {row[1]:x}"


def table_state(near_duplicates: ArrowTable) -> str:
    """The state that a table of near-duplicates was made of; empty where it names none."""
    metadata = near_duplicates.schema.metadata or {}
    return str(metadata.get(STATE.encode(), b"").decode())
