"""Connections that stay open between requests."""

from typing import Any

from aiohttp import ClientOSError, TCPConnector
from aiohttp.connector import Connection

_MOST_TRIES = 20  # of connections of which all say something unasked


class CleanConnector(TCPConnector):
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
        raise ClientOSError(0, "the server sends what nobody asked for")
