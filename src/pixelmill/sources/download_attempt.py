"""One attempt to get what a URL names, by aiohttp."""

import asyncio
import re
from collections.abc import Awaitable
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from http.client import responses
from typing import TYPE_CHECKING

from pixelmill.parameters.downloads import DownloadsParameters
from pixelmill.sources.download_addresses import (
    REFUSED,
    PrivateAddressError,
    may_be_public,
    public_socket,
)
from pixelmill.sources.download_memory import Body
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
        passing: Whether another attempt may succeed.
        busy: Whether the host wants to be left alone, and so all other attempts at it.
        wait: Seconds that the server asks to wait; None where it does not.
        reached: Whether a server answered at all; None where none was asked.
    """

    reason: str
    passing: bool = False
    busy: bool = False
    wait: float | None = None
    reached: bool | None = True

    def __post_init__(self) -> None:
        """Makes the reason safe to be shown and stored."""
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
    """

    data: bytes
    content_type: str


def open_session(parameters: DownloadsParameters) -> "ClientSession":
    """Connections that all attempts share.

    Args:
        parameters: Takes `threads`, `user_agent`, `private_addresses` and `proxy`.
    """
    from importlib.metadata import version

    import aiohttp

    agent = parameters.user_agent or f"pixelmill/{version('pixelmill')}"
    public = not parameters.private_addresses
    return aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(
            limit=parameters.threads,
            ttl_dns_cache=300,
            # A proxy is the user's choice, and usually one of the own network.
            socket_factory=public_socket if public and parameters.proxy is None else None,
        ),
        timeout=aiohttp.ClientTimeout(total=None),  # `attempt` has a clock of its own
        headers={"User-Agent": agent, "Accept": "image/*,*/*;q=0.5"},
        cookie_jar=aiohttp.DummyCookieJar(),
    )


async def _refuse_private_hosts(
    request: "ClientRequest", handler: "ClientHandlerType"
) -> "ClientResponse":
    """What a proxy is asked for, after each redirect too."""
    host = request.url.host or ""
    if not may_be_public(host):
        raise _not_public(host)
    return await handler(request)


async def attempt(
    session: "ClientSession", url: str, parameters: DownloadsParameters, room: Body
) -> Answer:
    """Get what a URL names.

    Args:
        session: Of `open_session`.
        url: http or https.
        parameters: Takes `timeout`, `max_bytes`, `private_addresses` and `proxy`.
        room: Where the body has its bytes.

    Raises:
        AttemptError: It is unavailable.
    """
    late = AttemptError(f"not finished within {parameters.timeout:g} s", reached=False)
    try:
        async with asyncio.timeout(parameters.timeout) as clock:
            limits = _Limits(parameters.max_bytes, room, clock, late)
            own = _with_own_cookies(session, parameters)
            return await _explained(_get(own, url, limits))
    except TimeoutError as error:
        raise late from error


@dataclass
class _Limits:
    """Of one attempt: bytes, their room, and the time; `late` is what it ends with after that."""

    max_bytes: int
    room: Body
    clock: asyncio.Timeout
    late: AttemptError


async def _get(session: "ClientSession", url: str, limits: _Limits) -> Answer:
    async with session, session.get(_as_sent(url), max_redirects=REDIRECTS) as response:
        limits.late.reached = True
        if response.status != HTTPStatus.OK:
            raise _refusal(response)
        return Answer(await _body(response, limits), _content_type(response))


def _with_own_cookies(session: "ClientSession", parameters: DownloadsParameters) -> "ClientSession":
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
        return AttemptError(f"{reason}: the server asks to wait {wait:.0f} s")
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
    except (AttemptError, TimeoutError):  # aiohttp's own are also of kinds that follow
        raise
    except aiohttp.TooManyRedirects as error:
        raise AttemptError("too many redirects") from error
    except (aiohttp.NonHttpUrlClientError, aiohttp.InvalidURL) as error:
        place = "the redirect" if isinstance(error, aiohttp.RedirectClientError) else "the URL"
        raise AttemptError(
            f"{place} leads to no http or https address: {shown_url(str(error.args[0]))}"
        ) from error
    except aiohttp.ClientSSLError as error:
        raise AttemptError(f"no safe connection: {_described(error)}") from error
    except aiohttp.ClientConnectorError as error:
        raise _no_connection(error) from error
    except aiohttp.ClientResponseError as error:
        raise AttemptError(f"no valid answer: {_described(error.message or error)}") from error
    except (aiohttp.ClientError, ConnectionError) as error:
        raise AttemptError(f"the connection broke: {_described(error)}", passing=True) from error
    except ValueError as error:
        raise AttemptError(f"the URL or the answer is not valid: {_described(error)}") from error
    except Exception as error:  # whatever a server makes the libraries raise is its URL's reason
        raise AttemptError(f"no valid answer: {_described(error)}") from error


def _no_connection(error: "ClientConnectorError") -> AttemptError:
    if isinstance(error.os_error, PrivateAddressError):
        return _not_public(error.os_error.address)
    reason = f"no connection: {_described(error)}"
    return AttemptError(reason, passing=True, reached=False)


def _not_public(place: str) -> AttemptError:
    return AttemptError(f"{safe_text(place, 60)} {REFUSED}", reached=None)


def _described(error: object) -> str:
    """What a library says, which may repeat what a server has sent."""
    return safe_text(" ".join(str(error).split())) or type(error).__name__
