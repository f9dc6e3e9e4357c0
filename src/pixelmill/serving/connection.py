"""Limits of client connections: their number, the size of their headers, and their time."""

import asyncio
from typing import Any, ClassVar

from httptools import HttpParserError, HttpParserUpgrade, HttpRequestParser
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle

from pixelmill.parameters import ServingParameters

MAX_HEADER_BYTES = 65_536
MAX_HEADERS = 200
_BUSY = (
    b"HTTP/1.1 503 Service Unavailable\r\nretry-after: 1\r\nconnection: close\r\n"
    b"content-length: 0\r\n\r\n"
)


class LimitedProtocol(HttpToolsProtocol):
    """Closes a connection whose client is slow, does not read its answer, or says too much.

    uvicorn itself waits as long as its client likes, and takes all headers that it sends.
    """

    limits: ClassVar[ServingParameters]
    _clock: asyncio.TimerHandle | None = None
    _unread: asyncio.TimerHandle | None = None
    _answering: RequestResponseCycle | None = None
    _header_bytes = 0

    def connection_made(self, transport: Any) -> None:
        """Refuse one connection too many; begin to wait for a header."""
        super().connection_made(transport)
        transport.set_write_buffer_limits(high=0)  # pause_writing: the client has not read all
        if len(self.connections) > self.limits.max_connections:
            transport.write(_BUSY)
            transport.close()
        else:
            self._expect_header()

    def connection_lost(self, exc: Exception | None) -> None:
        """Stop the clocks."""
        self._stop_clock()
        self.resume_writing()
        self._unset_keepalive_if_required()  # which would keep all of this connection
        if self._answering is not None:  # uvicorn tells the last of several requests alone
            self._answering.disconnected = True
            self._answering.message_event.set()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Count the bytes that belong to no body; parse what came."""
        if self._header_bytes > MAX_HEADER_BYTES:
            self.transport.close()
            return
        self._header_bytes += len(data)
        self._unset_keepalive_if_required()
        try:
            self.parser.feed_data(data)
        except HttpParserUpgrade as upgrade:
            if self._is_upgrade():
                self._stay_with_http(data[upgrade.args[0] :])
        except HttpParserError:
            self.send_400_response("Invalid HTTP request received.")
        is_idle = self.cycle is None or self.cycle.response_complete
        if is_idle and self._clock is None:  # line breaks in front of a header
            self._expect_header()

    def on_message_begin(self) -> None:
        """Begin to wait for the header of a further request."""
        super().on_message_begin()
        if self._clock is None:
            self._expect_header()

    def on_header(self, name: bytes, value: bytes) -> None:
        """Count the headers, and those behind a body in chunks."""
        if len(self.headers) == MAX_HEADERS:
            raise ValueError("too many headers")
        super().on_header(name, value)

    def on_headers_complete(self) -> None:
        """Stop the clock."""
        if not self._is_upgrade():
            self._stop_clock()
            super().on_headers_complete()

    def on_message_complete(self) -> None:
        """Note the end of a request."""
        if not self._is_upgrade():
            super().on_message_complete()

    def on_body(self, body: bytes) -> None:
        """Take a part of the body, whose size the guard limits."""
        self._header_bytes = 0
        super().on_body(body)

    def pause_writing(self) -> None:
        """Begin to wait for the client to read its answer."""
        super().pause_writing()
        self._unread = self.loop.call_later(self.limits.body_seconds, self.transport.abort)

    def resume_writing(self) -> None:
        """Note that the client has read all."""
        if self._unread is not None:
            self._unread.cancel()
            self._unread = None
        super().resume_writing()

    def _start_asgi_task(self, cycle: RequestResponseCycle, app: Any) -> None:
        self._answering = cycle
        super()._start_asgi_task(cycle, app)

    def _is_upgrade(self) -> bool:
        return self.parser.should_upgrade() and self.parser.get_method() != b"CONNECT"

    def _stay_with_http(self, rest: bytes) -> None:
        """Read a request again without its wish for HTTP/2, of which Java's client makes every one.

        The parser takes what follows such a header for the other protocol, and not for its body.
        """
        kept = (one for one in self.headers if one[0] not in (b"connection", b"upgrade"))
        lines = [b"%b: %b" % header for header in (*kept, (b"connection", b"close"))]
        start = b"%b %b HTTP/1.1" % (self.parser.get_method(), self.url)
        self.parser = HttpRequestParser(self)
        self.parser.set_dangerous_leniencies(lenient_data_after_close=True)  # which is not read
        self._header_bytes = 0
        self.data_received(b"\r\n".join([start, *lines, b"", rest]))

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
        parameters: `max_connections`, `header_seconds` and `body_seconds` are read.

    Returns:
        A class that `uvicorn.Config(http=…)` takes.
    """
    return type("Protocol", (LimitedProtocol,), {"limits": parameters})
