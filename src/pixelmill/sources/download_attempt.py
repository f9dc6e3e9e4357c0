"""One attempt to get what a URL names, by aiohttp."""

import re
from collections.abc import Awaitable
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from http.client import responses
from typing import TYPE_CHECKING

from pixelmill.parameters.downloads import DownloadsParameters

if TYPE_CHECKING:
    from aiohttp import ClientResponse, ClientSession
    from yarl import URL

REDIRECTS = 10
LONGEST_REASON = 300  # characters
LONGEST_WAIT = 120.0  # seconds that a server may ask to be left alone
_BUSY = {429, 503}
_PASSING = {408, 425, 500, 502, 504}
_WRITTEN_AS_SENT = re.compile(r"[!#$%&'()*+,\-./0-9:;=?@A-Z\[\]_a-z~]*")


@dataclass
class AttemptError(Exception):
    """Nothing came of an attempt.

    Attributes:
        reason: Why.
        passing: Whether another attempt may succeed.
        busy: Whether the host wants to be left alone, and so all other attempts at it.
        wait: Seconds that the server asks to wait; None where it does not.
        reached: Whether a server answered at all.
    """

    reason: str
    passing: bool = False
    busy: bool = False
    wait: float | None = None
    reached: bool = True

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
    """Connections that all attempts share; proxies are those of the environment.

    Args:
        parameters: Takes `threads`, `timeout` and `user_agent`.
    """
    from importlib.metadata import version
    from urllib.request import getproxies

    import aiohttp

    agent = parameters.user_agent or f"pixelmill/{version('pixelmill')}"
    return aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(limit=parameters.threads, ttl_dns_cache=300),
        timeout=aiohttp.ClientTimeout(total=parameters.timeout),
        headers={"User-Agent": agent, "Accept": "image/*,*/*;q=0.5"},
        cookie_jar=aiohttp.DummyCookieJar(),
        trust_env=bool(getproxies()),  # looks through the environment for each image
    )


async def attempt(session: "ClientSession", url: str, parameters: DownloadsParameters) -> Answer:
    """Get what a URL names.

    Args:
        session: Of `open_session`.
        url: http or https.
        parameters: Takes `timeout` and `max_bytes`.

    Raises:
        AttemptError: It could not be had.
    """
    late = AttemptError(f"not finished within {parameters.timeout:g} s", reached=False)
    try:
        return await _explained(_get(session, url, parameters.max_bytes, late))
    except TimeoutError as error:
        raise late from error


async def _get(session: "ClientSession", url: str, max_bytes: int, late: AttemptError) -> Answer:
    own = _with_own_cookies(session)
    async with own, own.get(_as_sent(url), max_redirects=REDIRECTS) as response:
        late.reached = True
        if response.status != HTTPStatus.OK:
            raise _refusal(response)
        return Answer(await _body(response, max_bytes), _content_type(response))


def _with_own_cookies(session: "ClientSession") -> "ClientSession":
    """The same connections with cookies that live through the redirects of one attempt."""
    import aiohttp

    return aiohttp.ClientSession(
        connector=session.connector,
        connector_owner=False,
        timeout=session.timeout,
        headers=session.headers,
        cookie_jar=aiohttp.CookieJar(unsafe=True),  # also of hosts that are numbers
        trust_env=session.trust_env,
    )


def _as_sent(url: str) -> "URL":
    """A URL that is written as the standard has it is sent as it is: it may be signed."""
    from yarl import URL

    return URL(url, encoded=bool(_WRITTEN_AS_SENT.fullmatch(url)))


def _content_type(response: "ClientResponse") -> str:
    return response.headers.get("Content-Type", "").partition(";")[0].strip().lower()


async def _body(response: "ClientResponse", max_bytes: int) -> bytes:
    size, parts = response.content_length or 0, []
    if size > max_bytes:
        raise _too_large(f"{size:,}", max_bytes)
    size = 0
    async for part in response.content.iter_any():
        size += len(part)
        if size > max_bytes:
            raise _too_large("more", max_bytes)
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
    except ValueError:
        return None
    known = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return max(0.0, (known - datetime.now(UTC)).total_seconds())


async def _explained(answer: Awaitable[Answer]) -> Answer:
    """The answer, or what aiohttp raises in our words."""
    import aiohttp

    try:
        return await answer
    except aiohttp.TooManyRedirects as error:
        raise AttemptError("too many redirects") from error
    except (aiohttp.NonHttpUrlClientError, aiohttp.InvalidURL) as error:
        place = "the redirect" if isinstance(error, aiohttp.RedirectClientError) else "the URL"
        raise AttemptError(
            f"{place} leads to no http or https address: {_one_line(error)}"
        ) from error
    except aiohttp.ClientSSLError as error:
        raise AttemptError(f"no safe connection: {_one_line(error)}") from error
    except TimeoutError:  # aiohttp's own are also of kinds that follow
        raise
    except aiohttp.ClientConnectorError as error:
        raise AttemptError(
            f"no connection: {_one_line(error)}", passing=True, reached=False
        ) from error
    except aiohttp.ClientResponseError as error:
        raise AttemptError(f"no valid answer: {_one_line(error.message or error)}") from error
    except (aiohttp.ClientError, ConnectionError) as error:
        raise AttemptError(f"the connection broke: {_one_line(error)}", passing=True) from error
    except ValueError as error:  # of the library that reads URLs
        raise AttemptError(f"the URL is not valid: {_one_line(error)}") from error


def _one_line(error: object) -> str:
    """What a library says, which may repeat what a server has sent."""
    return " ".join(str(error).split())[:LONGEST_REASON] or type(error).__name__
