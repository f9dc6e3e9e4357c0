"""Limits of client connections: their number, header size and time."""

import asyncio
from typing import Any, ClassVar

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from pixelmill.parameters import ServingParameters

MAX_HEADER_BYTES = 65_536
_BUSY = (
    b"HTTP/1.1 503 Service Unavailable\r\nretry-after: 1\r\nconnection: close\r\n"
    b"content-length: 0\r\n\r\n"
)


class LimitedProtocol(HttpToolsProtocol):
    """Closes a connection whose client is slow to say what it wants, or says too much.

    uvicorn itself waits for a header as long as its client likes, and takes all that it sends.
    """

    limits: ClassVar[ServingParameters]
    _clock: asyncio.TimerHandle | None = None
    _header_bytes = 0

    def connection_made(self, transport: Any) -> None:
        """Refuse one connection too many; begin to wait for a header."""
        super().connection_made(transport)
        if len(self.connections) > self.limits.max_connections:
            transport.write(_BUSY)
            transport.close()
        else:
            self._expect_header()

    def connection_lost(self, exc: Exception | None) -> None:
        """Stop the clock."""
        self._stop_clock()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Count the bytes of a header; parse what came."""
        if self._clock is not None and self._header_bytes > MAX_HEADER_BYTES:
            self.transport.close()
            return
        self._header_bytes += len(data)
        super().data_received(data)

    def on_message_begin(self) -> None:
        """Begin to wait for the header of a further request."""
        super().on_message_begin()
        if self._clock is None:
            self._expect_header()

    def on_headers_complete(self) -> None:
        """Stop the clock."""
        self._stop_clock()
        super().on_headers_complete()

    def _expect_header(self) -> None:
        self._header_bytes = 0
        self._clock = self.loop.call_later(self.limits.header_seconds, self.transport.close)

    def _stop_clock(self) -> None:
        if self._clock is not None:
            self._clock.cancel()
            self._clock = None


def limited_protocol(parameters: ServingParameters) -> type[asyncio.Protocol]:
    """Make the protocol of a service's connections.

    Args:
        parameters: `max_connections` and `header_seconds` are read.

    Returns:
        A class that `uvicorn.Config(http=…)` takes.
    """
    return type("Protocol", (LimitedProtocol,), {"limits": parameters})
