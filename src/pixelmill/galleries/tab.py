"""One page of a gallery in a browser tab.

Whatever is asked of the page is bounded in time: a script may never end, and the tab then answers
nothing. What is read of it is read in a world that its own scripts do not reach.
"""

import asyncio
import contextlib
import json
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any, TypeVar

from pixelmill.collection.robots import first_word, reservations
from pixelmill.galleries.errors import PageError
from pixelmill.galleries.proxy import PAGE_BYTES, PublicProxy
from pixelmill.parameters.galleries import Collector, GalleryLimits

if TYPE_CHECKING:
    from collections.abc import Awaitable

    from playwright.async_api import CDPSession, Dialog, Page, Request, Route
    from playwright.async_api import Response as PageResponse

Result = TypeVar("Result")

CLOSING = 10.0  # seconds
MOST_REQUESTS = 20_000  # of a page, whose answers it may be waited for
REDIRECTS = 5  # by a page's own script, before it shows items
LIMITS = {"LONGEST_URL": 8000, "LONGEST_LABEL": 300, "MOST": 200_000}
_BUSY = {408, 425, 429, 500, 502, 503, 504}
# A GIF of one pixel replaces every image: only addresses are wanted.
_PIXEL = bytes.fromhex(
    "47494638396101000100800000000000ffffff21f90401000000002c00000000010001000002024401003b"
)
_UNWANTED = ("media", "font", "manifest", "texttrack")


class Tab:
    """A page that has been opened.

    Attributes:
        url: Address of the page, after redirects.
        script_errors: Number of uncaught errors of its scripts.
        requests: Number of its requests that were answered or passed on here.
    """

    def __init__(self, page: "Page") -> None:
        self.url = ""
        self.script_errors = 0
        self.requests = 0
        self._page = page
        self._limits = GalleryLimits()
        self._settings: dict[str, str | None] = {}
        self._session: CDPSession | None = None
        self._world: int | None = None
        self._navigations = 0
        self._crashed = False
        self._headers: dict[str, str] = {}

    def use(self, collector: Collector) -> None:
        """Read the next page as a collector says."""
        self._limits = collector.limits
        self._settings = {**collector.selectors, "image_attribute": collector.image_attribute}
        self._world = None

    async def prepare(self) -> None:
        """Close everything that the page of a tab opens."""
        self._page.on("popup", _close)
        self._page.on("dialog", _dismiss)
        self._page.on("crash", self._note_crash)
        self._page.on("pageerror", self._note_error)
        await self._page.route("**/*", self._route)
        self._session = await self._page.context.new_cdp_session(self._page)

    async def close(self) -> None:
        """Close the tab, even if its page objects."""
        await _close(self._page)

    async def open(self, url: str, proxy: PublicProxy) -> None:
        """Show a page.

        Args:
            url: http or https.
            proxy: Proxy that says why a host is not reached.

        Raises:
            PageError: The page does not load, or is no page.
        """
        proxy.left = PAGE_BYTES
        self._navigations = 1 + REDIRECTS
        self.requests = 0
        self._world = None
        self.script_errors = 0
        seconds = self._limits.load
        try:
            async with asyncio.timeout(seconds + 5):
                response = await self._page.goto(
                    url, wait_until="domcontentloaded", timeout=seconds * 1000
                )
        except Exception as error:
            proxy.check(url)
            raise _not_opened(error, seconds) from error
        proxy.check(url)
        self._headers = {} if response is None else response.headers
        if response is not None:
            await _check_answer(response)
        self.url = self._page.url

    async def reservations(self, agent: str) -> set[str]:
        """Return the directives by which the page or its server reserves its images.

        A page that has items by now is kept from leaving.

        Args:
            agent: User agent that they may speak of.

        Raises:
            PageError: The page does not answer.
        """
        tag, tdm = (self._headers.get(name, "") for name in ("x-robots-tag", "tdm-reservation"))
        said = await self.ask("directives", first_word(agent))
        if said["items"]:
            self.settle()
        return reservations([tag, *said["robots"]], tdm or said["tdm"], agent)

    def settle(self) -> None:
        """Keep the page from leaving its address."""
        self._navigations = 0

    async def ask(self, function: str, *arguments: Any) -> Any:
        """Return the answer of a function of `page.js`.

        Raises:
            PageError: The page does not answer.
        """
        given = ", ".join(map(json.dumps, arguments))
        for pause in (0.1, 0.3, 1.0, 2.0, None):
            try:
                return await self._in_time(self._evaluate(f"gallery.{function}({given})"))
            except PageError:
                raise
            except Exception as error:  # the page has just made room for another one
                self._world = None
                if pause is None or self._crashed:
                    raise self._no_answer(error) from error
                await asyncio.sleep(pause)
        raise AssertionError

    def _no_answer(self, error: Exception) -> PageError:
        if self._crashed:
            return PageError("the page has ended its process, perhaps for its memory", passing=True)
        return PageError(f"the page does not answer: {_first_line(error)}", passing=True)

    async def _in_time(self, answer: "Awaitable[Result]") -> Result:
        """Wait for an answer of the page.

        Time in which requests of the page are answered here does not count: the images of a long
        page are thousands, and its own answer comes after them.
        """
        waiting, is_late = asyncio.ensure_future(answer), False
        try:
            while not is_late:
                before = self.requests
                await asyncio.wait({waiting}, timeout=self._limits.script)
                if waiting.done():
                    return waiting.result()
                is_late = not before < self.requests <= MOST_REQUESTS
        finally:
            waiting.cancel()
        reason = f"a script of the page takes more than {self._limits.script:g} s"
        raise PageError(reason, passing=True)

    async def _evaluate(self, expression: str) -> Any:
        assert self._session is not None  # noqa: S101
        if self._world is None:
            tree = await self._session.send("Page.getFrameTree")
            frame = {"frameId": tree["frameTree"]["frame"]["id"], "worldName": "pixelmill"}
            made = await self._session.send("Page.createIsolatedWorld", frame)
            self._world = made["executionContextId"]
            settings = json.dumps({**self._settings, "limits": LIMITS})
            await self._run(f"globalThis.gallery = {_script()}({settings}); 0")
        return await self._run(expression)

    async def _run(self, expression: str) -> Any:
        assert self._session is not None  # noqa: S101
        question = {"expression": expression, "contextId": self._world, "returnByValue": True}
        answer = await self._session.send("Runtime.evaluate", question)
        if problem := answer.get("exceptionDetails"):
            message = problem.get("exception", {}).get("description", problem.get("text", ""))
            raise PageError(f"the page cannot be read: {_first_line(message)}")
        return answer["result"].get("value")

    async def _route(self, route: "Route") -> None:
        request = route.request
        self.requests += 1
        with contextlib.suppress(Exception):  # the tab may have gone
            if request.resource_type == "image":
                await route.fulfill(body=_PIXEL, content_type="image/gif")
            elif self._is_wanted(request):
                await route.continue_()
            else:
                await route.abort()

    def _is_wanted(self, request: "Request") -> bool:
        """Not what leads elsewhere than to http, nor pages within the page."""
        url = request.url.lower()
        if not request.is_navigation_request():
            allowed = ("http://", "https://", "data:", "blob:")
            return url.startswith(allowed) and request.resource_type not in _UNWANTED
        if request.frame.parent_frame is not None:
            return False
        self._navigations -= 1
        return self._navigations >= 0 and url.startswith(("http://", "https://"))

    def _note_crash(self, _: "Page") -> None:
        self._crashed = True

    def _note_error(self, _: object) -> None:
        self.script_errors += 1


