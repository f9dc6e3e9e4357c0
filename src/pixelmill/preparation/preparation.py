"""A fitted preparation of features: scaling, normalization and PCA, as arrays and arithmetic.

`pixelmill.preparation.fitting` fits it in memory, `pixelmill.preparation.tables` by Spark.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pixelmill.models import ARRAYS, Array, Files, read_arrays, write_arrays


@dataclass(frozen=True, eq=False)
class Preparation:
    """A fitted preparation; None is a step that is left out.

    Attributes:
        dimension: Features of an image before it.
        mean: float64 [dimension], subtracted first.
        deviation: float64 [dimension], divided by; 1 where a feature is constant.
        normalize: Whether each row is then divided by its length (a row of zeros stays).
        centre: float64 [dimension], subtracted before the projection.
        components: float64 [k, dimension], orthonormal rows, the one of most variance first.
        variance_share: float64 [k], share of the variance that each component holds.
    """

    dimension: int
    mean: Array | None = None
    deviation: Array | None = None
    normalize: bool = False
    centre: Array | None = None
    components: Array | None = None
    variance_share: Array | None = None

    @property
    def width(self) -> int:
        """Features of an image after it."""
        return self.dimension if self.components is None else len(self.components)

    def apply(self, features: NDArray[np.floating]) -> Array:
        """Prepare features.

        Args:
            features: float32 or float64 [n, dimension].

        Returns:
            float64 [n, k], or [n, dimension] without PCA.
        """
        prepared = np.asarray(features, dtype=np.float64)
        if self.mean is not None and self.deviation is not None:
            prepared = (prepared - self.mean) / self.deviation
        if self.normalize:
            lengths = np.linalg.norm(prepared, axis=1, keepdims=True)
            prepared = prepared / np.where(lengths == 0, 1, lengths)
        if self.components is not None and self.centre is not None:
            prepared = (prepared - self.centre) @ self.components.T
        return prepared

    def to_files(self) -> Files:
        """Return the content of its files by name."""
        arrays = {name: value for name, value in vars(self).items() if value is not None}
        return {ARRAYS: write_arrays(**arrays)}


def from_files(files: Mapping[str, bytes]) -> Preparation:
    """Return the preparation of which these are the files."""
    arrays = read_arrays(files[ARRAYS])
    dimension, normalize = int(arrays.pop("dimension")), bool(arrays.pop("normalize"))
    return Preparation(dimension, normalize=normalize, **arrays)
