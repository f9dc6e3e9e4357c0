"""One attempt to get what a URL names, by aiohttp."""

import asyncio
import re
import socket
from collections.abc import Awaitable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from http.client import responses
from typing import TYPE_CHECKING

from pixelmill.collection.addresses import (
    REFUSED,
    PrivateAddressError,
    may_be_public,
    public_socket,
)
from pixelmill.collection.memory import Body
from pixelmill.parameters import CollectionParameters
from pixelmill.untrusted_text import LONGEST_TEXT, safe_text, shown_url

if TYPE_CHECKING:
    from aiohttp import (
        ClientConnectorError,
        ClientHandlerType,
        ClientRequest,
        ClientResponse,
        ClientSession,
    )
    from yarl import URL

KEPT_HEADERS = ("ETag", "Last-Modified", "X-Robots-Tag", "TDM-Reservation", "TDM-Policy")
REDIRECTS = 10
LONGEST_WAIT = 120.0  # seconds that a server may ask to be left alone
_BUSY = {429, 503}
_PASSING = {408, 425, 500, 502, 504}
_WRITTEN_AS_SENT = re.compile(r"[!#$%&'()*+,\-./0-9:;=?@A-Z\[\]_a-z~]*")


@dataclass
class AttemptError(Exception):
    """Nothing came of an attempt.

    Attributes:
        reason: Why; what a server has sent is made safe in it.
        passing: Whether another attempt may succeed at once.
        later: Whether another run may succeed; it may where another attempt may.
        busy: Whether the host wants to be left alone, and so all other attempts at it.
        wait: Seconds that the server asks to wait; None where it does not.
        reached: Whether a server answered at all; None where none was asked.
        of_host: Whether it holds for all URLs of the host.
        status: HTTP status; None where there is none.
        final_url: URL of the last redirect, with its secrets; '' where nobody answered.
    """

    reason: str
    passing: bool = False
    later: bool = False
    busy: bool = False
    wait: float | None = None
    reached: bool | None = True
    of_host: bool = False
    status: int | None = None
    final_url: str = ""

    def __post_init__(self) -> None:
        """Makes the reason safe to be shown and stored."""
        self.later = self.later or self.passing
        self.reason = safe_text(self.reason, LONGEST_TEXT + LONGEST_TEXT)

    def __str__(self) -> str:
        """The reason."""
        return self.reason


@dataclass(frozen=True)
class Answer:
    """What a URL names.

    Attributes:
        data: Its content.
        content_type: As the server says, without parameters; '' where it does not.
        final_url: URL that it came from, with its secrets.
        headers: Those of `KEPT_HEADERS` that the server sent, made safe, by their names.
        unchanged: Whether the image that is there is still the one; `data` is empty then.
    """

    data: bytes
    content_type: str
    final_url: str = ""
    headers: dict[str, str] = field(default_factory=dict)
    unchanged: bool = False


def open_session(parameters: CollectionParameters) -> "ClientSession":
    """Connections that all attempts share.

    Args:
        parameters: Takes `threads`, `user_agent`, `private_addresses`, `proxy` and the limits of
            connecting and reading.
    """
    import aiohttp

    public = not parameters.private_addresses
    return aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(
            limit=parameters.threads,
            ttl_dns_cache=300,
            # A proxy is the user's choice, and usually one of the own network.
            socket_factory=public_socket if public and parameters.proxy is None else None,
        ),
        # `attempt` has a clock of its own for the whole.
        timeout=aiohttp.ClientTimeout(
            total=None,
            sock_connect=parameters.connect_timeout,
            sock_read=parameters.read_timeout,
        ),
        headers={"User-Agent": agent_of(parameters), "Accept": "image/*,*/*;q=0.5"},
        cookie_jar=aiohttp.DummyCookieJar(),
    )


def agent_of(parameters: CollectionParameters) -> str:
    """Return what servers are told of the program that asks.

    Args:
        parameters: Takes `user_agent`.
    """
    from importlib.metadata import version

    return parameters.user_agent or f"pixelmill/{version('pixelmill')}"


