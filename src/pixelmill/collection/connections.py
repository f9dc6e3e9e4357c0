"""Connections that stay open between requests."""

from importlib.metadata import version
from typing import Any

import aiohttp
from aiohttp.abc import AbstractCookieJar
from aiohttp.connector import Connection

from pixelmill.collection.addresses import may_be_public, public_socket
from pixelmill.collection.reasons import not_public
from pixelmill.parameters import CollectionParameters

_LONGEST_HEADER = 32_768  # bytes; sites send content security policies beyond aiohttp's 8,190
_MOST_TRIES = 20  # of connections of which all say something unasked


class CleanConnector(aiohttp.TCPConnector):
    """Reuses a connection only if nothing has come since the last answer on it was read.

    aiohttp takes whatever a server has sent meanwhile for the answer to the next request: an image
    would be stored under the URL of another. curl and browsers close such connections too.
    """

    async def connect(self, *arguments: Any, **named: Any) -> Connection:
        """Return a connection; takes and raises what the method of the base class does."""
        for _ in range(_MOST_TRIES):
            connection = await super().connect(*arguments, **named)
            protocol = connection.protocol
            if protocol is None or not protocol.should_close:
                return connection
            connection.close()
        raise aiohttp.ClientOSError(0, "the server sends what nobody asked for")


def open_session(parameters: CollectionParameters) -> aiohttp.ClientSession:
    """Open the connections that all attempts share.

    Args:
        parameters: Parameters; uses `threads`, `user_agent`, `private_addresses`, `proxy` and the
            limits of connecting and reading.
    """
    public = not parameters.private_addresses
    connector = CleanConnector(
        limit=parameters.threads,
        ttl_dns_cache=300,
        # A proxy is the user's choice, and usually one of the own network.
        socket_factory=public_socket if public and parameters.proxy is None else None,
    )
    return session_with(parameters, aiohttp.DummyCookieJar(), connector, owns=True)


def session_with(
    parameters: CollectionParameters,
    cookies: AbstractCookieJar,
    connector: aiohttp.BaseConnector | None,
    *,
    owns: bool,
) -> aiohttp.ClientSession:
    """Return a session of some connections.

    Args:
        parameters: As `open_session` takes them.
        cookies: Cookies of the session.
        connector: Connections.
        owns: Whether they are closed with the session.
    """
    by_name = parameters.proxy is not None and not parameters.private_addresses
    return aiohttp.ClientSession(
        connector=connector,
        connector_owner=owns,
        # `attempt` has a clock of its own for the whole.
        timeout=aiohttp.ClientTimeout(
            total=None,
            sock_connect=parameters.connect_timeout,
            sock_read=parameters.read_timeout,
        ),
        headers={"User-Agent": agent_of(parameters), "Accept": "image/*,*/*;q=0.5"},
        cookie_jar=cookies,
        max_field_size=_LONGEST_HEADER,
        proxy=parameters.proxy,
        middlewares=[_refuse_private_hosts] if by_name else [],
        trust_env=False,  # .netrc would send the user's passwords to whom a list names
    )


def agent_of(parameters: CollectionParameters) -> str:
    """Return the user agent that servers see.

    Args:
        parameters: Parameters; uses `user_agent`.
    """
    return parameters.user_agent or f"pixelmill/{version('pixelmill')}"


async def _refuse_private_hosts(
    request: aiohttp.ClientRequest, handler: aiohttp.ClientHandlerType
) -> aiohttp.ClientResponse:
    """Refuse what a proxy would be asked for."""
    host = request.url.host or ""
    if not may_be_public(host):
        raise not_public(host)
    return await handler(request)
