"""Reasons of failed attempts, safe to show."""

import os
import re
import socket
from collections.abc import Awaitable
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http.client import responses
from typing import TYPE_CHECKING, TypeVar

from pixelmill.collection.addresses import REFUSED, PrivateAddressError
from pixelmill.untrusted_text import LONGEST_TEXT, safe_text, shown_url

if TYPE_CHECKING:
    from aiohttp import ClientConnectorError, ClientResponse

Came = TypeVar("Came")
LONGEST_WAIT = 120.0  # seconds that a server may ask to be left alone
_BUSY = {429, 503}
_PASSING = {408, 425}
_LASTING = {501, 505}  # of those from 500 to 599, among which are the proxies' own
_NUMBER = re.compile(r"\[Errno (\d+)\]")  # where several addresses failed
_BYTES = re.compile(r"\bb('|\")")  # as Python writes them


@dataclass
class AttemptError(Exception):
    """Nothing came of an attempt.

    Attributes:
        reason: Reason, in which text of a server is made safe.
        passing: Whether another attempt may succeed at once.
        later: Whether another run may succeed; it may where another attempt may.
        busy: Whether the host wants to be left alone, and so all other attempts at it.
        wait: Seconds that the server asks to wait; None where it does not.
        reached: Whether a server answered at all; None where none was asked.
        of_host: Whether it holds for all URLs of the host.
        status: HTTP status; None if there is none.
        final_url: URL of the last redirect, with its secrets; '' if no server answered.
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
        """Make the reason safe to be shown and stored."""
        self.later = self.later or self.passing
        self.reason = safe_text(self.reason, LONGEST_TEXT + LONGEST_TEXT)

    def __str__(self) -> str:
        """Return the reason."""
        return self.reason


def refusal(response: "ClientResponse") -> AttemptError:
    """Return why a status other than 200 brings no image.

    Args:
        response: Answer of the server.
    """
    status = response.status
    reason = f"HTTP {status} {responses.get(status, '')}".strip()
    if status not in _BUSY:
        is_of_server = 500 <= status < 600 and status not in _LASTING
        return AttemptError(reason, passing=is_of_server or status in _PASSING)
    wait = retry_after(response.headers.get("Retry-After", ""), response.headers.get("Date", ""))
    if wait is not None and wait > LONGEST_WAIT:
        reason = f"{reason}: the server asks to wait {wait:.0f} s"
        return AttemptError(reason, later=True, of_host=True)
    return AttemptError(reason, passing=True, busy=True, wait=wait)


def retry_after(written: str, sent: str = "") -> float | None:
    """Return seconds, which a server may write as a moment; None for what is neither.

    Args:
        written: Value of Retry-After.
        sent: Value of Date, by whose clock the moment is: the server's or this one may be wrong.
    """
    if written.strip().isdecimal():
        return float(written)
    moment = _moment(written)
    if moment is None:
        return None
    return max(0.0, (moment - (_moment(sent) or datetime.now(UTC))).total_seconds())


def _moment(written: str) -> datetime | None:
    try:
        moment = parsedate_to_datetime(written)
    except (ValueError, TypeError, OverflowError):  # no moment, or one of no calendar
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


async def explained(answer: Awaitable[Came]) -> Came:
    """Return the answer, or raise whatever goes wrong as an AttemptError.

    Args:
        answer: Answer that is waited for.

    Raises:
        AttemptError: Something went wrong.
        TimeoutError: The whole attempt took too long.
    """
    import aiohttp

    try:
        return await answer
    except AttemptError:
        raise
    except aiohttp.ServerTimeoutError as error:
        connecting = isinstance(error, aiohttp.ConnectionTimeoutError)
        reason = "no connection within its time" if connecting else "no byte came for too long"
        _release_frames(error)
        raise AttemptError(reason, passing=True, reached=not connecting) from error
    except TimeoutError:  # that of the whole attempt
        raise
    except Exception as error:
        _release_frames(error)
        raise _explanation(error) from error


def _release_frames(error: Exception) -> None:
    """Have an error keep nothing in memory.

    aiohttp's reader keeps its error, whose frames keep the reader and all that has been read: many
    megabytes, which only a search for reference cycles would find.
    """
    error.__traceback__ = None


def _explanation(error: Exception) -> AttemptError:
    """Return the reason of a URL from whatever its server makes the libraries raise."""
    import aiohttp
    from aiohttp.http_exceptions import ContentEncodingError, HttpProcessingError

    if isinstance(error, aiohttp.ClientConnectorError) and not _is_of_tls(error):
        return _no_connection(error)
    message, passing = _described(error), False
    match error:
        case aiohttp.InvalidURL(args=(str(host), _)):
            reason = f"{host} is no address in its usual form, four numbers such as 192.0.2.1"
        case aiohttp.NonHttpUrlClientError() | aiohttp.InvalidURL():
            shown = shown_url(str(error.args[0]))
            reason = f"the URL leads to no http or https address: {shown}"
        case aiohttp.ClientSSLError():
            reason = f"no safe connection: {_of_tls(error)}"
        case aiohttp.ClientResponseError():
            reason = f"no valid answer: {_described(error.message or error)}"
        case aiohttp.ClientPayloadError(__cause__=HttpProcessingError(message=said) as cause):
            is_packed = isinstance(cause, ContentEncodingError)
            what = "the answer cannot be unpacked" if is_packed else "the connection broke"
            reason, passing = f"{what}: {_described(said)}", True
        case aiohttp.ClientError() | ConnectionError():
            reason, passing = f"the connection broke: {message}", True
        case UnicodeError() if "idna" in message:
            reason = "no host can be called so: a part of its name is empty or too long"
        case ValueError():
            reason = f"the URL or the answer is not valid: {message}"
        case _:
            reason = f"no valid answer: {message}"
    return AttemptError(reason, passing=passing)


def _is_of_tls(error: Exception) -> bool:
    import aiohttp

    return isinstance(error, aiohttp.ClientSSLError)


def _of_tls(error: Exception) -> str:
    """Return what OpenSSL says, without the numbers and names of Python's own message."""
    inner = getattr(error, "certificate_error", None) or getattr(error, "os_error", error)
    said = getattr(inner, "reason", None) or ""
    return _described(getattr(inner, "verify_message", "") or said.lower().replace("_", " "))


