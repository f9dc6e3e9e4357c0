"""The nodes of the featurization: index minus done is what is left to do."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import TYPE_CHECKING, Any

from pixelmill.datasets.feature_table import FeatureUpdate
from pixelmill.datasets.small_tables import count_rows, is_empty, small_rows
from pixelmill.errors import UNREADABLE
from pixelmill.featurizers import (
    Description,
    Featurizer,
    decoder_state,
    find_featurizer,
    fingerprint,
)
from pixelmill.featurizers.contracts import LIMITS
from pixelmill.parameters import FeaturizationParameters
from pixelmill.pipelines.featurization.run import FeaturizationRun
from pixelmill.profiling.profile import Profile, run_profile, with_earlier
from pixelmill.spark.tables import (
    add_columns,
    as_spark,
    is_in_memory,
    join_by_path,
    largest_by_path,
    rows_where,
)
from pixelmill.spark.types import ArrowTable, DataFrame, Table

if TYPE_CHECKING:
    import pyarrow as pa

    from pixelmill.spark.tables import Batch

# With these a classifier opens the same featurizer again.
REOPENING = {"featurizer", "layer", "pooling", "weights", "engine", "precision", *LIMITS}


def describe_featurizer(featurization: FeaturizationParameters) -> Description:
    """What changes the numbers of a feature, and its hash.

    The network is also built, where no earlier run left it in the cache: weights that do not fit
    are told before any work, and Spark starts meanwhile.

    Args:
        featurization: Network, layer, pooling, weights, engine and precision.

    Returns:
        The featurizer's description with its `fingerprint`, and the `parameters` that made it.

    Raises:
        InputError: For an unknown network or layer, or weights that are not there or do not fit.
    """
    featurizer = find_featurizer(featurization)
    description = described(featurizer, featurization)
    featurizer.prepare()
    return description


def described(featurizer: Featurizer, featurization: FeaturizationParameters) -> Description:
    """The same of a featurizer that was found already; nothing is built.

    Args:
        featurizer: Made by these parameters.
        featurization: Network, layer, pooling, weights, engine and precision.
    """
    description = featurizer.describe()
    used = featurization.model_dump(include=REOPENING)
    used["precision"] = description.get("precision", featurization.precision)
    return {"fingerprint": fingerprint(description), **description, "parameters": used}


def compare_with_index(
    featurizer: Description,
    image_index: DataFrame,
    stored_features: DataFrame,
) -> tuple[Table, Table]:
    """Finds the images without a valid row, and the rows without a valid image.

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
    """Compares the rows of one featurizer with the index.

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


def _no_paths() -> ArrowTable:
    import pyarrow as pa

    return pa.table({"path": pa.array([], pa.string())})


def _versions(images: Table, stored: Table) -> Table:
    """A row for each path: its file in the index, and what is stored of it.

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
    from pyspark.sql import functions as sf

    listed = images.withColumn("listed", sf.lit(True))
    return join_by_path(listed, as_spark(largest).toDF(*names), "full_outer")


def _invalid(decoder: str, both: Batch) -> dict[str, pa.Array]:
    """Which images lack a valid row, and which rows a valid image.

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
    """Whether the file in the index is as it is stored; two nulls are equal."""
    import pyarrow.compute as pc

    now, then = both[name], both[f"stored_{name}"]
    unknown = pc.and_(pc.is_null(now), pc.is_null(then))
    return pc.or_(pc.fill_null(pc.equal(now, then), False), unknown)


def _in_order(table: Table) -> Table:
    return table.sort_by("path") if is_in_memory(table) else table


def featurize_images(
    missing_images: Table,
    stale_features: Table,
    source: dict[str, Any],
    featurizer: Description,
    featurization: FeaturizationParameters,
    previous_profile: Profile | None = None,
) -> Iterator[tuple[FeatureUpdate, Profile]]:
    """Computes what is missing, one chunk after another; Kedro saves each before the next begins.

    Args:
        missing_images: Images to do, columns `path`, `size`, `modified`.
        stale_features: Rows to take out, column `path`.
        source: Image source: `root`, which the paths are relative to, and `count`.
        featurizer: Description with `fingerprint`.
        featurization: The network, and how the work is divided.
        previous_profile: Profile of the run before; empty or None for none.

    Yields:
        A step for the table `features`, and the profile of the run so far; where an earlier run
        measured more, its `last` is the profile of that.
    """
    mark = featurizer["fingerprint"]
    total, images = count_rows(missing_images), source["count"]
    keep = partial(with_earlier, previous=previous_profile or {})
    profile = keep(run_profile(None, featurizer, already_done=images - total))
    if not is_empty(stale_features):
        yield FeatureUpdate(mark, remove=as_spark(stale_features)), profile
    if total:
        todo = as_spark(missing_images)
        run = FeaturizationRun(todo, total, source["root"], featurizer, featurization)
        for chunk in run.chunks():
            yield FeatureUpdate(mark, add=chunk), keep(run.profile(images - total))
        profile = keep(run.final_profile(images - total))
    yield FeatureUpdate(mark, complete=featurizer), profile
