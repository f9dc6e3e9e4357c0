"""The Spark task of one featurizer: it reads images ahead, and writes rows of features."""

from __future__ import annotations

import itertools
from collections import deque
from contextlib import closing, contextmanager
from functools import partial
from itertools import islice
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pyarrow as pa

from pixelmill.child_process import cpu_time_limit
from pixelmill.errors import InputError
from pixelmill.featurizers.isolated import IsolatedFeaturizer, featurize_within_memory
from pixelmill.profiling.metering import Clock, Usage, finish_task
from pixelmill.spark.parallelism import is_repeated
from pixelmill.storage import Blob, Storage, StoredFile, open_storage
from pixelmill.tables import FEATURES

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from numpy.typing import NDArray
    from pyspark import Accumulator, Broadcast
    from pyspark.sql import DataFrame, SparkSession

    from pixelmill.errors import ImageError
    from pixelmill.featurizers import FeaturizedBatch, OpenFeaturizer, PreparedFeaturizer
    from pixelmill.images.limits import Limits
    from pixelmill.parameters import FeaturizationParameters

    Contents = Sequence[bytes | ImageError]
    Work = Callable[[pa.RecordBatch, Contents, "Clock"], pa.RecordBatch]


class Origin(NamedTuple):
    """Featurizer and decoder that made a row of features; columns of the table.

    Attributes:
        featurizer: Fingerprint.
        decoder: Version of the decoder and limits, as `decoder_state` names them.
    """

    featurizer: str
    decoder: str


BYTES_A_BATCH = 1 << 25
"""Most bytes of the files of a batch, unless it is one file."""

# The network is opened once in a worker process, whatever number of tasks that process runs.
_OPEN: dict[Origin, OpenFeaturizer] = {}
# So is the storage, with its connections and credentials.
_STORAGES: dict[str, Storage] = {}


