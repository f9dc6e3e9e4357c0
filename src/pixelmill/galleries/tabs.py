"""The tabs of a collector, which wait while a server is busy."""

import asyncio
import contextlib
import random
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pixelmill.galleries.browser import GalleryBrowser
from pixelmill.galleries.courtesy import Courtesy
from pixelmill.galleries.errors import PageError
from pixelmill.galleries.proxy import PublicProxy
from pixelmill.galleries.tab import CLOSING, Tab
from pixelmill.parameters.galleries import Collector

if TYPE_CHECKING:
    from playwright.async_api import BrowserContext

ATTEMPTS = 3
PAUSE = 1.0  # seconds before the second attempt, doubled before each other one
LONGEST_WAIT = 120.0  # seconds that a server may ask to be left alone


class Tabs:
    """The tabs of a collector: one for the pages of a gallery, one for those of single images.

    A tab shows page after page, which costs a fraction of a new one, until a page spoils it.

    Args:
        browser: Browser that the tabs belong to.
    """

    def __init__(self, browser: GalleryBrowser) -> None:
        self._browser = browser
        self._window: BrowserContext | None = None
        self._tabs: dict[str, Tab] = {}

    async def get(self, role: str, collector: Collector) -> Tab:
        """Return the tab for a role, made if there is none.

        Args:
            role: Any name.
            collector: Collector; its selectors and limits are used.

        Raises:
            InputError: The browser cannot be started.
        """
        if role not in self._tabs:
            if self._window is None:
                self._window = await self._browser.open_window()
            tab = Tab(await self._window.new_page())
            await tab.prepare()
            self._tabs[role] = tab
        self._tabs[role].use(collector)
        return self._tabs[role]

    async def drop(self, role: str) -> None:
        """Close a tab: the next one is new."""
        tab = self._tabs.pop(role, None)
        if tab is not None:
            await tab.close()

    async def close(self) -> None:
        """Close all tabs, with the cookies and storage of their pages."""
        window, self._window = self._window, None
        self._tabs.clear()
        with contextlib.suppress(Exception):
            async with asyncio.timeout(CLOSING):
                if window is not None:
                    await window.close()


@dataclass(frozen=True)
class Tools:
    """What all visits of pages share."""

    collector: Collector
    tabs: Tabs
    courtesy: Courtesy
    proxy: PublicProxy

    @contextlib.asynccontextmanager
    async def opened(self, url: str, role: str) -> AsyncIterator[Tab]:
        """Open a page in a tab, asked for again while the server is busy.

        Args:
            url: http or https.
            role: Role of the tab.

        Raises:
            PageError: The page cannot be used.
        """
        tab = await self._open_patiently(url, role)
        try:
            yield tab
        except BaseException:
            await self.tabs.drop(role)
            raise

    async def _open_patiently(self, url: str, role: str) -> Tab:
        for attempt in range(ATTEMPTS):
            await self.courtesy.turn(url)
            try:
                tab = await self.tabs.get(role, self.collector)
                await tab.open(url, self.proxy)
                await self.courtesy.check(tab.url)  # it may be elsewhere
                self.courtesy.check_opt_outs(await tab.reservations(self.courtesy.name))
            except PageError as problem:
                await self.tabs.drop(role)
                if attempt + 1 == ATTEMPTS or not problem.passing or too_long(problem.wait):
                    raise
                await asyncio.sleep(_pause(attempt, problem.wait))
            else:
                return tab
        raise AssertionError


def too_long(wait: float | None) -> bool:
    """Return whether a server asks to wait longer than a run does."""
    return wait is not None and wait > LONGEST_WAIT


def _pause(attempt: int, wait: float | None) -> float:
    pause = PAUSE * 2**attempt if wait is None else wait
    return pause * random.uniform(1, 1.5)  # noqa: S311
