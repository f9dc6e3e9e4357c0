"""Training data of estimators: prepared features, as arrays in one process or as a Spark table."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray

from pixelmill.errors import InputError
from pixelmill.models import Array
from pixelmill.one_core import one_core
from pixelmill.spark.session import get_session
from pixelmill.spark.tables import as_spark, is_in_memory
from pixelmill.spark.vectors import collect_by_path

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from pyspark.sql import DataFrame

    from pixelmill.spark.types import Table

BYTES_PER_FEATURE = 8
BYTES_PER_PARTITION = 32 * 2**20
TASKS_PER_CORE = 16  # of many fits: a task costs more than a small fit, and few leave cores idle
Item = TypeVar("Item")
Result = TypeVar("Result")


@dataclass(frozen=True, eq=False)
class Arrays:
    """Prepared training images in memory, sorted by path.

    Attributes:
        features: float64 [n, d].
        target: int64 [n], 0 … classes - 1.
        classes: Number of classes, two at least.
        weights: float64 [n], of each image in the loss; None is 1 for each.
    """

    features: Array
    target: NDArray[np.int64]
    classes: int
    weights: Array | None = None


class Training(Protocol):
    """The training images, whichever way an estimator wants them."""

    @property
    def images(self) -> int:
        """Number of training images."""
        ...

    @property
    def classes(self) -> int:
        """Number of classes, two at least."""
        ...

    @property
    def dimension(self) -> int:
        """Features of an image, prepared."""
        ...

    @property
    def fits_one_process(self) -> bool:
        """Whether `arrays` gives them."""
        ...

    def arrays(self) -> Arrays:
        """Return all of them in memory."""
        ...

    def table(self) -> DataFrame:
        """Return all of them as a cached Spark table: `features` (vector), `target` (double)."""
        ...

    def fit_each(
        self, fit: Callable[[Arrays, Item], Result], items: Sequence[Item]
    ) -> list[Result]:
        """Call `fit` with all arrays for each item; return the results in their order."""
        ...


@dataclass(frozen=True, eq=False)
class ArrayTraining:
    """Arrays within one process, as in a task of a grid search.

    Attributes:
        data: The training images.
    """

    data: Arrays

    @property
    def images(self) -> int:
        """Number of training images."""
        return len(self.data.target)

    @property
    def classes(self) -> int:
        """Number of classes."""
        return self.data.classes

    @property
    def dimension(self) -> int:
        """Features of an image."""
        return int(self.data.features.shape[1])

    @property
    def fits_one_process(self) -> bool:
        """They are in this one."""
        return True

    def arrays(self) -> Arrays:
        """Return the arrays."""
        return self.data

    def table(self) -> DataFrame:
        """Refuse.

        Raises:
            InputError: Always: a Spark estimator cannot run inside a Spark task.
        """
        raise InputError(
            "an estimator of Spark ML trains on a whole cluster and cannot be a grid candidate: "
            "name the estimator of scikit-learn instead (sklearn.svm.LinearSVC, …)"
        )

    def fit_each(
        self, fit: Callable[[Arrays, Item], Result], items: Sequence[Item]
    ) -> list[Result]:
        """Fit one after another, in this process."""
        return [fit(self.data, item) for item in items]


class SparkTraining:
    """A Spark table, collected and broadcast only for the estimators that want arrays."""

    def __init__(
        self, prepared: Table, images: int, classes: int, dimension: int, limit: int
    ) -> None:
        """Take the table, without computing anything.

        Args:
            prepared: Columns `path`, `features` (array of float64), `target` (int).
            images: Number of rows.
            classes: Number of classes.
            dimension: Features of an image.
            limit: Bytes of features that may be collected and broadcast.
        """
        self._prepared = prepared
        self.images = images
        self.classes = classes
        self.dimension = dimension
        self._limit = limit

    @property
    def fits_one_process(self) -> bool:
        """Whether the table is no larger than the limit."""
        return self._needed <= self._limit

    @property
    def _needed(self) -> int:
        """Bytes of the features."""
        return self.images * self.dimension * BYTES_PER_FEATURE

    def arrays(self) -> Arrays:
        """Collect the table.

        Raises:
            InputError: If it is larger than the limit.
        """
        return self._collected

    @cached_property
    def _collected(self) -> Arrays:
        if not self.fits_one_process:
            raise InputError(
                f"modelling.estimator: {self.images:,} training images of {self.dimension:,} "
                f"features are {self._needed / 1e9:.1f} GB, more than modelling.broadcast_limit "
                f"({self._limit / 1e9:.1f} GB) lets one worker hold: take an estimator of Spark "
                "ML (logistic_regression, linear_svc, random_forest, gradient_boosting, "
                "multilayer_perceptron), or raise the limit"
            )
        features, rows = collect_by_path(self._prepared, "target")
        return Arrays(features, rows["target"].to_numpy().astype(np.int64), self.classes)

    def table(self) -> DataFrame:
        """Return the cached table with Spark's own vectors."""
        return self._vectors

    @cached_property
    def _vectors(self) -> DataFrame:
        from pyspark.ml.functions import array_to_vector

        from pixelmill.spark import functions as sf

        # Where the column does not say how many classes there are, trees of Spark refuse over 100.
        classes = {"ml_attr": {"type": "nominal", "num_vals": self.classes}}
        vectors = as_spark(self._prepared).select(
            array_to_vector(sf.col("features")).alias("features"),
            sf.col("target").cast("double").alias("target", metadata=classes),
        )
        # A job of an optimization has a task for each partition: for small data their overhead
        # is the whole cost.
        partitions = 1 + self._needed // BYTES_PER_PARTITION
        return vectors.coalesce(partitions).persist()

    def release(self) -> None:
        """Free what was cached."""
        if "_vectors" in vars(self):
            self._vectors.unpersist()

    def fit_each(
        self, fit: Callable[[Arrays, Item], Result], items: Sequence[Item]
    ) -> list[Result]:
        """Fit in Spark tasks over the broadcast arrays; a single small one here."""
        if len(items) == 1 and is_in_memory(self._prepared):
            with one_core():
                return [fit(self.arrays(), items[0])]
        context = get_session().sparkContext
        shared = context.broadcast(self.arrays())

        def fit_some(some: Iterable[Item]) -> Iterator[Result]:
            with one_core():
                for item in some:
                    yield fit(shared.value, item)

        try:
            several = min(len(items), TASKS_PER_CORE * context.defaultParallelism)
            tasks: Any = context.parallelize(items, several)
            results: list[Result] = tasks.mapPartitions(fit_some).collect()
        finally:
            shared.destroy()
        return results
