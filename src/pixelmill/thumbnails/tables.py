"""Thumbnails, read and shrunk in Spark tasks."""

from __future__ import annotations

from collections import deque
from itertools import islice
from typing import TYPE_CHECKING

import pyarrow as pa

from pixelmill.errors import ImageError
from pixelmill.spark.parallelism import find_parallelism, partitions_of
from pixelmill.storage import Blob, open_storage
from pixelmill.tables import THUMBNAILS, arrow_schema
from pixelmill.thumbnails import Thumbnail, jpeg_thumbnail

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from pyspark.sql import DataFrame

READS_IN_FLIGHT = 16
BATCH = 128  # rows; a few MB
IMAGES_A_TASK = 2000


def thumbnails_of(images: DataFrame, count: int, root: str, side: int) -> DataFrame:
    """Return thumbnails of images, computed when the result is written: each is read once.

    Args:
        images: Column `path`.
        count: Number of images, which decides the number of tasks.
        root: Folder or URI that the paths are relative to.
        side: Longest side of a thumbnail in pixels.

    Returns:
        `path`, `width` and `height` (of the upright image, in pixels), `thumbnail` (a JPEG file),
        `error`; the last alone where there is no thumbnail.
    """
    cores = find_parallelism(images.sparkSession.sparkContext, count)
    divided = images.select("path").repartition(partitions_of(count, cores, IMAGES_A_TASK))
    return divided.mapInArrow(ReadThumbnails(root, side), THUMBNAILS)


class ReadThumbnails:
    """Rows of paths in, rows of thumbnails out: the function of one Spark task.

    Args:
        root: Folder or URI that the paths are relative to.
        side: Longest side of a thumbnail in pixels.
    """

    def __init__(self, root: str, side: int) -> None:
        self._root = root
        self._side = side

    def __call__(self, arriving: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        """Read the images of one partition.

        Args:
            arriving: Batches with `path`.

        Yields:
            Batches of the table, one row for every path.

        Raises:
            InputError: No image can be read: the bucket is gone, the credentials have expired.
        """
        import cv2

        cv2.setNumThreads(1)  # a task has one core
        waiting: deque[str] = deque()
        blobs = open_storage(self._root).read_all(_paths(arriving, waiting), READS_IN_FLIGHT)
        # Each image is shrunk as it comes: a batch of whole ones may not fit in memory.
        shrunk = map(self._shrunk, blobs)
        while part := list(islice(shrunk, BATCH)):
            paths = [waiting.popleft() for _ in part]
            yield _rows(paths, part)

    def _shrunk(self, blob: Blob | ImageError) -> Thumbnail | str:
        if isinstance(blob, ImageError):
            return str(blob)
        try:
            return jpeg_thumbnail(blob.data, self._side)
        except ImageError as error:
            return str(error)


def _paths(arriving: Iterable[pa.RecordBatch], waiting: deque[str]) -> Iterator[str]:
    for rows in arriving:
        for path in rows["path"].to_pylist():
            waiting.append(path)
            yield path


def _rows(paths: list[str], found: list[Thumbnail | str]) -> pa.RecordBatch:
    good = [one if isinstance(one, Thumbnail) else None for one in found]
    return pa.RecordBatch.from_arrays(
        [
            pa.array(paths, pa.string()),
            pa.array([one and one.width for one in good], pa.int32()),
            pa.array([one and one.height for one in good], pa.int32()),
            pa.array([one and one.data for one in good], pa.binary()),
            pa.array([one if isinstance(one, str) else None for one in found], pa.string()),
        ],
        arrow_schema(THUMBNAILS).names,
    )
