"""Training images of a grid search, for Spark and for a worker."""

import hashlib
import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from pixelmill.grid.folds import folds_of, number_pictures, picture_labels
from pixelmill.parameters import GridParameters
from pixelmill.preparation.fitting import check_finite
from pixelmill.spark.vectors import collect_by_path

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

    from pixelmill.spark.types import ArrowTable


@dataclass(frozen=True)
class TrainingScan:
    """What can be known of the training images without collecting their features.

    Attributes:
        sizes: Images of each label.
        pictures: Pictures of each label: copies of one another count once.
        dimension: Features of an image; 0 without images.
        digest: Hash of paths, labels and features, and of the copies where there are any.
        copies: Group of each image that has copies among them, by path.
    """

    sizes: dict[str, int]
    pictures: dict[str, int]
    dimension: int
    digest: str
    copies: dict[str, int] = field(default_factory=dict)

    @property
    def images(self) -> int:
        """Number of training images."""
        return sum(self.sizes.values())


@dataclass(frozen=True, eq=False)
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


def scan_training(train: "DataFrame", near_duplicates: "ArrowTable | None" = None) -> TrainingScan:
    """Count and hash the training images; their features stay with Spark.

    Args:
        train: Columns `path`, `label` (never null) and `features` (array of float32).
        near_duplicates: Columns `path` and `group`; None if they were not searched.
    """
    from pixelmill.spark import functions as sf

    hashed = train.select(
        "path", "label", sf.xxhash64("features").alias("hash"), sf.size("features").alias("width")
    )
    columns = hashed.toArrow().sort_by("path").to_pydict()
    paths, labels = columns["path"], columns["label"]
    copies = _copies_among(paths, near_duplicates)
    parts = [paths, labels, columns["hash"], *([copies] if copies else [])]
    digest = hashlib.sha256(json.dumps(parts).encode()).hexdigest()
    names = sorted(set(labels))
    shown = picture_labels(_positions(labels, names), number_pictures(paths, copies))
    pictures = np.bincount(shown, minlength=len(names)).tolist()
    return TrainingScan(
        sizes=dict(Counter(labels)),
        pictures=dict(zip(names, pictures, strict=True)),
        dimension=max(columns["width"], default=0),
        digest=digest,
        copies=copies,
    )


def collect_folded(
    train: "DataFrame", labels: list[str], grid: GridParameters, copies: Mapping[str, int]
) -> FoldedImages:
    """Bring the training images to the driver and divide them into folds.

    Args:
        train: Columns `path`, `label` (never null) and `features` (array of float32).
        labels: Class labels, sorted.
        grid: Number of folds, and the seed of the division.
        copies: Group of each image that has copies, by path: a group stays in one fold.

    Raises:
        InputError: If features are not finite.
    """
    features, rows = collect_by_path(train, "label")
    broken = np.flatnonzero(~np.isfinite(features).all(axis=1))
    check_finite(len(broken), rows["path"][broken[0]].as_py() if len(broken) else None)
    target = _positions(rows["label"].to_pylist(), labels)
    pictures = number_pictures(rows["path"].to_pylist(), copies)
    return FoldedImages(features, target, folds_of(target, pictures, grid), labels)


def _positions(labels: Sequence[str], names: Sequence[str]) -> NDArray[np.int64]:
    position = {label: number for number, label in enumerate(names)}
    return np.array([position[label] for label in labels], dtype=np.int64)


def _copies_among(paths: Sequence[str], near_duplicates: "ArrowTable | None") -> dict[str, int]:
    """Return the groups of which two images or more are there, numbered in their order."""
    if near_duplicates is None:
        return {}
    columns = (near_duplicates[name].to_pylist() for name in ("path", "group"))
    group_of = dict(zip(*columns, strict=True))
    known = {path: group_of[path] for path in paths if path in group_of}
    sizes = Counter(known.values())
    several = {path: group for path, group in known.items() if sizes[group] > 1}
    numbers = {group: number for number, group in enumerate(dict.fromkeys(several.values()))}
    return {path: numbers[group] for path, group in several.items()}