async def _check_answer(response: "PageResponse") -> None:
    status = response.status
    if status >= 400:
        written = (response.headers.get("retry-after") or "").strip()
        wait = float(written) if written.isdecimal() else None
        raise PageError(f"HTTP {status}", passing=status in _BUSY, wait=wait)
    kind = response.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind and kind not in ("text/html", "application/xhtml+xml"):
        raise PageError(f"it is no page but {kind}")


def _not_opened(error: Exception, seconds: float) -> PageError:
    text = _first_line(error)
    if isinstance(error, TimeoutError) or "Timeout" in type(error).__name__:
        return PageError(f"it did not come within {seconds:g} s", passing=True)
    if "Download is starting" in text:
        return PageError("it is a file to download, no page")
    if "crashed" in text:
        return PageError("the page has ended its process, perhaps for its memory", passing=True)
    return PageError(f"it cannot be opened: {text}", passing="ERR_INVALID" not in text)


def _first_line(problem: object) -> str:
    return str(problem).strip().partition("\n")[0]


@cache
def _script() -> str:
    return files("pixelmill.galleries").joinpath("page.js").read_text(encoding="utf-8").strip()


async def _close(tab: "Page") -> None:
    with contextlib.suppress(Exception):
        async with asyncio.timeout(CLOSING):
            await tab.close()


async def _dismiss(dialog: "Dialog") -> None:
    with contextlib.suppress(Exception):
        await dialog.dismiss()
