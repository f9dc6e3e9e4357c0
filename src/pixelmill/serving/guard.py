"""Checks of a request before its route: host, key, size and time of its body.

The body is read here, whole and within its limits, so that no route waits for a slow client.
"""

import asyncio
import contextlib
import hmac
import json
import logging
import os
import time
from collections.abc import Awaitable, Callable, MutableMapping
from dataclasses import dataclass
from functools import partial
from http import HTTPStatus
from typing import Any

from starlette.datastructures import Headers
from starlette.middleware.cors import CORSMiddleware

from pixelmill.parameters import ServingParameters
from pixelmill.serving.answers import ERRORS_HEADER, SHAPE_HEADER
from pixelmill.serving.current import CurrentModel, UnavailableError
from pixelmill.serving.metrics import Metrics
from pixelmill.serving.uploads import TAKE
from pixelmill.untrusted_text import safe_text

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Application = Callable[[Scope, Receive, Send], Awaitable[None]]

HEALTH_PATHS = ("/health/live", "/health/ready")
OPEN_PATHS = ("/", "/docs", "/openapi.json", *HEALTH_PATHS)
OPEN_FOLDERS = ("/page/", "/swagger/")
LOOPBACK_NAMES = ("localhost", "127.0.0.1", "[::1]")
KEY_HEADER = "X-API-Key"
TAKEN = "pixelmill.body_bytes"  # in the scope of a request
LINGER_SECONDS = 2
PAGE_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
DOCS_POLICY = PAGE_POLICY.replace("style-src 'self'", "style-src 'self' 'unsafe-inline'")
HEADERS = (
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-resource-policy", b"same-origin"),
)

logger = logging.getLogger(__name__)


@dataclass
class RefusedError(Exception):
    """A request is refused before a route sees it.

    Attributes:
        status: HTTP status.
        detail: Reason as one sentence.
        headers: Further ones of the answer.
    """

    status: int
    detail: str
    headers: tuple[tuple[bytes, bytes], ...] = ()


class Guard:
    """An ASGI application in front of another one.

    Args:
        application: Application that answers admitted requests.
        parameters: Parameters of the service.
        metrics: Counts requests and their time.
        current: The model, whose queue may be full.
        key: Key that clients must send; None admits everybody.
        hosts: Names by which it may be called; none lets every name in.
    """

    def __init__(
        self,
        application: Application,
        parameters: ServingParameters,
        metrics: Metrics,
        current: CurrentModel,
        key: str | None,
        hosts: tuple[str, ...],
    ) -> None:
        self._application = application
        self._checked = _with_origins(self._check, parameters)
        self._parameters = parameters
        self._metrics = metrics
        self._current = current
        self._key = None if key is None else os.fsencode(key)
        self._hosts = {host.lower() for host in hosts}
        self._bytes_in_flight = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""
        if scope["type"] != "http":
            await self._application(scope, receive, send)
            return
        method, began = scope["method"], time.perf_counter()
        if method == "HEAD":  # the answer to GET, whose body uvicorn leaves out
            scope = {**scope, "method": "GET"}
        scope[TAKEN] = 0
        scope[TAKE] = partial(self._take_more, scope)
        send, statuses = _with_headers(scope, send), [0]

        async def counted(message: Message) -> None:
            statuses[0] = message.get("status", statuses[0])
            await send(message)

        try:
            await self._checked(scope, receive, counted)
        finally:
            self._bytes_in_flight -= scope[TAKEN]
            self._log_request(scope, method, statuses[0], time.perf_counter() - began)

    async def _check(self, scope: Scope, receive: Receive, send: Send) -> None:
        body = None
        try:
            headers = Headers(scope=scope)
            self._check_host(scope, headers)
            self._check_key(scope, headers)
            body = await self._read_body(scope, headers, receive)
            self._check_queue(scope)
        except RefusedError as refused:
            await _refuse(refused, receive if body is None else None, send)
        else:
            await self._application(scope, _replay(body, receive), send)

    def _log_request(self, scope: Scope, method: str, status: int, seconds: float) -> None:
        """Count a request, and write it to the log where that is wanted."""
        route = getattr(scope.get("route"), "path", "other")
        self._metrics.count_request(route, status, seconds)
        if self._parameters.log_requests:
            client = (scope.get("client") or ("-",))[0]
            asked = f"{method} {safe_text(scope['path'])}"
            logger.info("%s %s %d %.0f ms", client, asked, status, 1000 * seconds)

    def _check_host(self, scope: Scope, headers: Headers) -> None:
        """Refuse other names than those of the service.

        A page of a stranger may have its own name lead to this machine, and so read answers that
        are meant for this machine alone. Health checks of Docker and load balancers name none.
        """
        if scope["path"] in HEALTH_PATHS:
            return
        host = headers.get("host", "")
        name = host if host.endswith("]") else host.rpartition(":")[0] or host
        if self._hosts and name.lower() not in self._hosts:
            raise RefusedError(
                HTTPStatus.MISDIRECTED_REQUEST,
                "the service is not called by this name: add it to serving.hosts",
            )

    def _check_key(self, scope: Scope, headers: Headers) -> None:
        path = scope["path"]
        is_open = path in OPEN_PATHS or path.startswith(OPEN_FOLDERS)
        if self._key is None or is_open:
            return
        given = headers.get(KEY_HEADER) or headers.get("authorization", "").removeprefix("Bearer ")
        if not hmac.compare_digest(given.encode("latin-1"), self._key):
            raise RefusedError(
                HTTPStatus.UNAUTHORIZED,
                f"send the key of this service in the header {KEY_HEADER}",
                ((b"www-authenticate", b"Bearer"),),
            )

    def _check_queue(self, scope: Scope) -> None:
        """Refuse before the body is parsed: what is refused should cost little."""
        if scope["method"] != "POST":
            return
        try:
            self._current.check_queue(1)
        except UnavailableError as problem:
            seconds = str(problem.retry_after).encode()
            raise RefusedError(
                HTTPStatus.SERVICE_UNAVAILABLE, str(problem), ((b"retry-after", seconds),)
            ) from problem

    async def _read_body(self, scope: Scope, headers: Headers, receive: Receive) -> bytes:
        self._check_size(int(headers.get("content-length") or 0))
        parts: list[bytes] = []
        try:
            async with asyncio.timeout(self._parameters.body_seconds):
                while True:
                    message = await receive()
                    if message["type"] == "http.disconnect":
                        raise RefusedError(HTTPStatus.BAD_REQUEST, "the client hung up")
                    part = message.get("body", b"")
                    self._take(len(part), scope)
                    parts.append(part)
                    if not message.get("more_body"):
                        return b"".join(parts)
        except TimeoutError as problem:
            raise RefusedError(
                HTTPStatus.REQUEST_TIMEOUT,
                f"the body did not arrive within {self._parameters.body_seconds:g} s",
            ) from problem

    def _take(self, size: int, scope: Scope) -> None:
        """Count the bytes of a body before they are kept."""
        self._check_size(scope[TAKEN] + size)
        if self._bytes_in_flight + size > self._parameters.max_bytes_in_flight:
            raise RefusedError(
                HTTPStatus.SERVICE_UNAVAILABLE,
                "other requests fill the memory: try again later",
                ((b"retry-after", b"1"),),
            )
        scope[TAKEN] += size
        self._bytes_in_flight += size

    def _take_more(self, scope: Scope, size: int) -> str | None:
        """Count bytes that a route gets for a request; return why there is no room for them."""
        try:
            self._take(size, scope)
        except RefusedError as refused:
            return refused.detail
        return None

    def _check_size(self, size: int) -> None:
        most = self._parameters.max_body_bytes
        if size > most:
            raise RefusedError(
                HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
                f"the request has more than {most:,} bytes: send its images in several requests",
            )


