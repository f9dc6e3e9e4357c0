"""Features of several featurizers: each one's table is brought up to the index."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import reduce
from typing import TYPE_CHECKING, Any, NamedTuple

from pixelmill.datasets.feature_folders import StoredFeatures
from pixelmill.datasets.feature_table import FeatureUpdate
from pixelmill.featurizers import Description
from pixelmill.featurizers.contracts import LIMITS
from pixelmill.parameters import FeaturizationParameters
from pixelmill.pipelines.featurization.nodes import featurize_images, find_missing
from pixelmill.profiling.profile import Profile
from pixelmill.spark.tables import as_spark
from pixelmill.spark.types import DataFrame, Table

if TYPE_CHECKING:
    from pyspark.sql import DataFrame as SparkTable


# How the work is divided and what is refused is a run's; what changes the numbers is the part's.
HOW = {"batch_size", "chunk_size", "reads_in_flight", *LIMITS}


class Part(NamedTuple):
    """One of several featurizers.

    Attributes:
        description: Featurizer description, with its `fingerprint`.
        parameters: Parameters that compute it again, with the limits and chunk size of this run.
    """

    description: Description
    parameters: FeaturizationParameters

    @property
    def fingerprint(self) -> str:
        """Of the featurizer."""
        return str(self.description["fingerprint"])


def compare_parts(
    parts: Sequence[Part], image_index: DataFrame, stored_features: StoredFeatures
) -> tuple[DataFrame, DataFrame]:
    """Finds what is left to do for each featurizer.

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


def featurize_parts(
    parts: Sequence[Part],
    missing_images: DataFrame,
    stale_features: DataFrame,
    source: dict[str, Any],
) -> Iterator[tuple[FeatureUpdate, Profile]]:
    """Computes what is missing, one featurizer after another.

    Args:
        parts: The featurizers.
        missing_images: Images to do, columns `path`, `size`, `modified`, `featurizer`.
        stale_features: Rows to take out, columns `path`, `featurizer`.
        source: Image source, with `root` and `count`.

    Yields:
        A step for the features, and the profile of the featurizer so far.
    """
    for part in parts:
        missing, stale = (_of(part, table) for table in (missing_images, stale_features))
        yield from featurize_images(missing, stale, source, *part)


def _marked(part: Part, missing: Table, stale: Table) -> tuple[DataFrame, DataFrame]:
    from pyspark.sql import functions as sf

    mark = sf.lit(part.fingerprint).alias("featurizer")
    return as_spark(missing).select("*", mark), as_spark(stale).select("path", mark)


def _all(tables: Iterable[SparkTable]) -> SparkTable:
    return reduce(lambda above, below: above.union(below), tables)


def _of(part: Part, table: DataFrame) -> DataFrame:
    from pyspark.sql import functions as sf

    return table.where(sf.col("featurizer") == part.fingerprint).drop("featurizer")