async def _refuse_private_hosts(
    request: "ClientRequest", handler: "ClientHandlerType"
) -> "ClientResponse":
    """What a proxy is asked for, after each redirect too."""
    host = request.url.host or ""
    if not may_be_public(host):
        raise _not_public(host)
    return await handler(request)


async def attempt(
    session: "ClientSession",
    url: str,
    parameters: CollectionParameters,
    room: Body,
    headers: Mapping[str, str] | None = None,
) -> Answer:
    """Get what a URL names.

    Args:
        session: Of `open_session`.
        url: http or https.
        parameters: Takes `timeout`, `header_timeout`, `max_bytes`, `private_addresses`, `proxy`.
        room: Where the body has its bytes.
        headers: More headers of the request.

    Raises:
        AttemptError: It is unavailable.
    """
    late = AttemptError(f"not finished within {parameters.timeout:g} s", later=True, reached=False)
    try:
        async with asyncio.timeout(parameters.timeout) as clock:
            limits = _Limits(parameters.max_bytes, parameters.header_timeout, room, clock, late)
            own = _with_own_cookies(session, parameters)
            return await _explained(_get(own, url, limits, headers or {}))
    except TimeoutError as error:
        raise late from error


@dataclass
class _Limits:
    """Of one attempt: bytes, their room, and the time; `late` is what it ends with after that."""

    max_bytes: int
    header_timeout: float
    room: Body
    clock: asyncio.Timeout
    late: AttemptError


async def _get(
    session: "ClientSession", url: str, limits: _Limits, headers: Mapping[str, str]
) -> Answer:
    async with session, await _opened(session, url, limits, headers) as response:
        limits.late.reached = True
        sent = response.headers
        kept = {name: safe_text(", ".join(sent.getall(name))) for name in KEPT_HEADERS
                if sent.get(name)}  # fmt: skip
        final = str(response.url)
        if response.status == HTTPStatus.NOT_MODIFIED and headers:
            return Answer(b"", "", final, kept, unchanged=True)
        if response.status != HTTPStatus.OK:
            raise replace(_refusal(response), status=response.status, final_url=final)
        return Answer(await _body(response, limits), _content_type(response), final, kept)


async def _opened(
    session: "ClientSession", url: str, limits: _Limits, headers: Mapping[str, str]
) -> "ClientResponse":
    """The answer as far as its header, at the end of all redirects."""
    place = _as_sent(url)
    limit = limits.header_timeout
    try:
        async with asyncio.timeout(limit) as clock:
            return await session.get(place, max_redirects=REDIRECTS, headers=headers)
    except TimeoutError as error:
        if not clock.expired():
            raise
        reason = f"no header within {limit:g} s"
        raise AttemptError(reason, passing=True, reached=False) from error


def _with_own_cookies(
    session: "ClientSession", parameters: CollectionParameters
) -> "ClientSession":
    """The same connections with cookies that live through the redirects of one attempt."""
    import aiohttp

    by_name = parameters.proxy is not None and not parameters.private_addresses
    return aiohttp.ClientSession(
        connector=session.connector,
        connector_owner=False,
        timeout=session.timeout,
        headers=session.headers,
        cookie_jar=aiohttp.CookieJar(unsafe=True),  # also of hosts that are numbers
        proxy=parameters.proxy,
        middlewares=[_refuse_private_hosts] if by_name else [],
        trust_env=False,  # .netrc would send the user's passwords to whom a list names
    )


def _as_sent(url: str) -> "URL":
    """A URL that is written as the standard has it is sent as it is: it may be signed."""
    from yarl import URL

    try:
        return URL(url, encoded=bool(_WRITTEN_AS_SENT.fullmatch(url)))
    except ValueError as error:  # its message may hold a part of a password
        reason = "the URL is not valid: its host or port cannot be read"
        raise AttemptError(reason, reached=None) from error


def _content_type(response: "ClientResponse") -> str:
    return response.headers.get("Content-Type", "").partition(";")[0].strip().lower()


async def _body(response: "ClientResponse", limits: _Limits) -> bytes:
    size, parts = response.content_length or 0, []
    if size > limits.max_bytes:
        raise _too_large(f"{size:,}", limits.max_bytes)
    size = 0
    async for part in response.content.iter_any():
        size += len(part)
        if size > limits.max_bytes:
            raise _too_large("more", limits.max_bytes)
        await limits.room.take(len(part), limits.clock)
        parts.append(part)
    return b"".join(parts)