def _with_origins(application: Application, parameters: ServingParameters) -> Application:
    """Let pages of other origins, where the parameters name some, read answers and refusals."""
    if not parameters.cors_origins:
        return application
    return CORSMiddleware(
        application,
        allow_origins=parameters.cors_origins,
        allow_methods=["GET", "POST"],
        allow_headers=[KEY_HEADER, "Authorization", "Content-Type"],
        expose_headers=[ERRORS_HEADER, SHAPE_HEADER, "Retry-After"],
    )


def _replay(body: bytes, receive: Receive) -> Receive:
    """Give the body at once; then wait with whoever waits for the end of the connection."""
    messages = [{"type": "http.request", "body": body, "more_body": False}]

    async def next_message() -> Message:
        return messages.pop() if messages else await receive()

    return next_message


def _with_headers(scope: Scope, send: Send) -> Send:
    policy = DOCS_POLICY if scope["path"] == "/docs" else PAGE_POLICY
    added = [*HEADERS, (b"content-security-policy", policy.encode())]

    async def send_more(message: Message) -> None:
        if message["type"] == "http.response.start":
            message["headers"] = [*message.get("headers", ()), *added]
        await send(message)

    return send_more


async def _refuse(refused: RefusedError, receive: Receive | None, send: Send) -> None:
    """Answer; where the body is still on its way, take it for a while, and close the connection.

    A connection that is closed at once is reset, and the client may never read the answer.
    """
    body = json.dumps({"detail": refused.detail}).encode()
    headers = [
        (b"content-type", b"application/json"),
        (b"content-length", str(len(body)).encode()),
        *([] if receive is None else [(b"connection", b"close")]),
        *refused.headers,
    ]
    await send({"type": "http.response.start", "status": refused.status, "headers": headers})
    await send({"type": "http.response.body", "body": body, "more_body": True})
    if receive is not None:
        await _drain(receive)
    await send({"type": "http.response.body", "body": b""})


async def _drain(receive: Receive) -> None:
    """Take the rest of a body and forget it."""
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(LINGER_SECONDS):
            while (await receive()).get("more_body"):
                pass
