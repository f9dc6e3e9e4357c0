"""One HTTP request for a URL, by aiohttp."""

import asyncio
import time
from collections.abc import Mapping
from contextlib import AbstractAsyncContextManager, nullcontext
from dataclasses import dataclass, field, replace
from http import HTTPStatus
from typing import TYPE_CHECKING

from pixelmill.collection.memory import Body
from pixelmill.collection.reasons import AttemptError, explained, refusal
from pixelmill.collection.redirects import Step, as_sent, next_step
from pixelmill.parameters import CollectionParameters
from pixelmill.untrusted_text import safe_text

if TYPE_CHECKING:
    from aiohttp import (
        ClientResponse,
        ClientSession,
    )
    from aiohttp.abc import AbstractCookieJar
    from yarl import URL

KEPT_HEADERS = ("ETag", "Last-Modified", "X-Robots-Tag", "TDM-Reservation", "TDM-Policy")


@dataclass(frozen=True)
class Answer:
    """What a URL names.

    Attributes:
        data: Body of the answer.
        content_type: As the server says, without parameters; '' where it does not.
        final_url: URL that it came from, with its secrets.
        headers: Headers of `KEPT_HEADERS` that the server sent, made safe, by name.
        robots_tags: `X-Robots-Tag` as sent, one for each header of that name: what one says of a
            program does not hold for the next.
        unchanged: Whether the image that is there is still the one; `data` is empty then.
    """

    data: bytes
    content_type: str
    final_url: str = ""
    headers: dict[str, str] = field(default_factory=dict)
    robots_tags: tuple[str, ...] = ()
    unchanged: bool = False


async def get(
    session: "ClientSession", url: str, parameters: CollectionParameters, room: Body
) -> Answer:
    """Get what a URL names, at the end of all redirects.

    Args:
        session: Session returned by `connections.open_session`.
        url: http or https.
        parameters: As `attempt` takes them.
        room: Memory of the body.

    Raises:
        AttemptError: There is no usable image.
    """
    came: Answer | Step = Step(url)
    while isinstance(came, Step):
        came = await attempt(session, came, parameters, room)
    return came


async def attempt(
    session: "ClientSession",
    step: Step,
    parameters: CollectionParameters,
    room: Body,
    headers: Mapping[str, str] | None = None,
    *,
    cuts: bool = False,
) -> Answer | Step:
    """Make one request of a download.

    Args:
        session: Session returned by `connections.open_session`.
        step: The request; of an http or https URL.
        parameters: Parameters; uses `timeout`, which all steps have together, `header_timeout`,
            `max_bytes`, `private_addresses`, `proxy`.
        room: Memory of the body.
        headers: More headers of the request.
        cuts: Whether of a body that is too large the beginning is enough.

    Returns: What the URL names, or the next request where it is a redirect.

    Raises:
        AttemptError: There is no usable image.
    """
    late = AttemptError(f"not finished within {parameters.timeout:g} s", later=True, reached=False)
    try:
        async with asyncio.timeout(parameters.timeout - step.seconds) as clock:
            limits = _Limits(
                parameters.max_bytes, parameters.header_timeout, room, clock, late, cuts
            )
            async with _with_cookies(session, step.cookies, parameters) as used:
                return await explained(_get(used, step, limits, headers or {}))
    except TimeoutError as error:
        raise late from error


def _with_cookies(
    session: "ClientSession", cookies: "AbstractCookieJar | None", parameters: CollectionParameters
) -> "AbstractAsyncContextManager[ClientSession]":
    """Return the same connections with cookies that live for the redirects of one download."""
    if cookies is None:
        return nullcontext(session)
    from pixelmill.collection.connections import session_with

    return session_with(parameters, cookies, session.connector, owns=False)


@dataclass
class _Limits:
    """Of one attempt: bytes, their room, and the time; `late` is what it ends with after that."""

    max_bytes: int
    header_timeout: float
    room: Body
    clock: asyncio.Timeout
    late: AttemptError
    cuts: bool


async def _get(
    session: "ClientSession", step: Step, limits: _Limits, headers: Mapping[str, str]
) -> Answer | Step:
    began = time.monotonic()
    async with await _opened(session, step.url, limits, headers) as response:
        limits.late.reached = True
        if following := next_step(response, step, time.monotonic() - began):
            return following
        sent = response.headers
        kept = {name: safe_text(", ".join(sent.getall(name))) for name in KEPT_HEADERS
                if sent.get(name)}  # fmt: skip
        final, tags = str(response.url), tuple(sent.getall("X-Robots-Tag", []))
        if response.status == HTTPStatus.NOT_MODIFIED and headers:
            return Answer(b"", "", final, kept, tags, unchanged=True)
        if response.status != HTTPStatus.OK:
            raise replace(refusal(response), status=response.status, final_url=final)
        return Answer(await _body(response, limits), _content_type(response), final, kept, tags)


async def _opened(
    session: "ClientSession", url: str, limits: _Limits, headers: Mapping[str, str]
) -> "ClientResponse":
    """Return the answer up to the end of its header."""
    place = sent_url(url)
    limit = limits.header_timeout
    try:
        async with asyncio.timeout(limit) as clock:
            return await session.get(place, allow_redirects=False, headers=headers)
    except TimeoutError as error:
        if not clock.expired():
            raise
        reason = f"no header within {limit:g} s"
        raise AttemptError(reason, passing=True, reached=False) from error


def sent_url(url: str) -> "URL":
    """Return the URL as it is sent.

    Args:
        url: URL of the list, or of a redirect.

    Raises:
        AttemptError: It is not valid.
    """
    try:
        return as_sent(url)
    except ValueError as error:
        reason = "the URL is not valid: its host or port cannot be read"
        raise AttemptError(reason, reached=None) from error


def _content_type(response: "ClientResponse") -> str:
    return response.headers.get("Content-Type", "").partition(";")[0].strip().lower()


async def _body(response: "ClientResponse", limits: _Limits) -> bytes:
    size, parts = response.content_length or 0, []
    if size > limits.max_bytes and not limits.cuts:
        raise _too_large(f"{size:,}", limits.max_bytes)
    size = 0
    async for part in response.content.iter_any():
        size += len(part)
        if size > limits.max_bytes:
            if limits.cuts:
                parts.append(part[: limits.max_bytes - size])
                break
            raise _too_large("more", limits.max_bytes)
        await limits.room.take(len(part), limits.clock)
        parts.append(part)
    return b"".join(parts)


def _too_large(size: str, max_bytes: int) -> AttemptError:
    return AttemptError(f"too large: {size} bytes, max_bytes is {max_bytes:,}")
