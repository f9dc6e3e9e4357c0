"""The visit of one page of a gallery, from top to end."""

import asyncio
import time
import unicodedata
from dataclasses import dataclass, field, replace
from typing import Any

from pixelmill.galleries.errors import PageError
from pixelmill.galleries.items import Item, PendingItems
from pixelmill.galleries.record import Found, WalkRecord
from pixelmill.galleries.tab import Tab
from pixelmill.galleries.tabs import Tools
from pixelmill.untrusted_text import shown_url

STEP = 0.1  # seconds after a scroll, for what it moved to be loaded
LOOK = 0.2  # seconds between two looks at a page that is waited for
SAVED = 10.0  # seconds after which what was found is written
NO_ADDRESS = "items whose image never got an address"
INLINE = "items whose image is written into the page (data:)"
NO_IMAGE = "linked pages without an image"
_HTTP = ("http://", "https://")


@dataclass
class Pass:
    """What is known of one pass through the pages of a start page.

    Attributes:
        met: Position of each image: page and item.
        unreached: Pages of single images that could not be opened this time, with the reasons.
        script_errors: Number of uncaught script errors of all pages.
        shown: Addresses of all items so far.
        stale_pages: Number of pages in a row up to the last that showed nothing else.
    """

    met: dict[str, tuple[str, str]] = field(default_factory=dict)
    unreached: dict[str, PageError] = field(default_factory=dict)
    script_errors: int = 0
    shown: set[str] = field(default_factory=set)
    stale_pages: int = 0

    def begin(self) -> None:
        """Begin another pass."""
        self.met.clear()
        self.shown.clear()
        self.stale_pages = 0

    def turn_page(self, shown: set[str]) -> None:
        """Note what a page has shown.

        Args:
            shown: Addresses of its items.
        """
        self.stale_pages = self.stale_pages + 1 if shown <= self.shown else 0
        self.shown |= shown


