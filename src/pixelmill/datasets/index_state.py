"""The state of the image index that a table was made of, in the metadata of the table."""

from pixelmill.datasets.small_tables import small_rows
from pixelmill.spark.tables import as_spark
from pixelmill.spark.types import ArrowTable, Table
from pixelmill.spark.xxhash64 import xxhash64

STATE = "image_index"  # of the metadata of the table's schema
DISABLED = "disabled"
RANGE = 2**31


def index_state(image_index: Table) -> str:
    """Return a digest of the paths, sizes and times of an index, whatever its order.

    Args:
        image_index: Columns `path`, `size`, `modified`.
    """
    rows = small_rows(image_index, ["path", "size", "modified"])
    if rows is not None:
        times = rows["modified"].cast("int64").to_pylist()
        files = zip(rows["path"].to_pylist(), rows["size"].to_pylist(), times, strict=True)
        return _state(len(rows), sum(xxhash64(*file) % RANGE for file in files))
    from pixelmill.spark import functions as sf

    digest = sf.pmod(sf.xxhash64("path", "size", "modified"), sf.lit(RANGE))
    counted = as_spark(image_index).agg(sf.count("*"), sf.coalesce(sf.sum(digest), sf.lit(0)))
    return _state(*counted.collect()[0])


def _state(images: int, digest: int) -> str:
    return f"{images} images, {digest:x}"


def table_state(near_duplicates: ArrowTable) -> str:
    """Return the state that a table of near-duplicates was made of; empty where it names none."""
    metadata = near_duplicates.schema.metadata or {}
    return str(metadata.get(STATE.encode(), b"").decode())
