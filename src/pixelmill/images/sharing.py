"""What was decoded of a file, kept while several featurizers look at it one after the other.

The file is known by its identity: to copy its content, or to compare all of it, takes longer than
much of what is made of it.
"""

from collections.abc import Callable, Hashable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, TypeVar, cast

T = TypeVar("T")


class SharedDecoding:
    """Results for one file at a time; nobody may write to them."""

    def __init__(self) -> None:
        self._content: bytes | None = None
        self._results: dict[Hashable, Any] = {}

    def take(self, content: bytes | None) -> None:
        """Let the file before go, with all results.

        Args:
            content: The next file; whoever decodes it must be given this very object.
        """
        self._content = content
        self._results = {}

    def holds(self, content: bytes) -> bool:
        """Return whether this is the file."""
        return self._content is content

    def once(self, content: bytes, key: Hashable, work: Callable[[], T]) -> T:
        """Do the work, or return its earlier result for the file; that of another is not kept."""
        if not self.holds(content):
            return work()
        if key not in self._results:
            self._results[key] = work()
        return cast(T, self._results[key])


_NOTHING = SharedDecoding()  # is given no file
_SHARED = ContextVar("shared_decoding", default=_NOTHING)


@contextmanager
def shared_decoding() -> Iterator[SharedDecoding]:
    """Share what is decoded in this thread.

    Yields:
        What takes one file after the other.
    """
    shared = SharedDecoding()
    token = _SHARED.set(shared)
    try:
        yield shared
    finally:
        _SHARED.reset(token)


def is_shared(content: bytes) -> bool:
    """Return whether results for a file are kept."""
    return _SHARED.get().holds(content)


def once(content: bytes, key: Hashable, work: Callable[[], T]) -> T:
    """Do the work, or return its earlier result for a file that is shared.

    Args:
        content: Content of a file.
        key: What the work depends on, in addition to the content.
        work: Its result must not be written to; called again if it raised.
    """
    return _SHARED.get().once(content, key, work)
