"""The node of the splitting pipeline."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Mapping
from typing import TYPE_CHECKING

from pixelmill.datasets.small_tables import small_rows
from pixelmill.datasets.splits_table import LEFT_OUT, Splits
from pixelmill.pages.formatting import quantity
from pixelmill.parameters import IngestionParameters, SplittingParameters
from pixelmill.pipelines.splitting.copies import find_copies
from pixelmill.pipelines.splitting.earlier import earlier_splits
from pixelmill.pipelines.splitting.exclusion import check_excluded, excluded_names
from pixelmill.pipelines.splitting.methods import METHODS, record_of
from pixelmill.pipelines.splitting.review import overview, refuse, warnings
from pixelmill.records import Source
from pixelmill.sources import find_source
from pixelmill.spark.tables import append_rows, as_spark, count_by, is_in_memory, join_by_path
from pixelmill.spark.types import ArrowTable, DataFrame

if TYPE_CHECKING:
    from pixelmill.spark.types import Table

logger = logging.getLogger(__name__)


def split_images(
    image_index: DataFrame,
    source: Source,
    ingestion: IngestionParameters,
    splitting: SplittingParameters,
    near_duplicates: ArrowTable | None = None,
    stored_splits: Splits | None = None,
    collected: DataFrame | None = None,
) -> Splits:
    """Divide the images into 'train' and 'test'; images without a label are 'test'.

    An image that an earlier run with the same parameters gave a split keeps it, whatever its
    label is now, and new ones are divided so that each class has its share. An image that left
    the index is forgotten; one that had no label, or was left out, is new.

    Where near-duplicates are left out, the split of the copies is 'left_out', and of every group
    one image is divided like all others.

    Args:
        image_index: Columns `path` and `label` (or null).
        source: Image source: `images` as the user gave it.
        ingestion: How the source is read (method: column).
        splitting: Method and its parameters.
        near_duplicates: The table of that name; None if they were not searched.
        stored_splits: What an earlier run left, or None.
        collected: What came of a list of URLs; None where the images are no list.

    Returns: `path`, `label`, `split`, and the parameters that made them.

    Raises:
        InputError: The method does not fit the images, or copies were not looked for.
    """
    earlier, copies = earlier_splits(stored_splits, splitting), None
    if splitting.near_duplicates == "leave_out":
        found = find_copies(image_index, near_duplicates, earlier)
        logger.info("%d near-duplicates are in neither of them.", len(found))
        copies = _by_path("split", dict.fromkeys(found, LEFT_OUT))
    declared = _declared(source, ingestion, splitting, collected)
    return _split(image_index, splitting, earlier, declared, copies)


def split_usable_images(
    image_index: DataFrame,
    source: Source,
    ingestion: IngestionParameters,
    splitting: SplittingParameters,
    stored_splits: Splits | None,
    collected: DataFrame | None,
    excluded_images: ArrowTable | None,
) -> Splits:
    """Divide the images as `split_images` does, without those that `ingestion.exclude` names.

    The split of an image that is left out for a finding names it, as 'left_out: blank'.

    Args:
        image_index: Columns `path` and `label` (or null).
        source: Image source.
        ingestion: Parameters, with the findings to exclude.
        splitting: Method and its parameters.
        stored_splits: What an earlier run left, or None.
        collected: What came of a list of URLs; None where the images are no list.
        excluded_images: Columns `path` and `kind`: what is left out for a finding.

    Returns: `path`, `label`, `split`, and the parameters that made them.

    Raises:
        InputError: The method does not fit the images, or these were not chosen.
    """
    excluded = check_excluded(excluded_images, image_index, excluded_names(ingestion, splitting))
    counts = Counter(excluded["kind"].to_pylist())
    listed = ", ".join(f"{count:,} {kind}" for kind, count in counts.items())
    logger.info("Left out of the splits: %s (ingestion.exclude).", listed or "nothing")
    kinds = zip(excluded["path"].to_pylist(), excluded["kind"].to_pylist(), strict=True)
    left_out = _by_path("split", {path: f"{LEFT_OUT}: {kind}" for path, kind in kinds})
    earlier = earlier_splits(stored_splits, splitting)
    declared = _declared(source, ingestion, splitting, collected)
    return _split(image_index, splitting, earlier, declared, left_out)


def _split(
    image_index: DataFrame,
    splitting: SplittingParameters,
    earlier: Table,
    declared: dict[str, str | None] | None,
    left_out: ArrowTable | None,
) -> Splits:
    """Divide the images but for those of `left_out` (`path`, `split`), which keep that split."""
    every = small_rows(image_index, ["path", "label"])
    every = as_spark(image_index).select("path", "label") if every is None else every
    images = every if left_out is None else join_by_path(every, left_out, "left_anti")
    if declared is not None:
        images = join_by_path(images, _by_path("declared", declared))
    splits = _divided(join_by_path(images, earlier), splitting)
    _review(splits, splitting)
    if left_out is not None:
        splits = append_rows(splits, join_by_path(every, left_out, "inner"))
    return Splits(splits, record_of(splitting))


def _divided(images: Table, splitting: SplittingParameters) -> Table:
    """Return columns `path`, `label`, `split`; in memory sorted by path."""
    divided = METHODS[splitting.method](images, splitting).select(["path", "label", "split"])
    if is_in_memory(divided):
        import pyarrow.compute as pc

        split = pc.if_else(pc.is_null(divided["label"]), "test", divided["split"])
        return divided.set_column(2, "split", split).sort_by("path")
    from pixelmill.spark import functions as sf

    split = sf.when(sf.col("label").isNull(), "test").otherwise(sf.col("split"))
    return divided.withColumn("split", split)


def _declared(
    source: Source,
    ingestion: IngestionParameters,
    splitting: SplittingParameters,
    collected: DataFrame | None,
) -> dict[str, str | None] | None:
    """Return the splits that the list of paths or URLs declares, by image path.

    None for another method than column.
    """
    if splitting.method != "column":
        return None
    name = str(splitting.column)
    if "columns" in source and collected is not None:
        from pixelmill.collection.index import column_of

        return column_of(collected, source, name)
    return find_source(source["images"], ingestion).column(name)


def _by_path(name: str, values: Mapping[str, str | None]) -> ArrowTable:
    """Return a table with the column `path` and a column of strings."""
    import pyarrow as pa

    columns = {"path": list(values), name: list(values.values())}
    return pa.table(columns, schema=pa.schema({"path": pa.string(), name: pa.string()}))


def _review(splits: Table, splitting: SplittingParameters) -> None:
    found = overview(count_by(splits, ["label", "split"]))
    refuse(found, splitting)
    logger.info(
        "%s for training, %d to test.", quantity(found.train, "image"), found.images - found.train
    )
    for warning in warnings(found, splitting):
        logger.warning(warning)
