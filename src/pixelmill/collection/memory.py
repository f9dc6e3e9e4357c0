"""The limit of download bytes in memory."""

import asyncio
from types import TracebackType
from typing import Self

BYTES_IN_FLIGHT = 256_000_000


class BytesInFlight:
    """Bounds the bytes of all bodies together, from the first that arrives to the written file.

    Where there is no room, a body waits for its turn to exceed the limit, which one body at a time
    has until it is done. So no two wait for each other, and the sum stays below the limit and the
    largest body together.

    Args:
        limit: Bytes.
    """

    def __init__(self, limit: int = BYTES_IN_FLIGHT) -> None:
        self.limit = limit
        self.taken = 0
        self.turn = asyncio.Lock()

    def body(self) -> "Body":
        """Return an empty body."""
        return Body(self)


class Body:
    """The bytes of one body; they are given back where its context ends."""

    def __init__(self, bodies: BytesInFlight) -> None:
        self._bodies = bodies
        self._size = 0
        self._may_exceed = False

    async def take(self, size: int, clock: asyncio.Timeout) -> None:
        """Wait until there is room for more of the body.

        Args:
            size: Bytes more.
            clock: Timeout of the attempt; it is suspended meanwhile.
        """
        has_room = self._bodies.taken + size <= self._bodies.limit
        if not has_room and not self._may_exceed:
            await self._wait(clock)
        self._bodies.taken += size
        self._size += size

    async def _wait(self, clock: asyncio.Timeout) -> None:
        now, end = asyncio.get_running_loop().time, clock.when()
        began = now()
        clock.reschedule(None)
        await self._bodies.turn.acquire()
        self._may_exceed = True
        clock.reschedule(end and end + now() - began)

    async def __aenter__(self) -> Self:
        """Enter without any bytes."""
        return self

    async def __aexit__(
        self, _: type[BaseException] | None, __: BaseException | None, ___: TracebackType | None
    ) -> None:
        """Give all bytes back."""
        self._bodies.taken -= self._size
        if self._may_exceed:
            self._bodies.turn.release()
