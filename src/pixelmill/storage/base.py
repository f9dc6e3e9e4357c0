"""What every storage can do."""

from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime

from pixelmill.errors import UnreadableImageError

EPOCH = datetime.fromtimestamp(0, UTC)


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
    """A file's content and the time of its last change, as `StoredFile` has it."""

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
        """All files below the root, in any order, without reading them.

        Args:
            enter: Asked once for each folder (its relative path) whether to look into it; all of
                them by default. S3 has no folders to leave out: there it is never asked.

        Raises:
            InputError: The root is missing, is no folder, or may not be listed.
        """

    @abstractmethod
    def find_files(self, paths: Sequence[str]) -> list[StoredFile | None]:
        """Size and time of the files of these paths, in their order; None where there is none.

        Raises:
            InputError: The bucket is missing or may not be asked.
        """

    @abstractmethod
    def read(self, path: str) -> Blob:
        """Read one image.

        Raises:
            UnreadableImageError: "vanished", "permission denied" or "read failed: why".
        """

    @abstractmethod
    def read_bytes(self, path: str) -> bytes:
        """Read a file that is no image: a table, weights.

        Raises:
            InputError: There is no such file, or it may not be read.
        """

    @abstractmethod
    def write_bytes(self, path: str, data: bytes) -> None:
        """Write a file whole or not at all, with the folders that it needs.

        Raises:
            InputError: The file cannot be written.
        """

    def read_all(
        self, paths: Iterable[str], in_flight: int
    ) -> Iterator[Blob | UnreadableImageError]:
        """Read many images, `in_flight` of them ahead of the one that is asked for.

        Args:
            paths: Taken lazily: never more than `in_flight` ahead.
            in_flight: Reads under way at once, each in a thread.

        Returns: One item for each path, in their order; a failure is an item, never raised.
        """
        pending: deque[Future[Blob | UnreadableImageError]] = deque()
        pool = ThreadPoolExecutor(in_flight, thread_name_prefix="read")
        try:
            for path in paths:
                pending.append(pool.submit(self._read_or_error, path))
                if len(pending) >= in_flight:
                    yield pending.popleft().result()
            while pending:
                yield pending.popleft().result()
        finally:
            pool.shutdown(wait=False, cancel_futures=True)

    def _read_or_error(self, path: str) -> Blob | UnreadableImageError:
        try:
            return self.read(path)
        except UnreadableImageError as error:
            return error
