"""The browser's only access to the network: a loopback proxy to public addresses.

A browser looks names up itself, follows redirects by itself, and asks for whatever a page names: a
check of URLs would see neither the address nor the redirect. All its connections are made here
instead, each to the very address that was checked.
"""

import asyncio
import contextlib
import ssl
from base64 import b64encode
from dataclasses import dataclass
from types import TracebackType
from urllib.parse import unquote, urlsplit

from pixelmill.collection.addresses import PrivateAddressError, may_be_public, public_socket
from pixelmill.galleries.errors import PageError

Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]

LONGEST_HEAD = 1 << 18
LONGEST_BODY = 1 << 24  # of a request
PAGE_BYTES = 1 << 28  # that a page, its scripts and what they ask for may bring
CONNECT = 20.0  # seconds, for the look-up too
SILENCE = 120.0  # seconds
_KEPT = 200  # refusals
_PART = 1 << 16
_OF_ONE_HOP = ("connection:", "keep-alive:", "proxy-", "upgrade:", "te:", "trailer:")
# Asked by Chromium for itself: updates of its parts, accounts, suggestions.
_OF_THE_BROWSER = (
    *("accounts.google.com", "update.googleapis.com", "optimizationguide-pa.googleapis.com"),
    *("safebrowsing.googleapis.com", "content-autofill.googleapis.com", "clients2.google.com"),
    *("edgedl.me.gvt1.com", "redirector.gvt1.com", "android.clients.google.com"),
)


class RefusedError(Exception):
    """A connection that is not made; the message says why."""


@dataclass(frozen=True)
class Request:
    """The head of a request to a proxy.

    Attributes:
        method: CONNECT for a connection that is only passed on.
        target: As it was sent: host and port, or a URL.
        host: Host of the target.
        port: Port of the target.
        lines: Headers that are passed on.
        body: Bytes that follow.
    """

    method: str
    target: str
    host: str
    port: int
    lines: list[str]
    body: int

    @classmethod
    def read(cls, head: bytes) -> "Request":
        """Read a head.

        Raises:
            RefusedError: The data is no request of a proxy.
        """
        first, *lines = head.decode("latin-1").removesuffix("\r\n\r\n").split("\r\n")
        try:
            method, target, _ = first.split(" ")
            place = urlsplit(f"//{target}" if method == "CONNECT" else target)
            host, port = place.hostname or "", place.port or 80
        except ValueError as error:
            raise RefusedError("it is no valid request") from error
        if method != "CONNECT" and place.scheme != "http":
            raise RefusedError("it is no http address")
        named = {line.partition(":")[0].lower(): line.partition(":")[2].strip() for line in lines}
        length = named.get("content-length", "0")
        if "transfer-encoding" in named or not length.isdecimal() or int(length) > LONGEST_BODY:
            raise RefusedError("its body is too long, or of unknown length")
        kept = [line for line in lines if not line.lower().startswith(_OF_ONE_HOP)]
        return cls(method, target, host, port, kept, int(length))

    def head(self, target: str, *more: str) -> bytes:
        """Return the request as it is sent on, for one answer."""
        lines = [f"{self.method} {target} HTTP/1.1", *self.lines, *more, "Connection: close"]
        return "\r\n".join([*lines, "", ""]).encode("latin-1")


