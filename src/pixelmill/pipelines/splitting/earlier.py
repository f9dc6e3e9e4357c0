"""The splits of an earlier run, which images keep."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from pixelmill.datasets.small_tables import small_rows
from pixelmill.datasets.splits_table import Splits
from pixelmill.parameters import SplittingParameters
from pixelmill.pipelines.splitting.methods import record_of
from pixelmill.spark.tables import as_spark, is_in_memory, join_by_path

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pixelmill.spark.types import Table

logger = logging.getLogger(__name__)
COLUMNS = ["path", "label", "split"]


def earlier_splits(stored: Splits | None, splitting: SplittingParameters) -> Table:
    """Return the splits that images keep, in memory where they are few.

    Args:
        stored: Splits that an earlier run left, or None.
        splitting: The splits count where they were made with the same parameters.

    Returns:
        Columns `path` and `earlier`.
    """
    if stored is not None and stored.splitting == record_of(splitting):
        return _drawn(stored.table)
    if stored is not None:
        logger.info("Splitting changed since the last run: all images are divided again.")
    import pyarrow as pa

    return pa.schema({"path": pa.string(), "earlier": pa.string()}).empty_table()


def earlier_by_path(earlier: Table, paths: Iterable[str]) -> dict[str, str]:
    """Look up the splits of some images.

    Args:
        earlier: Columns `path` and `earlier`.
        paths: Paths of the images, few enough for the driver.

    Returns:
        Splits by path; no entry if there is none.
    """
    import pyarrow as pa

    asked = pa.table({"path": pa.array(list(paths), pa.string())})
    found = join_by_path(asked, earlier, "inner")
    rows = found if is_in_memory(found) else found.toArrow()
    return dict(zip(rows["path"].to_pylist(), rows["earlier"].to_pylist(), strict=True))


def _drawn(table: Table) -> Table:
    """Return the images that were split: those with a label that are not left out."""
    import pyarrow.compute as pc

    rows = small_rows(table, COLUMNS)
    if rows is None:
        drawn = as_spark(table).filter("label is not null and split in ('train', 'test')")
        return drawn.select("path", "split").withColumnRenamed("split", "earlier")
    is_drawn = pc.field("label").is_valid() & pc.field("split").isin(["train", "test"])
    return rows.filter(is_drawn).select(["path", "split"]).rename_columns(["path", "earlier"])
