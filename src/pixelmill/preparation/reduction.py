"""The preparation of a map: as many components as the images allow, results in float32."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from pixelmill.errors import InputError
from pixelmill.one_core import one_core
from pixelmill.preparation.fitting import TrainingFeatures, check_finite, fit, reads_once
from pixelmill.preparation.moments import in_blocks
from pixelmill.spark.vectors import as_lists, as_matrix

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from numpy.typing import NDArray
    from pyspark.sql import DataFrame

    from pixelmill.models import Array
    from pixelmill.parameters import PreparationParameters
    from pixelmill.preparation import Preparation
    from pixelmill.preparation.moments import Moments, Scatter

REDUCED = "path string, features array<float>"


@dataclass(frozen=True)
class Extent:
    """Size of a table of features.

    Attributes:
        images: Number of images.
        usable: Number of images with features.
        dimension: Features of an image; 0 if no image has any.
    """

    images: int
    usable: int
    dimension: int

    @property
    def bytes(self) -> int:
        """Bytes of all features as float32."""
        return 4 * self.usable * self.dimension


def extent(images: DataFrame, features: DataFrame) -> Extent:
    """Measure a table of features without reading them.

    Args:
        images: Column `path`: those that count.
        features: Columns `path`, `features` and `error`, of these images and perhaps others.
    """
    from pixelmill.spark import functions as sf

    known = features.select("path", sf.col("error").isNull().alias("usable"))
    counted = images.select("path").join(known, "path", "left")
    totals = counted.agg(sf.count("*"), sf.count_if("usable")).collect()[0]
    first = features.where("error is null").select(sf.size("features")).head()
    return Extent(totals[0], totals[1], first[0] if first else 0)


def fit_reduction(
    features: TrainingFeatures, parameters: PreparationParameters
) -> tuple[Preparation, list[str]]:
    """Fit a preparation whose components are lowered to what the images allow.

    Args:
        features: Features of all images, at least one.
        parameters: Steps of the preparation.

    Returns:
        The preparation, and a sentence for every parameter that was lowered.

    Raises:
        InputError: If features are not finite, or there are too many of them for a PCA.
    """
    remembered = _Remembered(features, reads_once(features, parameters))
    wanted, notes = _lowered(parameters, remembered.moments())
    try:
        return fit(remembered, wanted), notes
    except InputError:
        if not remembered.latest.constant.all():
            raise
    alike = "all images have the same features" if remembered.latest.count > 1 else "one image"
    note = f"{alike}: there is no component with any variance"
    return fit(remembered, wanted.model_copy(update={"pca": None})), [note]


def reduced_array(features: NDArray[np.floating], preparation: Preparation) -> NDArray[np.float32]:
    """Apply a preparation to features in memory.

    Args:
        features: float32 [n, d].
        preparation: Fitted preparation.

    Returns:
        float32 [n, k].
    """
    parts = [preparation.apply(block).astype(np.float32) for block in in_blocks(features)]
    return np.concatenate(parts)


def check_features(features: NDArray[np.floating]) -> None:
    """Refuse features that are not finite.

    Args:
        features: [n, d].

    Raises:
        InputError: If there is one.
    """
    check_finite(int(np.count_nonzero(~np.isfinite(features).all(axis=1))))


def reduced(features: DataFrame, preparation: Preparation) -> DataFrame:
    """Apply a preparation to a table, when the result is computed.

    Args:
        features: Columns `path` and `features` (array of float32, never null).
        preparation: Fitted preparation.

    Returns:
        `path` and `features` (array of float32, of the preparation's width).
    """
    shared = features.sparkSession.sparkContext.broadcast(preparation)

    def reduce(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        with one_core():
            for batch in batches:
                if len(batch):
                    array = reduced_array(as_matrix(batch["features"]), shared.value)
                    columns = [batch["path"], as_lists(array)]
                    yield pa.RecordBatch.from_arrays(columns, ["path", "features"])

    return features.select("path", "features").mapInArrow(reduce, REDUCED)


class _Remembered:
    """Features whose moments and scatter matrix are not computed twice, with the latest moments."""

    def __init__(self, features: TrainingFeatures, at_once: bool) -> None:
        self._features = features
        self._at_once = at_once
        self._scatter: Scatter | None = None
        self._first: Moments | None = None

    def dimension(self) -> int:
        return self._features.dimension()

    def moments(self, before: Preparation | None = None) -> Moments:
        if before is not None:
            self.latest = self._features.moments(before)
            return self.latest
        if self._first is None:
            self._first = self.scatter().moments if self._at_once else self._features.moments()
        self.latest = self._first
        return self.latest

    def scatter(self) -> Scatter:
        if self._scatter is None:
            self._scatter = self._features.scatter()
        return self._scatter

    def gram(self, before: Preparation) -> Array:
        return self._features.gram(before)

    def collected(self) -> NDArray[np.floating]:
        return self._features.collected()


def _lowered(
    parameters: PreparationParameters, moments: Moments
) -> tuple[PreparationParameters, list[str]]:
    # n images span n - 1 dimensions around their mean.
    most = max(1, min(moments.count - 1, len(moments.mean)))
    if parameters.pca is None or parameters.pca <= most:
        return parameters, []
    note = (
        f"preparation.pca lowered from {parameters.pca} to {most}: there are {moments.count:,} "
        f"images of {len(moments.mean):,} features"
    )
    return parameters.model_copy(update={"pca": most}), [note]
