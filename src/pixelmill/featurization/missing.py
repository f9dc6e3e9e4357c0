"""The images that lack features: the index minus the valid rows."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import partial, reduce
from typing import TYPE_CHECKING

from pixelmill.datasets.feature_folders import StoredFeatures
from pixelmill.datasets.small_tables import is_empty, small_rows
from pixelmill.errors import UNREADABLE
from pixelmill.featurization.parts import Part
from pixelmill.featurizers import Description, decoder_state
from pixelmill.parameters import FeaturizationParameters
from pixelmill.spark.tables import (
    add_columns,
    as_spark,
    is_in_memory,
    join_by_path,
    largest_by_path,
    rows_where,
)
from pixelmill.spark.types import ArrowTable, DataFrame, Table
from pixelmill.tables import STALE, arrow_schema

if TYPE_CHECKING:
    import pyarrow as pa
    from pyspark.sql import DataFrame as SparkTable

    from pixelmill.spark.tables import Batch


def compare_with_index(
    featurizer: Description,
    image_index: DataFrame,
    stored_features: DataFrame,
) -> tuple[Table, Table]:
    """Find the images without a valid row, and the rows without a valid image.

    Args:
        featurizer: Description of the current featurizer; the limits are read from its
            `parameters`.
        image_index: Columns `path`, `size`, `modified`.
        stored_features: The table `features` so far.

    Returns:
        Images to do (`path`, `size`, `modified`) and rows to take out (`path`).
    """
    parameters = FeaturizationParameters.model_validate(featurizer["parameters"])
    return find_missing(image_index, stored_features, parameters)


def find_missing(
    image_index: DataFrame, stored_features: DataFrame, parameters: FeaturizationParameters
) -> tuple[Table, Table]:
    """Compare the rows of one featurizer with the index.

    A row is valid when it is the only one of its path, has the size and the time of the index,
    and its error, if it has one, would come again: it was found by the same decoder under the same
    limits, and is not about reading the file.

    Args:
        image_index: Columns `path`, `size`, `modified`.
        stored_features: The featurizer's rows so far.
        parameters: The limits of this run.

    Returns:
        Images to do (`path`, `size`, `modified`) and rows to take out (`path`).
    """
    columns = ["path", "size", "modified"]
    images = small_rows(image_index, columns)
    if is_empty(stored_features):  # a first run waits for no join, nor for Spark to write no rows
        return image_index.select(*columns) if images is None else images, _no_paths()
    stored = small_rows(stored_features, [*columns, "error", "decoder"])
    if images is None or stored is None:
        images, stored = as_spark(image_index).select(*columns), as_spark(stored_features)
    both = _versions(images, stored)
    rule = partial(_invalid, decoder_state(parameters))
    judged = add_columns(both, "missing boolean, stale boolean", rule)
    missing, stale = (rows_where(judged, column) for column in ("missing", "stale"))
    return _in_order(missing.select(columns)), _in_order(stale.select(["path"]))


def compare_parts(
    parts: Sequence[Part], image_index: DataFrame, stored_features: StoredFeatures
) -> tuple[DataFrame, DataFrame]:
    """Find the images that each featurizer lacks.

    Args:
        parts: The featurizers, at least one.
        image_index: Columns `path`, `size`, `modified`.
        stored_features: Features of earlier runs.

    Returns:
        Images to do (`path`, `size`, `modified`) and rows to take out (`path`), each with the
        fingerprint of the `featurizer`.
    """
    both = [
        _marked(
            one, *find_missing(image_index, stored_features.of(one.fingerprint), one.parameters)
        )
        for one in parts
    ]
    missing, stale = zip(*both, strict=True)
    return _all(missing), _all(stale)


def _no_paths() -> ArrowTable:
    return arrow_schema(STALE).empty_table()


def _versions(images: Table, stored: Table) -> Table:
    """Return a row for each path: its file in the index, and its stored row.

    Args:
        images: Columns `path`, `size`, `modified`.
        stored: The same, `error` and `decoder`.

    Returns:
        `path`, `size`, `modified`, `listed` (null where the index lacks the path); `rows` (null
        where nothing is stored), `stored_size`, `stored_modified`, `error`, `decoder`.
    """
    largest = largest_by_path(stored, ["size", "modified", "error", "decoder"])
    names = ["path", "rows", "stored_size", "stored_modified", "error", "decoder"]
    if is_in_memory(images) and is_in_memory(largest):
        import pyarrow as pa

        listed = images.append_column("listed", pa.repeat(True, len(images)))
        return join_by_path(listed, largest.rename_columns(names), "full_outer")
    from pixelmill.spark import functions as sf

    listed = images.withColumn("listed", sf.lit(True))
    return join_by_path(listed, as_spark(largest).toDF(*names), "full_outer")


def _invalid(decoder: str, both: Batch) -> dict[str, pa.Array]:
    """Return which images lack a valid row, and which rows a valid image.

    Args:
        decoder: State of the decoder of this run.
        both: Columns of `_versions`.

    Returns:
        `missing` and `stale`.
    """
    import pyarrow.compute as pc

    error = both["error"]
    same_decoder = pc.fill_null(pc.equal(both["decoder"], decoder), False)
    readable = pc.invert(pc.fill_null(pc.starts_with(error, UNREADABLE), False))
    final = pc.or_(pc.is_null(error), pc.and_(readable, same_decoder))
    alone = pc.fill_null(pc.equal(both["rows"], 1), False)
    same = pc.and_(_are_equal(both, "size"), _are_equal(both, "modified"))
    invalid = pc.invert(pc.and_(pc.and_(alone, same), final))
    return {
        "missing": pc.and_(pc.is_valid(both["listed"]), invalid),
        "stale": pc.and_(pc.is_valid(both["rows"]), invalid),
    }


def _are_equal(both: Batch, name: str) -> pa.Array:
    """Return whether the index and the stored row have the same value; two nulls are equal."""
    import pyarrow.compute as pc

    now, then = both[name], both[f"stored_{name}"]
    unknown = pc.and_(pc.is_null(now), pc.is_null(then))
    return pc.or_(pc.fill_null(pc.equal(now, then), False), unknown)


def _in_order(table: Table) -> Table:
    return table.sort_by("path") if is_in_memory(table) else table


def _marked(part: Part, missing: Table, stale: Table) -> tuple[DataFrame, DataFrame]:
    from pixelmill.spark import functions as sf

    mark = sf.lit(part.fingerprint).alias("featurizer")
    return as_spark(missing).select("*", mark), as_spark(stale).select("path", mark)


def _all(tables: Iterable[SparkTable]) -> SparkTable:
    return reduce(lambda above, below: above.union(below), tables)