def _of_system(error: OSError) -> str:
    """Return what the system says, which is the same for all addresses and hosts."""
    number = error.errno or next(iter(_NUMBER.findall(str(error))), None)
    return os.strerror(int(number)) if number else _described(error)


def _no_connection(error: "ClientConnectorError") -> AttemptError:
    if isinstance(error.os_error, PrivateAddressError):
        return not_public(error.os_error.address)
    if isinstance(error.os_error, socket.gaierror):
        return _no_address(error.os_error)
    reason = f"no connection: {_of_system(error.os_error)}"
    return AttemptError(reason, passing=True, reached=False)


def _no_address(error: socket.gaierror) -> AttemptError:
    """Return the error of a host without address; only that it does not exist is final."""
    if error.errno in (socket.EAI_NONAME, getattr(socket, "EAI_NODATA", None)):
        return AttemptError("no connection: there is no such host", reached=False, of_host=True)
    reason = f"no connection: the name of the host cannot be looked up ({error.strerror})"
    return AttemptError(reason, passing=True, reached=False)


def not_public(place: str) -> AttemptError:
    """Return the error of an address that is not public.

    Args:
        place: Address, or name of a host.
    """
    return AttemptError(f"{safe_text(place, 60)} {REFUSED}", reached=None)


def _described(error: object) -> str:
    """Return a library's message, which may repeat what a server has sent."""
    text = _BYTES.sub(r"\1", " ".join(str(error).split()).removesuffix(" ^"))
    return safe_text(text) or type(error).__name__
