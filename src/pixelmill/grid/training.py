"""Training images of a grid search, for Spark and for a worker."""

import hashlib
import json
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from pixelmill.parameters import GridParameters
from pixelmill.preparation.fitting import check_finite
from pixelmill.spark.vectors import collect_by_path

if TYPE_CHECKING:
    from pyspark.sql import DataFrame


@dataclass(frozen=True)
class TrainingScan:
    """What can be known of the training images without collecting their features.

    Attributes:
        sizes: Images of each label.
        dimension: Features of an image; 0 without images.
        digest: Hash of paths, labels and features.
    """

    sizes: dict[str, int]
    dimension: int
    digest: str

    @property
    def images(self) -> int:
        """Number of training images."""
        return sum(self.sizes.values())


@dataclass(frozen=True)
class FoldedImages:
    """The raw training images, sorted by path, each in the fold in which it is held out.

    Attributes:
        features: float32 [n, d].
        target: int64 [n], positions in `labels`.
        fold: int64 [n], 0 … folds - 1.
        labels: Class labels, sorted.
    """

    features: NDArray[np.float32]
    target: NDArray[np.int64]
    fold: NDArray[np.int64]
    labels: list[str]


def scan_training(train: "DataFrame") -> TrainingScan:
    """Count and hash the training images; their features stay with Spark.

    Args:
        train: Columns `path`, `label` (never null) and `features` (array of float32).
    """
    from pixelmill.spark import functions as sf

    hashed = train.select(
        "path", "label", sf.xxhash64("features").alias("hash"), sf.size("features").alias("width")
    )
    columns = hashed.toArrow().sort_by("path").to_pydict()
    sizes = Counter(columns["label"])
    text = json.dumps([columns["path"], columns["label"], columns["hash"]])
    digest = hashlib.sha256(text.encode()).hexdigest()
    return TrainingScan(dict(sizes), max(columns["width"], default=0), digest)


def collect_folded(train: "DataFrame", labels: list[str], grid: GridParameters) -> FoldedImages:
    """Bring the training images to the driver and divide them into folds.

    Args:
        train: Columns `path`, `label` (never null) and `features` (array of float32).
        labels: Class labels, sorted.
        grid: Number of folds, and the seed of the division.

    Raises:
        InputError: If features are not finite.
    """
    features, rows = collect_by_path(train, "label")
    broken = np.flatnonzero(~np.isfinite(features).all(axis=1))
    check_finite(len(broken), rows["path"][broken[0]].as_py() if len(broken) else None)
    position = {label: number for number, label in enumerate(labels)}
    target = np.array([position[label] for label in rows["label"].to_pylist()], dtype=np.int64)
    return FoldedImages(features, target, folds_of(target, grid), labels)


def folds_of(target: NDArray[np.int64], grid: GridParameters) -> NDArray[np.int64]:
    """Return the fold in which each image is held out, as scikit-learn draws it.

    Args:
        target: int64 [n], in the order of the paths.
        grid: Number of folds, and the seed of the division.

    Returns:
        int64 [n], 0 … folds - 1.
    """
    from sklearn.model_selection import StratifiedKFold

    drawn = StratifiedKFold(grid.folds, shuffle=True, random_state=grid.seed)
    folds = np.empty(len(target), dtype=np.int64)
    for number, (_, held_out) in enumerate(drawn.split(target, target)):
        folds[held_out] = number
    return folds