class FeaturizeImages:
    """Rows of image paths in, rows of features out: the function of one Spark task.

    Args:
        prepared: The featurizer, as it travels to the workers.
        root: Folder or URI that the paths are relative to.
        origin: Origin of the features.
        parameters: Size of a batch, reads ahead of it, and the limits of an image are read.
        threads: Cores that one task may use.
        meter: Accumulator of the usage of every task.
    """

    def __init__(
        self,
        prepared: Broadcast[PreparedFeaturizer],
        root: str,
        origin: Origin,
        *,
        parameters: FeaturizationParameters,
        threads: int,
        meter: Accumulator[Usage],
    ) -> None:
        self._prepared = prepared
        self._root = root
        self._origin = origin
        self._batch_size = parameters.batch_size
        self._reads_in_flight = parameters.reads_in_flight
        self._limits = parameters.limits
        self._threads = threads
        self._meter = meter

    def __call__(self, arriving: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        """Featurize the images of one partition.

        An image that ends its worker fails the task. Whatever worker then repeats it, on this
        machine or another, leaves the work to a child process, so that only that image is lost.

        Args:
            arriving: Batches with `path`, `size` and `modified`.

        Yields:
            Batches of the table `features`, one row for every image.

        Raises:
            InputError: No image can be read: the bucket is gone, the credentials have expired.
        """
        usage = Usage()
        clock = Clock(usage)
        with self._opened() as work:
            clock.lap("start_up")
            for rows, images in self._read(clock.without(arriving)):
                clock.lap("read")
                contents = [image.data if isinstance(image, Blob) else image for image in images]
                usage.image_bytes += sum(len(data) for data in contents if isinstance(data, bytes))
                batch = work(rows, contents, clock)
                del images, contents  # a large image is not kept while the next is read
                yield batch
                clock.lap("write")
        finish_task(usage)
        self._meter.add(usage)

    @contextmanager
    def _opened(self) -> Iterator[Work]:
        """Open the featurizer, and yield the function that makes a batch of the result."""
        with opened(self._prepared.value, self._origin, self._threads, self._limits) as featurizer:
            yield partial(self._work, featurizer)

    def _work(
        self, featurizer: OpenFeaturizer, rows: pa.RecordBatch, images: Contents, clock: Clock
    ) -> pa.RecordBatch:
        done = featurizer(images)
        clock.account(done)
        present = np.array([error is None for error in done.errors], np.bool_)
        columns = [rows["path"], rows["size"], rows["modified"]]
        columns += [vectors(done.features, present), pa.array(done.errors, pa.string())]
        columns += [pa.array([value] * len(rows)) for value in self._origin]
        names = ["path", "size", "modified", "features", "error", *Origin._fields]
        return pa.RecordBatch.from_arrays(columns, names)

    def _read(
        self, arriving: Iterable[pa.RecordBatch]
    ) -> Iterator[tuple[pa.RecordBatch, list[Blob | ImageError]]]:
        """Yield the rows of one batch of the network at a time, with their images.

        Reads go ahead across what arrives: where one batch of rows ends, those of the next are
        under way already.
        """
        waiting: deque[pa.RecordBatch] = deque()
        storage = _STORAGES.setdefault(self._root, open_storage(self._root))
        # While the network works on a batch, as many reads as are wanted ahead of it are under way.
        in_flight = self._reads_in_flight + self._batch_size
        blobs = storage.read_indexed(self._files(arriving, waiting), in_flight, self._limits)
        try:
            while images := list(islice(blobs, 1)):
                rows = waiting.popleft()
                images += islice(blobs, len(rows) - 1)
                yield rows, images
                del images
        except InputError:
            del _STORAGES[self._root]  # the next task may find other credentials
            raise

    def _files(
        self, arriving: Iterable[pa.RecordBatch], waiting: deque[pa.RecordBatch]
    ) -> Iterator[StoredFile]:
        for all_rows in arriving:
            columns = (all_rows[name].to_pylist() for name in ("path", "size", "modified"))
            files = list(map(StoredFile, *columns))
            start = 0
            while start < len(files):
                batch = first_batch(files[start : start + self._batch_size])
                waiting.append(all_rows.slice(start, len(batch)))
                yield from batch
                start += len(batch)


@contextmanager
def opened(
    prepared: PreparedFeaturizer, origin: Origin, threads: int, limits: Limits
) -> Iterator[OpenFeaturizer]:
    """Open a featurizer for one task, once in a worker.

    Args:
        prepared: The featurizer.
        origin: Origin of its features.
        threads: Cores that it may use.
        limits: Limits of one image; after a failed try of the task, a child process keeps to them.
    """
    if is_repeated():
        with closing(IsolatedFeaturizer(prepared, threads, limits)) as isolated:
            yield isolated
        return
    yield partial(_featurize, open_once(prepared, origin, threads), limits.max_seconds)


def open_once(prepared: PreparedFeaturizer, origin: Origin, threads: int) -> OpenFeaturizer:
    """Return a featurizer that stays open for all tasks of this worker.

    Args:
        prepared: The featurizer.
        origin: Origin of its features.
        threads: Cores that it may use.
    """
    if origin not in _OPEN:
        _OPEN[origin] = prepared.open(threads)
    return _OPEN[origin]


def _featurize(
    featurizer: OpenFeaturizer, seconds: int, images: Sequence[bytes | ImageError]
) -> FeaturizedBatch:
    """Featurize, or end this worker when that takes too long: another one repeats the task."""
    with cpu_time_limit(seconds * len(images)):
        return featurize_within_memory(featurizer, images)


def map_featurizer(images: DataFrame, featurize: FeaturizeImages, partitions: int) -> DataFrame:
    """Return the features of every image, computed when the result is written.

    Args:
        images: Columns `path`, `size`, `modified`.
        featurize: The function of a task.
        partitions: Number of tasks.

    Returns:
        Rows of the table `features`, one for each row of `images`.
    """
    return (
        images.select("path", "size", "modified")
        .repartition(partitions)
        .mapInArrow(featurize, FEATURES)
    )


def first_batch(files: Sequence[StoredFile]) -> Sequence[StoredFile]:
    """Take as many files as are in memory at once; a large one is a batch of its own.

    Args:
        files: Stored files, at least one.
    """
    taken = itertools.accumulate(file.size for file in files)
    return files[: max(1, sum(size <= BYTES_A_BATCH for size in taken))]


def vectors(features: NDArray[np.float32], present: NDArray[np.bool_]) -> pa.ListArray:
    """Return a list array that shares its floats with a batch.

    Args:
        features: float32 [m, d].
        present: bool [n], true for m images; the others have null.

    Returns:
        n lists.
    """
    width = features.shape[1] if features.ndim == 2 else 0
    lengths = np.where(present, width, 0)
    offsets = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int32)
    values = pa.array(features.reshape(-1))
    return pa.ListArray.from_arrays(
        pa.array(offsets), values, mask=None if present.all() else pa.array(~present)
    )


def warm_up_workers(spark: SparkSession) -> None:
    """Start the Python workers, and have them import what the tasks of a featurization need.

    A job of an RDD does it, for which the JVM plans no query and compiles no code.

    Args:
        spark: The session; its workers stay for the tasks to come.
    """
    context = spark.sparkContext
    # Spark sets this variable for workers of queries, which no worker with other variables serves.
    context.environment["SPARK_SIMPLIFIED_TRACEBACK"] = "1"
    cores = context.defaultParallelism
    context.parallelize(range(cores), cores).foreachPartition(_import_libraries)


def _import_libraries(_: Iterable[int]) -> None:
    import pixelmill.engines.openvino
    import pixelmill.featurizers.network  # noqa: F401 (with its decoders)