def _too_large(size: str, max_bytes: int) -> AttemptError:
    return AttemptError(f"too large: {size} bytes, max_bytes is {max_bytes:,}")


def _refusal(response: "ClientResponse") -> AttemptError:
    status = response.status
    reason = f"HTTP {status} {responses.get(status, '')}".strip()
    if status not in _BUSY:
        return AttemptError(reason, passing=status in _PASSING)
    wait = _retry_after(response.headers.get("Retry-After", ""))
    if wait is not None and wait > LONGEST_WAIT:
        return AttemptError(f"{reason}: the server asks to wait {wait:.0f} s", later=True)
    return AttemptError(reason, passing=True, busy=True, wait=wait)


def _retry_after(written: str) -> float | None:
    """Seconds, which a server may write as a moment."""
    if written.strip().isdecimal():
        return float(written)
    try:
        moment = parsedate_to_datetime(written)
        known = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
        return max(0.0, (known - datetime.now(UTC)).total_seconds())
    except (ValueError, TypeError, OverflowError):  # no moment, or one of no calendar
        return None


async def _explained(answer: Awaitable[Answer]) -> Answer:
    """The answer, or whatever goes wrong as an AttemptError."""
    import aiohttp

    try:
        return await answer
    except AttemptError:
        raise
    except aiohttp.ServerTimeoutError as error:
        connecting = isinstance(error, aiohttp.ConnectionTimeoutError)
        reason = "no connection within its time" if connecting else "no byte came for too long"
        raise AttemptError(reason, passing=True, reached=not connecting) from error
    except TimeoutError:  # that of the whole attempt
        raise
    except Exception as error:
        raise _explanation(error) from error


def _explanation(error: Exception) -> AttemptError:
    """Whatever a server makes the libraries raise is its URL's reason."""
    import aiohttp

    if isinstance(error, aiohttp.ClientConnectorError) and not _is_of_tls(error):
        return _no_connection(error)
    said, passing = _described(error), False
    match error:
        case aiohttp.TooManyRedirects():
            reason = "too many redirects"
        case aiohttp.NonHttpUrlClientError() | aiohttp.InvalidURL():
            place = "redirect" if isinstance(error, aiohttp.RedirectClientError) else "URL"
            shown = shown_url(str(error.args[0]))
            reason = f"the {place} leads to no http or https address: {shown}"
        case aiohttp.ClientSSLError():
            reason = f"no safe connection: {said}"
        case aiohttp.ClientResponseError():
            reason = f"no valid answer: {_described(error.message or error)}"
        case aiohttp.ClientError() | ConnectionError():
            reason, passing = f"the connection broke: {said}", True
        case ValueError():
            reason = f"the URL or the answer is not valid: {said}"
        case _:
            reason = f"no valid answer: {said}"
    return AttemptError(reason, passing=passing)


def _is_of_tls(error: Exception) -> bool:
    import aiohttp

    return isinstance(error, aiohttp.ClientSSLError)


def _no_connection(error: "ClientConnectorError") -> AttemptError:
    if isinstance(error.os_error, PrivateAddressError):
        return _not_public(error.os_error.address)
    if isinstance(error.os_error, socket.gaierror):
        return _no_address(error.os_error)
    reason = f"no connection: {_described(error)}"
    return AttemptError(reason, passing=True, reached=False)


def _no_address(error: socket.gaierror) -> AttemptError:
    """The answer that there is no such host is final; no answer of the name server is none."""
    if error.errno in (socket.EAI_NONAME, getattr(socket, "EAI_NODATA", None)):
        return AttemptError("no connection: there is no such host", reached=False, of_host=True)
    reason = f"no connection: the name of the host cannot be looked up ({error.strerror})"
    return AttemptError(reason, passing=True, reached=False)


def _not_public(place: str) -> AttemptError:
    return AttemptError(f"{safe_text(place, 60)} {REFUSED}", reached=None)


def _described(error: object) -> str:
    """What a library says, which may repeat what a server has sent."""
    return safe_text(" ".join(str(error).split())) or type(error).__name__
