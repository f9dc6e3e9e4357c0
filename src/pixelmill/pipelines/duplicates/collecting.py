"""Signatures collected to the driver, packed by Spark tasks."""

import tempfile
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from pixelmill.duplicates.pictures import Pictures
from pixelmill.featurizers.picture_signature import PIXELS, unpacked
from pixelmill.spark.types import DataFrame

if TYPE_CHECKING:
    import pyarrow as pa

PACKED = "path string, size long, modified long, shape binary, code binary"


def collect_pictures(signed: DataFrame, image_index: DataFrame) -> tuple[Pictures, int]:
    """Return the small pictures of all images that have one.

    The pictures are in a temporary file: with a million images they are 4.6 GB.

    Args:
        signed: Columns `path`, `size`, `modified`, `features` (a signature, not null).
        image_index: Columns `path` and `label`; a signature of another image is left out.

    Returns:
        The pictures, and the number of images of the index without a signature.
    """
    waiting = _labels(image_index)
    columns = "path", "size", "unix_micros(modified) as modified", "features"
    packed = signed.selectExpr(*columns).mapInArrow(_pack, PACKED)
    found = _Pictures(len(waiting))
    for path, *rest in packed.toLocalIterator(prefetchPartitions=True):
        if path in waiting:
            found.add(path, waiting.pop(path), *rest)
    return found.pictures(), len(waiting)


def _labels(image_index: DataFrame) -> dict[str, str | None]:
    """Return the label of every image by its path; equal labels are one object."""
    table = image_index.select("path", "label").toArrow()
    once: dict[str | None, str | None] = {}
    labels = (once.setdefault(label, label) for label in table["label"].to_pylist())
    return dict(zip(table["path"].to_pylist(), labels, strict=True))


class _Pictures:
    """Takes one image after another."""

    def __init__(self, count: int) -> None:
        self._paths: list[str] = []
        self._labels: list[str | None] = []
        self._numbers = np.zeros((count, 4), np.int64)
        self._digests = np.zeros((count, 32), np.uint8)
        with tempfile.TemporaryFile() as file:  # gone from its folder, not from the disk
            self._codes = np.memmap(file, np.uint8, "w+", shape=(max(count, 1), PIXELS))

    def add(
        self, path: str, label: str | None, size: int, modified: int, shape: bytes, code: bytes
    ) -> None:
        place = len(self._paths)
        self._paths.append(path)
        self._labels.append(label)
        width, height = np.frombuffer(shape, "<i4", 2)
        self._numbers[place] = size, modified, width, height
        self._digests[place] = np.frombuffer(shape, np.uint8, offset=8)
        self._codes[place] = np.frombuffer(code, np.uint8)

    def pictures(self) -> Pictures:
        count = len(self._paths)
        size, modified, width, height = self._numbers[:count].T
        return Pictures(
            self._paths,
            self._labels,
            size,
            modified.astype("datetime64[us]"),
            width.astype(np.int32),
            height.astype(np.int32),
            self._digests[:count],
            self._codes[:count],
        )


def _vectors(batch: "pa.RecordBatch") -> NDArray[np.float32]:
    """Return the features of a batch without nulls: float32 [n, d]."""
    found: Any = batch["features"].flatten().to_numpy(zero_copy_only=False)
    return np.asarray(found, np.float32).reshape(batch.num_rows, -1)


def _pack(batches: "Iterable[pa.RecordBatch]") -> "Iterator[pa.RecordBatch]":
    import pyarrow as pa

    for batch in batches:
        if not batch.num_rows:
            continue
        codes, sizes, digests = unpacked(_vectors(batch))
        shapes = np.concatenate([sizes.astype("<i4").view(np.uint8), digests], axis=1)
        columns = [batch[name] for name in ("path", "size", "modified")]
        binary = [pa.array([row.tobytes() for row in part]) for part in (shapes, codes)]
        names = ["path", "size", "modified", "shape", "code"]
        yield pa.RecordBatch.from_arrays([*columns, *binary], names)