class Visit:
    """Goes through one page.

    Args:
        tools: Browser, network and collector.
        record: What is known of the start page; grows as images are found.
        state: State of the pass.
    """

    def __init__(self, tools: Tools, record: WalkRecord, state: Pass) -> None:
        self._tools = tools
        self._collector = tools.collector
        self._limits = tools.collector.limits
        self._record = record
        self._pass = state
        self._page = record.state.page
        self._here: set[str] = set()  # addresses, new or known
        self._pending = PendingItems()
        self._new: list[Found] = []
        self._links: list[str] = []  # to be opened
        self._opened: list[str] = []
        self._last = self._saved = time.monotonic()  # when something new came; when it was written
        self._state: dict[str, Any] = {}

    async def run(self) -> str:
        """Visit the page, and return the next one; '' for none.

        What was found is written whatever happens.

        Raises:
            PageError: The page cannot be used, or not to its end.
            InputError: The record cannot be written.
        """
        from playwright.async_api import Error

        try:
            async with self._tools.opened(self._page, "page") as tab:
                try:
                    return await self._go_through(tab)
                finally:
                    self._pass.script_errors += tab.script_errors
        except Error as error:
            await self._tools.tabs.close()
            reason = str(error).partition("\n")[0]
            raise PageError(f"the browser has ended: {reason}", passing=True) from error
        finally:
            self._meet_pending(self._pending.take(0))
            self._save()

    @property
    def _is_full(self) -> bool:
        return len(self._record.images) >= self._collector.at_most

    async def _go_through(self, tab: Tab) -> str:
        self._last = time.monotonic()  # pauses and loading are no time in which it shows nothing
        while not self._is_full and time.monotonic() - self._last < self._limits.idle:
            await self._look(tab)
            await self._open_links()
            if len(self._state["changed"]) == self._state["most"]:
                continue
            if self._collector.scroll and not await tab.ask("scroll"):
                await asyncio.sleep(STEP)
            elif not await self._load_more(tab):
                break
        await self._show_missing(tab)
        await self._open_links()
        self._count_missing()
        self._meet_pending(self._pending.take(0, placeholders=True))
        self._pass.turn_page(self._here)
        following = await tab.ask("next") if self._collector.next else ""
        return following if str(following).startswith(_HTTP) else ""

    async def _look(self, tab: Tab) -> bool:
        """Record new images of the page, and return whether there are any."""
        self._state = state = await tab.ask("read")
        if state["items"]:
            tab.settle()
        changed = [one for one in state["changed"] if isinstance(one, dict)]
        self._pending.look()
        for one in changed:
            if self._collector.link is None:
                self._note_new(one["image"].partition("#")[0])
                self._pending.add(Item(one["key"], one["image"], one["label"]))
            else:
                self._meet_link(one["link"])
        self._meet_pending(self._pending.take())
        if time.monotonic() - self._saved > SAVED:
            self._save()
        return bool(changed)

    def _meet_pending(self, items: list[Item]) -> None:
        for item in items:
            self._meet(item.image, item.label, item.key)

    def _meet(self, address: str, label: str, key: str) -> None:
        url = address.partition("#")[0]
        place = (self._page, key)
        if self._pass.met.setdefault(url, place) != place:
            self._record.state = replace(self._record.state, moved=True)
        self._note_new(url)
        found = Found(url, _clean(label), shown_url(self._page), len(self._record.images))
        if not self._is_full and self._record.keep(found):
            self._new.append(found)

    def _note_new(self, address: str) -> None:
        if address not in self._here:
            self._here.add(address)
            self._last = time.monotonic()

    def _meet_link(self, link: str) -> None:
        link = link.partition("#")[0]
        self._note_new(link)
        known = link in self._record.links or link in self._opened or link in self._links
        if not known and link.startswith(_HTTP):
            self._links.append(link)

    async def _open_links(self) -> None:
        while self._links and not self._is_full:
            await self._open_link(self._links.pop(0))
            self._last = time.monotonic()
            if time.monotonic() - self._saved > SAVED:
                self._save()

    async def _open_link(self, link: str) -> None:
        try:
            image, label = await self._image_of(link)
        except PageError as problem:
            if problem.passing or problem.forbidden:
                self._pass.unreached[link] = problem
                return
            self._record.without[f"linked pages: {problem}"] += 1
        else:
            self._meet(image, label, link)
        self._opened.append(link)

    async def _image_of(self, link: str) -> tuple[str, str]:
        """Address and label of the image that a page of its own shows."""
        async with self._tools.opened(link, "image") as tab:
            until = time.monotonic() + self._limits.wait
            while True:
                item = await tab.ask("one")
                if item["image"].startswith(_HTTP):
                    return item["image"], item["label"]
                if time.monotonic() > until:
                    raise PageError("no image")
                if self._collector.scroll:
                    await tab.ask("scroll")
                await asyncio.sleep(LOOK)

    async def _load_more(self, tab: Tab) -> bool:
        """Scroll the page to its end to load more, and return whether it did."""
        more, following = self._collector.more, self._collector.next
        button = following is not None and await tab.ask("next") == "button"
        if self._state["items"] and not (self._collector.scroll or more or button):
            return False
        began = time.monotonic()
        await self._tools.courtesy.turn(tab.url)
        self._last += time.monotonic() - began  # the pause is ours
        clicked = await self._click(tab)
        until = time.monotonic() + self._limits.wait
        while time.monotonic() < until:
            await asyncio.sleep(LOOK)
            if await self._look(tab):
                return True
            if not clicked and await self._click(tab):
                clicked, until = True, time.monotonic() + self._limits.wait
            if self._collector.scroll:
                await tab.ask("nudge")
        return False

    async def _click(self, tab: Tab) -> bool:
        more, following = self._collector.more, self._collector.next
        if more and await tab.ask("click", more):
            return True
        if following and await tab.ask("next") == "button":
            return bool(await tab.ask("click", following))
        return False

    async def _show_missing(self, tab: Tab) -> None:
        """Scroll items without an address into view, one after the other."""
        number, until = 0, time.monotonic() + self._limits.wait
        while self._state.get("missing") and not self._is_full and time.monotonic() < until:
            before = self._state["missing"]
            if not await tab.ask("reveal", number):
                return
            await asyncio.sleep(STEP)
            await self._look(tab)
            number += self._state["missing"] >= before
            if number >= self._state["missing"]:
                number = 0  # from the first again: some take their time
                await asyncio.sleep(LOOK)

    def _count_missing(self) -> None:
        inline = self._state.get("inline", 0)
        missing = self._state.get("missing", 0) - inline
        self._record.skipped.update({NO_ADDRESS: missing, INLINE: inline})

    def _save(self) -> None:
        self._saved = time.monotonic()
        if self._new or self._opened:
            state = self._record.state
            state = replace(state, new=state.new + len(self._new))
            self._record.add(self._new, self._opened, state)
            self._new, self._opened = [], []


def _clean(label: str) -> str | None:
    """Return a label as one line of text that can be written; None for nothing."""
    whole = label.encode(errors="replace").decode()  # half of a pair of surrogates
    shown = "".join(one if one.isprintable() else " " for one in whole)
    return unicodedata.normalize("NFC", " ".join(shown.split())) or None
