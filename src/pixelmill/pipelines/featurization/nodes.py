"""The nodes of the featurization: index minus done is what is left to do."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import TYPE_CHECKING, Any

from pixelmill.datasets.feature_table import FeatureUpdate
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
from pixelmill.pipelines.featurization.profile import Profile, run_profile, with_earlier
from pixelmill.pipelines.featurization.run import FeaturizationRun
from pixelmill.spark.types import ArrowTable, DataFrame

if TYPE_CHECKING:
    from pyspark.sql import Column

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
) -> tuple[DataFrame, DataFrame | ArrowTable]:
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
) -> tuple[DataFrame, DataFrame | ArrowTable]:
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
    from pyspark.sql import functions as F  # noqa: N812 (PySpark's own convention)

    if stored_features.isEmpty():  # a first run waits for no join, nor for Spark to write no rows
        return image_index.select("path", "size", "modified"), _no_paths()
    stored = stored_features.groupBy("path").agg(
        F.count("*").alias("rows"),
        F.max(F.struct("size", "modified")).alias("stored_version"),
        F.max("error").alias("stored_error"),
        F.max("decoder").alias("stored_decoder"),
    )
    images = image_index.select("path", F.struct("size", "modified").alias("version"))
    both = images.join(stored, "path", "full_outer").withColumn(
        "valid", _is_valid(decoder_state(parameters))
    )
    missing = both.where("version is not null and not valid").select("path", "version.*")
    stale = both.where("rows is not null and not valid").select("path")
    return missing, stale


def _no_paths() -> ArrowTable:
    import pyarrow as pa

    return pa.table({"path": pa.array([], pa.string())})


def _is_valid(decoder: str) -> Column:
    from pyspark.sql import functions as F  # noqa: N812 (PySpark's own convention)

    error = F.col("stored_error")
    same_decoder = F.col("stored_decoder").eqNullSafe(F.lit(decoder))
    final = error.isNull() | (~error.startswith(UNREADABLE) & same_decoder)
    same = F.col("version").eqNullSafe(F.col("stored_version"))
    alone = F.col("rows") == 1
    return F.coalesce(alone & same & final, F.lit(False))


def featurize_images(
    missing_images: DataFrame,
    stale_features: DataFrame,
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
    total, images = missing_images.count(), source["count"]
    keep = partial(with_earlier, previous=previous_profile or {})
    profile = keep(run_profile(None, featurizer, already_done=images - total))
    if not stale_features.isEmpty():
        yield FeatureUpdate(mark, remove=stale_features), profile
    if total:
        run = FeaturizationRun(missing_images, total, source["root"], featurizer, featurization)
        for chunk in run.chunks():
            yield FeatureUpdate(mark, add=chunk), keep(run.profile(images - total))
        profile = keep(run.final_profile(images - total))
    yield FeatureUpdate(mark, complete=featurizer), profile
