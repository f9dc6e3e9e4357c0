"""The time after which a chunk begins no more downloads."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager


class TimeIsUpError(Exception):
    """A download that waits to begin is left to another pass over its chunk."""


class TimeLimit:
    """Ends a chunk in time: what has begun is finished, what waits to begin is left.

    At least one URL is finished, however long that takes, so that passes over the same chunk come
    to an end.

    Args:
        seconds: Seconds after which no download begins.

    Attributes:
        is_over: Whether the time is up.
    """

    def __init__(self, seconds: float) -> None:
        self.is_over = False
        self._seconds = seconds
        self._is_due = self._has_finished_one = False
        self._waiting: set[asyncio.Timeout] = set()

    async def watch(self) -> None:
        """Wait until the time is up, and end all that waits to begin."""
        await asyncio.sleep(self._seconds)
        self._is_due = True
        self._end()

    def finish_one(self) -> None:
        """Record that a URL is finished."""
        self._has_finished_one = True
        self._end()

    def _end(self) -> None:
        if self.is_over or not (self._is_due and self._has_finished_one):
            return
        self.is_over = True
        for clock in self._waiting:
            clock.reschedule(0)

    @asynccontextmanager
    async def waiting(self) -> AsyncIterator[None]:
        """Return the context in which a download waits to begin.

        Raises:
            TimeIsUpError: The time is up.
        """
        if self.is_over:
            raise TimeIsUpError
        clock = asyncio.timeout(None)
        self._waiting.add(clock)
        try:
            async with clock:
                yield
        except TimeoutError as error:
            raise TimeIsUpError from error
        finally:
            self._waiting.discard(clock)
