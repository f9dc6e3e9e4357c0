"""The interface of all storages."""

import time
from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import BinaryIO, TypeVar

from pixelmill.errors import ImageError, UnreadableImageError
from pixelmill.images.limits import Limits

EPOCH = datetime.fromtimestamp(0, UTC)
Asked = TypeVar("Asked")

BYTES_AHEAD = 1 << 26
"""Most bytes of files that are read ahead; a larger file is read when nothing else is."""

_PAUSES = (0.1, 0.5, 2.0)  # seconds before a file that came in the wrong length is read again


@dataclass(frozen=True, slots=True)
class StoredFile:
    """A file of a storage.

    Attributes:
        path: Relative to the storage's root, separated by '/'.
        size: Bytes; 0 where nothing is known of the file.
        modified: Time of the last change, UTC, to the microsecond on disk and to the second on
            S3; the epoch where nothing is known of the file.
    """

    path: str
    size: int
    modified: datetime


@dataclass(frozen=True, slots=True)
class Blob:
    """A file's content and the time of its last change, as in `StoredFile`."""

    data: bytes
    modified: datetime


class Storage(ABC):
    """A folder on disk or a prefix of a bucket.

    Attributes:
        root: Absolute folder or S3 URI, without a trailing slash.
    """

    root: str

    @abstractmethod
    def list_files(self, enter: Callable[[str], bool] | None = None) -> Iterator[StoredFile]:
        """Return all files below the root, in any order, without reading them.

        Args:
            enter: Asked once for each folder (its relative path) whether to look into it; all of
                them by default. S3 has no folders to leave out: there it is never asked.

        Raises:
            InputError: The root is missing, is no folder, or may not be listed.
        """

    @abstractmethod
    def list_folders(self, names: Sequence[str]) -> Iterator[StoredFile]:
        """List all files in some folders below the root, in any order; a missing one has none.

        Args:
            names: Names of the folders. On S3 all that is between the first and the last by
                alphabet is listed at once: a request for each of many small folders takes longer.

        Raises:
            InputError: A folder, or the bucket, may not be listed.
        """

    @abstractmethod
    def find_files(self, paths: Sequence[str]) -> list[StoredFile | None]:
        """Return the size and time of the files of these paths, in their order; None where there is
        none.

        Raises:
            InputError: The bucket is missing or may not be asked.
        """

    @abstractmethod
    def read(self, path: str) -> Blob:
        """Read one image.

        Raises:
            UnreadableImageError: "vanished", "permission denied" or "read failed: why".
            InputError: No other image could be read either: the bucket is gone, or the
                credentials are missing, wrong or expired.
        """

    @abstractmethod
    def read_bytes(self, path: str) -> bytes:
        """Read a file that is no image: a table, weights.

        Raises:
            InputError: There is no such file, or it may not be read.
        """

    @abstractmethod
    def open_file(self, path: str) -> BinaryIO:
        """Open a file that is no image and may be too large for memory; it can be searched.

        Raises:
            InputError: There is no such file, or it may not be read.
        """

    @abstractmethod
    def write_bytes(self, path: str, data: bytes) -> None:
        """Write a file whole or not at all, with the folders that it needs.

        Raises:
            InputError: The file cannot be written.
        """

    def read_all(self, paths: Iterable[str], in_flight: int) -> Iterator[Blob | ImageError]:
        """Read many images, `in_flight` of them ahead of the one that is asked for.

        Args:
            paths: Taken lazily: never more than `in_flight` ahead.
            in_flight: Maximum number of simultaneous reads, each in a thread.

        Returns: One item for each path, in their order; a failure of one image is an item.

        Raises:
            InputError: No image can be read, as in `read`.
        """
        return _read_ahead(self.read, paths, in_flight, lambda _: 0)

    def read_indexed(
        self, files: Iterable[StoredFile], in_flight: int, limits: Limits
    ) -> Iterator[Blob | ImageError]:
        """Read many images as `read_all` does, each as the index knows it.

        Of files ahead of the one that is asked for, at most `BYTES_AHEAD` are in memory.

        Args:
            files: What the index says of them; taken lazily.
            in_flight: Maximum number of simultaneous reads, each in a thread.
            limits: A file of more bytes than decoding may take is not read.

        Returns: One item for each file, in their order; a file whose size or time of change is
            not that of the index is an error, and so is one that is too large.

        Raises:
            InputError: No image can be read, as in `read`.
        """

        def read(file: StoredFile) -> Blob:
            limits.check_bytes(file.size)
            return self._read_as_indexed(file)

        def size_of(file: StoredFile) -> int:
            return min(file.size, limits.max_decoded_bytes)

        return _read_ahead(read, files, in_flight, size_of)

    def _read_as_indexed(self, file: StoredFile) -> Blob:
        """Read a file as indexed; an answer of the right time but another length is read again."""
        for pause in (*_PAUSES, 0):
            blob = self.read(file.path)
            if blob.modified != file.modified:
                raise UnreadableImageError("changed since it was indexed: run again")
            if len(blob.data) == file.size:
                return blob
            time.sleep(pause)
        raise UnreadableImageError(f"read failed: {len(blob.data)} of {file.size} bytes came")


def _read_ahead(
    read: Callable[[Asked], Blob],
    asked: Iterable[Asked],
    in_flight: int,
    size_of: Callable[[Asked], int],
) -> Iterator[Blob | ImageError]:
    def read_or_error(one: Asked) -> Blob | ImageError:
        try:
            return read(one)
        except ImageError as error:
            return error

    pending: deque[Future[Blob | ImageError]] = deque()
    sizes: deque[int] = deque()
    pool = ThreadPoolExecutor(in_flight, thread_name_prefix="read")
    try:
        for one in asked:
            size = size_of(one)
            while pending and sum(sizes) + size > BYTES_AHEAD:
                sizes.popleft()
                yield pending.popleft().result()
            pending.append(pool.submit(read_or_error, one))
            sizes.append(size)
            if len(pending) >= in_flight:
                sizes.popleft()
                yield pending.popleft().result()
        while pending:
            yield pending.popleft().result()
    finally:
        pool.shutdown(wait=False, cancel_futures=True)
