"""Politeness towards servers: robots.txt and pauses."""

import asyncio
import logging
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from pixelmill.collection.robots import ALLOWS_ALL, LARGEST, Robots, parse, text_of
from pixelmill.galleries.errors import PageError
from pixelmill.galleries.proxy import PublicProxy
from pixelmill.parameters.collection import OPT_OUTS
from pixelmill.parameters.galleries import Politeness

if TYPE_CHECKING:
    from aiohttp import StreamReader

LONGEST_DELAY = 60.0  # seconds; a crawl-delay of an hour means that crawlers are unwanted
SECONDS = 20.0
REDIRECTS = 5

logger = logging.getLogger(__name__)


def user_agent(politeness: Politeness) -> str:
    """Return the user agent that servers are sent.

    Args:
        politeness: Parameters; uses `user_agent`.
    """
    from importlib.metadata import version

    return politeness.user_agent or f"Mozilla/5.0 (compatible; pixelmill/{version('pixelmill')})"


@dataclass
class _Host:
    rules: Robots = ALLOWS_ALL
    delay: float = 0.0
    free: float = 0.0  # by `time.monotonic`: when it may be asked again
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    known: bool = False


class Courtesy:
    """Asks robots.txt of each host once, and keeps the pauses between its pages.

    Args:
        politeness: Pauses, user agent and limits.
        proxy: Proxy for the requests of robots.txt.
        opt_outs: Directives of pages whose images are left out.

    Attributes:
        name: User agent that robots.txt and pages speak of.
    """

    def __init__(
        self, politeness: Politeness, proxy: PublicProxy, opt_outs: tuple[str, ...] = OPT_OUTS
    ) -> None:
        self.name = politeness.user_agent or "pixelmill"
        # Sites say it of all pages of a list but the first, to have each image found once.
        self._opt_outs = {*opt_outs} - {"noindex"}
        self._politeness = politeness
        self._proxy = proxy
        self._hosts: dict[str, _Host] = {}

    async def check(self, url: str) -> None:
        """Refuse a page that robots.txt forbids.

        Args:
            url: http or https.

        Raises:
            PageError: robots.txt forbids it, or cannot be read.
        """
        host, place = await self._host(url), urlsplit(url)
        path = f"{place.path}?{place.query}" if place.query else place.path
        if not host.rules.allows(path):
            raise PageError("robots.txt forbids it", forbidden=True)

    def check_opt_outs(self, reserved: set[str]) -> None:
        """Refuse a page whose images are reserved.

        Args:
            reserved: Directives returned by `Tab.reservations`.

        Raises:
            PageError: One of them counts.
        """
        if found := sorted(reserved & self._opt_outs):
            raise PageError(f"the page reserves its images ({', '.join(found)})", forbidden=True)

    async def turn(self, url: str) -> None:
        """Wait until the host of a page may be asked again.

        Raises:
            PageError: As `check` does.
        """
        await self.check(url)
        host = await self._host(url)
        begin = max(host.free, time.monotonic())
        host.free = begin + max(self._politeness.delay, host.delay)
        await asyncio.sleep(max(0.0, begin - time.monotonic()))

    async def _host(self, url: str) -> _Host:
        place = urlsplit(url)
        host = self._hosts.setdefault(f"{place.scheme}://{place.netloc}", _Host())
        async with host.lock:
            if self._politeness.robots and not host.known:
                await self._learn(host, f"{place.scheme}://{place.netloc}/robots.txt")
        return host

    async def _learn(self, host: _Host, url: str) -> None:
        text = await self._read(url)
        host.known = True
        host.rules = ALLOWS_ALL if text is None else parse(text, self.name)
        delay = host.rules.delay or 0.0
        if delay > LONGEST_DELAY:
            logger.warning(
                "%s asks for %g s between two pages: %g s are kept.", url, delay, LONGEST_DELAY
            )
        host.delay = min(delay, LONGEST_DELAY)

    async def _read(self, url: str) -> str | None:
        """Return the file, or None without one. A failing server forbids everything (RFC 9309)."""
        import aiohttp

        headers = {"User-Agent": user_agent(self._politeness)}
        try:
            async with (
                asyncio.timeout(SECONDS),
                aiohttp.ClientSession(headers=headers, trust_env=False) as session,
                session.get(url, proxy=self._proxy.url, max_redirects=REDIRECTS) as response,
            ):
                status, body = response.status, await _first(response.content)
        except (aiohttp.ClientError, TimeoutError, OSError, ValueError) as error:
            self._proxy.check(url)
            reason = str(error) or type(error).__name__
            raise PageError(f"its robots.txt cannot be read: {reason}", passing=True) from error
        self._proxy.check(url)
        if status >= 500 or status == 429:
            raise PageError(f"its robots.txt answers HTTP {status}", passing=True)
        return None if status >= 400 else text_of(body)


async def _first(content: "StreamReader") -> bytes:
    """Return a body, or as much of it as counts."""
    parts = bytearray()
    async for part in content.iter_any():
        parts += part
        if len(parts) >= LARGEST:
            break
    return bytes(parts[:LARGEST])
