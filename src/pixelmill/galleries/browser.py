"""A Chromium browser for untrusted pages, which keeps nothing of them."""

import asyncio
import contextlib
import logging
import os
import shutil
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from pixelmill.errors import InputError

if TYPE_CHECKING:
    from playwright.async_api import Browser, BrowserContext, Route

VARIABLE: Final = "PIXELMILL_CHROMIUM"
# Debian's names, Google's, and where both put what is in no PATH.
_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
_PLACES = (
    "/usr/bin/chromium",
    "/usr/bin/google-chrome",
    "/opt/google/chrome/chrome",
    "/snap/bin/chromium",
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
)
MEMORY = 2 << 20  # KiB of data that each process of the browser may have
START = 60.0  # seconds
WINDOW = {"width": 1280, "height": 1600}  # pixels; a high one shows more items at once
_ARGUMENTS = (
    "--disable-gpu",
    "--disable-quic",
    "--no-pings",
    # Names are looked up by the proxy alone, and nothing goes past it.
    "--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1",
    "--force-webrtc-ip-handling-policy=disable_non_proxied_udp",
    "--webrtc-ip-handling-policy=disable_non_proxied_udp",
)

logger = logging.getLogger(__name__)


def find_chromium(given: str | None) -> str:
    """Return path of the Chromium or Chrome that is used.

    Args:
        given: Path that the user gives; None looks for one.

    Raises:
        InputError: There is none.
    """
    named = given or os.environ.get(VARIABLE)
    if named:
        found = shutil.which(str(Path(named).expanduser()))
        if found is None:
            origin = "collection.browser" if given else VARIABLE
            raise InputError(f"{origin} is {named}: there is no program of that name.")
        return found
    for place in (*map(shutil.which, _NAMES), *map(shutil.which, _PLACES)):
        if place is not None:
            return place
    raise InputError(
        "A gallery is read with Chromium or Google Chrome, and there is none: install one "
        "(Debian: apt-get install chromium), or name it with collection.browser=/PATH or "
        f"{VARIABLE}."
    )


class GalleryBrowser:
    """The browser, started when it is needed, and again where a page has ended it.

    Args:
        executable: Path returned by `find_chromium`.
        proxy: URL of the proxy through which all its connections go.
        user_agent: User agent that servers are sent.
    """

    def __init__(self, executable: str, proxy: str, user_agent: str) -> None:
        self._executable = executable
        self._proxy = proxy
        self._agent = user_agent
        self._stack = contextlib.AsyncExitStack()
        self._engine: Any = None
        self._browser: Browser | None = None

    async def __aenter__(self) -> "GalleryBrowser":
        """Start what drives the browser.

        Raises:
            InputError: Playwright is not installed.
        """
        try:
            from playwright.async_api import async_playwright
        except ImportError:
            raise InputError(
                "A gallery is gone through with Playwright, which is not installed: "
                "pip install 'pixelmill[gallery]'."
            ) from None
        if _is_root():
            logger.warning(
                "Chromium runs without its sandbox, because this process is root's: collect "
                "galleries of strangers as another user."
            )
        self._engine = await self._stack.enter_async_context(async_playwright())
        self._folder = Path(self._stack.enter_context(tempfile.TemporaryDirectory()))
        return self

    async def __aexit__(self, *_: object) -> None:
        """End the browser."""
        with contextlib.suppress(Exception):
            async with asyncio.timeout(10):
                if self._browser is not None:
                    await self._browser.close()
        await self._stack.aclose()

    async def open_window(self) -> "BrowserContext":
        """Open a window whose cookies go with it.

        Raises:
            InputError: The browser cannot be started.
        """
        window = await (await self._started()).new_context(
            accept_downloads=False,
            service_workers="block",
            user_agent=self._agent,
            viewport={"width": WINDOW["width"], "height": WINDOW["height"]},
        )
        await window.route("**/*", _refuse)
        return window

    async def _started(self) -> "Browser":
        if self._browser is not None and self._browser.is_connected():
            return self._browser
        try:
            self._browser = await self._engine.chromium.launch(
                executable_path=str(self._limited()),
                chromium_sandbox=not _is_root(),
                args=list(_ARGUMENTS),
                # '<-loopback>': it goes through the proxy to this machine too.
                proxy={"server": self._proxy, "bypass": "<-loopback>"},
                env=self._environment(),
                timeout=START * 1000,
            )
        except Exception as error:
            reason = str(error).partition("\n")[0]
            raise InputError(f"{self._executable} cannot be started: {reason}") from error
        return self._browser

    def _limited(self) -> Path:
        """Return the same program with a limit for the memory of each of its processes.

        Chromium reserves far more addresses than it uses, so that only its data can be limited.
        """
        script = self._folder / "chromium"
        script.write_text(f'#!/bin/sh\nulimit -d {MEMORY}\nexec "$PIXELMILL_BROWSER" "$@"\n')
        script.chmod(0o700)
        return script

    def _environment(self) -> dict[str, str]:
        """Nothing of the user's: neither keys nor settings."""
        kept = {name: os.environ[name] for name in ("PATH", "LANG") if name in os.environ}
        own = str(self._folder)
        return kept | {"HOME": own, "XDG_CONFIG_HOME": own, "PIXELMILL_BROWSER": self._executable}


async def _refuse(route: "Route") -> None:
    """Refuse requests of a window that a page has opened."""
    with contextlib.suppress(Exception):
        await route.abort()


def _is_root() -> bool:
    return sys.platform != "win32" and os.geteuid() == 0