class PublicProxy:
    """An HTTP proxy for one browser, as an asynchronous context.

    Args:
        private_addresses: Whether addresses that are not public are connected to as well.
        upstream: URL of the proxy that has to be asked for everything; it looks names up itself.

    Attributes:
        url: URL of the proxy.
        left: Bytes that it still passes on to the browser.
    """

    def __init__(self, private_addresses: bool = False, upstream: str | None = None) -> None:
        self.url = ""
        self.left = PAGE_BYTES
        self._refused: dict[str, PageError] = {}
        self._private = private_addresses
        self._upstream = urlsplit(upstream) if upstream else None
        self._server: asyncio.Server | None = None
        self._open: set[asyncio.StreamWriter] = set()

    async def __aenter__(self) -> "PublicProxy":
        """Listens."""
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0, limit=LONGEST_HEAD)
        self.url = f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}"
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """End all connections."""
        if self._server is not None:
            self._server.close()
        for writer in list(self._open):
            writer.close()

    def check(self, url: str) -> None:
        """Refuse a URL whose host was refused.

        Raises:
            PageError: The address is not public, or was refused.
        """
        problem = self._refused.get(urlsplit(url).hostname or "")
        if problem is not None:
            raise problem

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._open.add(writer)
        try:
            async with asyncio.timeout(SILENCE):
                request = Request.read(await reader.readuntil(b"\r\n\r\n"))
            await self._answer(request, (reader, writer))
        except RefusedError as refusal:
            with contextlib.suppress(OSError):
                writer.write(_answer(403, str(refusal)))
                await writer.drain()
        except (OSError, TimeoutError, EOFError, ValueError):  # either side has gone
            pass
        finally:
            self._open.discard(writer)
            writer.close()

    async def _answer(self, request: Request, client: Streams) -> None:
        try:
            async with asyncio.timeout(CONNECT):
                there = await self._connect(request)
        except (OSError, TimeoutError, UnicodeError) as error:
            problem = _problem(request.host, error)
            if len(self._refused) < _KEPT:
                self._refused[request.host] = problem
            raise RefusedError(str(problem)) from error
        self._refused.pop(request.host, None)
        self._open.add(there[1])
        try:
            await self._pass_on(request, client, there)
        finally:
            self._open.discard(there[1])
            there[1].close()

    async def _connect(self, request: Request) -> Streams:
        if request.host in _OF_THE_BROWSER:
            raise RefusedError(f"{request.host}: Chromium asks it for itself")
        if self._upstream is not None:
            if not (self._private or may_be_public(request.host)):
                raise PrivateAddressError(request.host)
            secure = ssl.create_default_context() if self._upstream.scheme == "https" else None
            port = self._upstream.port or (443 if secure else 80)
            return await asyncio.open_connection(self._upstream.hostname, port, ssl=secure)
        if self._private:
            return await asyncio.open_connection(request.host, request.port)
        return await _connect_to_public(request.host, request.port)

    async def _pass_on(self, request: Request, client: Streams, there: Streams) -> None:
        if self._upstream is not None:
            there[1].write(request.head(request.target, *self._login()))
        elif request.method == "CONNECT":
            client[1].write(b"HTTP/1.1 200 Connected\r\n\r\n")
        else:
            place = urlsplit(request.target)
            path = (place.path or "/") + (f"?{place.query}" if place.query else "")
            there[1].write(request.head(path))
        if request.method == "CONNECT":
            await self._both_ways(client, there)
            return
        if request.body:
            there[1].write(await client[0].readexactly(request.body))
        # One answer and no more: a second request on this connection may be meant for another host.
        await self._head_of_answer(client[1], there[0])
        await self._both_ways(client, there, asks=False)

    def _login(self) -> list[str]:
        if self._upstream is None or self._upstream.username is None:
            return []
        user, password = self._upstream.username, self._upstream.password or ""
        pair = b64encode(f"{unquote(user)}:{unquote(password)}".encode()).decode()
        return [f"Proxy-Authorization: Basic {pair}"]

    async def _head_of_answer(
        self, writer: asyncio.StreamWriter, answers: asyncio.StreamReader
    ) -> None:
        head = b"HTTP/1.1 100"
        async with asyncio.timeout(SILENCE):
            while head.startswith((b"HTTP/1.1 10", b"HTTP/1.0 10")):  # hints before the answer
                head = await answers.readuntil(b"\r\n\r\n")
        first, *lines = head.decode("latin-1").removesuffix("\r\n\r\n").split("\r\n")
        kept = [line for line in lines if not line.lower().startswith(_OF_ONE_HOP)]
        writer.write("\r\n".join([first, *kept, "Connection: close", "", ""]).encode("latin-1"))

    async def _both_ways(self, client: Streams, there: Streams, asks: bool = True) -> None:
        """Pass bytes on until one side ends."""
        up = self._pump(client[0], there[1] if asks else None)
        down = self._pump(there[0], client[1], counted=True)
        tasks = {asyncio.ensure_future(up), asyncio.ensure_future(down)}
        try:
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def _pump(
        self,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter | None,
        counted: bool = False,
    ) -> None:
        while True:
            async with asyncio.timeout(SILENCE):
                part = await reader.read(_PART)
            if counted:
                self.left -= len(part)
            if not part or self.left < 0:
                return
            if writer is not None:
                writer.write(part)
                async with asyncio.timeout(SILENCE):
                    await writer.drain()


async def _connect_to_public(host: str, port: int) -> Streams:
    """Return a connection to the first answering address of a host; all have to be public."""
    import socket

    loop = asyncio.get_running_loop()
    found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    failure: OSError = OSError("it has no address")
    for info in found:
        place = public_socket(info)
        place.setblocking(False)
        try:
            await loop.sock_connect(place, info[4])
        except OSError as error:
            place.close()
            failure = error
        except BaseException:
            place.close()
            raise
        else:
            return await asyncio.open_connection(sock=place, limit=LONGEST_HEAD)
    raise failure


def _problem(host: str, error: Exception) -> PageError:
    if isinstance(error, PrivateAddressError):
        return PageError(f"{host} {error}")
    return PageError(f"{host} cannot be reached: {error or 'it does not answer'}", passing=True)


def _answer(status: int, reason: str) -> bytes:
    body = reason.encode()
    head = f"HTTP/1.1 {status} Refused\r\nContent-Type: text/plain\r\nContent-Length: {len(body)}"
    return f"{head}\r\nConnection: close\r\n\r\n".encode() + body
