"""A featurizer on several cores of this machine without Spark: one child process for each."""

from __future__ import annotations

import io
import os
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple

from pixelmill.errors import ImageError
from pixelmill.featurizers import find_featurizer, fingerprint
from pixelmill.featurizers.contracts import FeaturizedBatch, PreparedFeaturizer
from pixelmill.featurizers.isolated import IsolatedFeaturizer
from pixelmill.parameters import FeaturizationParameters

Content = bytes | ImageError

BYTES_A_BATCH = 1 << 25
"""Most bytes of the files of a batch, unless it is one file."""


class _Key(NamedTuple):
    process: int  # a fork shares the pipes of its parent, and must not use them
    fingerprint: str
    parameters: str
    workers: int


class ParallelFeaturizer:
    """Featurizers that wait for work, each in a child process that an image may end.

    Each has one thread, as in a task of Spark, so that features are the same to the last bit.
    """

    def __init__(
        self, prepared: PreparedFeaturizer, parameters: FeaturizationParameters, workers: int
    ) -> None:
        """Take a featurizer; children start with their first batch.

        Args:
            prepared: The featurizer.
            parameters: Batch size, and limits of an image.
            workers: Number of child processes.
        """
        self._batch_size = parameters.batch_size
        self._workers = [IsolatedFeaturizer(prepared, 1, parameters.limits) for _ in range(workers)]
        self._busy = threading.Lock()
        self._width: int | None = None

    def __call__(
        self, images: Iterable[Content], advance: Callable[[FeaturizedBatch], object]
    ) -> list[FeaturizedBatch]:
        """Featurize images, read while others are worked on.

        Args:
            images: Content of the files, or why it could not be read.
            advance: Callback for each finished batch, in any order and thread.

        Returns:
            The batches, in the order of the images.
        """
        with self._busy:
            return self._featurize(_Shared(divide(images, self._batch_size)), advance)

    def _featurize(
        self, batches: _Shared, advance: Callable[[FeaturizedBatch], object]
    ) -> list[FeaturizedBatch]:
        done: dict[int, FeaturizedBatch] = {}

        def work(featurize: IsolatedFeaturizer) -> None:
            for number, batch in batches:
                done[number] = featurize(batch)
                advance(done[number])

        with ThreadPoolExecutor(len(self._workers)) as pool:
            try:
                for ended in [pool.submit(work, worker) for worker in self._workers]:
                    ended.result()
            finally:  # after Ctrl-C, what is in work is waited for, and no more
                batches.close()
        return [done[number] for number in sorted(done)]

    def width(self) -> int:
        """Return the number of features of an image, as a blank one has them."""
        if self._width is None:
            (done,) = self([blank_image()], lambda _: None)
            self._width = done.features.shape[1]
        return self._width

    def close(self) -> None:
        """End the children, once no thread has images with them."""
        with self._busy:
            for worker in self._workers:
                worker.close()


class _Shared:
    """Numbered batches that several threads take from."""

    def __init__(self, batches: Iterable[list[Content]]) -> None:
        self._batches = enumerate(batches)
        self._lock = threading.Lock()
        self._closed = False

    def __iter__(self) -> _Shared:
        return self

    def __next__(self) -> tuple[int, list[Content]]:
        with self._lock:
            if self._closed:
                raise StopIteration
            return next(self._batches)

    def close(self) -> None:
        self._closed = True


def blank_image() -> bytes:
    """Return a PNG file of 32 x 32 black pixels."""
    from PIL import Image

    stream = io.BytesIO()
    Image.new("RGB", (32, 32)).save(stream, "PNG")
    return stream.getvalue()


def divide(images: Iterable[Content], size: int) -> Iterator[list[Content]]:
    """Yield batches of images that are in memory at once; a large file is alone.

    Args:
        images: Content of the files, or why it could not be read.
        size: Maximum number of images of a batch.
    """
    rest = iter(images)
    batch: list[Content] = []
    for image in rest:
        if batch and _bytes(batch) + _bytes([image]) > BYTES_A_BATCH:
            yield batch
            batch = []
        batch.append(image)
        if len(batch) == size:
            yield batch
            batch = []
    if batch:
        yield batch


def _bytes(images: Sequence[Content]) -> int:
    return sum(len(image) for image in images if isinstance(image, bytes))


_open: dict[_Key, ParallelFeaturizer] = {}
_opening = threading.Lock()


def open_parallel(parameters: FeaturizationParameters, workers: int) -> ParallelFeaturizer:
    """Return the featurizer of these parameters; its children stay until another one is asked for.

    A cross-validation asks for one many times, and each child takes a second or two to start.

    Args:
        parameters: Featurizer, batch size, and limits of an image.
        workers: Number of child processes.

    Raises:
        InputError: What the parameters name is unavailable.
    """
    featurizer = find_featurizer(parameters)
    mark = fingerprint(featurizer.describe())
    key = _Key(os.getpid(), mark, parameters.model_dump_json(), workers)
    with _opening:
        if key not in _open:
            for other in list(_open):
                former = _open.pop(other)
                if other.process == key.process:
                    former.close()
            _open[key] = ParallelFeaturizer(featurizer.prepare(), parameters, workers)
        return _open[key]
