"""Collection of all start pages of a gallery, one after the other, into one list."""

import asyncio
import contextlib
import logging
from collections import Counter
from collections.abc import Coroutine
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, TypeVar

from pixelmill.errors import InputError
from pixelmill.galleries.browser import GalleryBrowser, find_chromium
from pixelmill.galleries.courtesy import Courtesy, user_agent
from pixelmill.galleries.errors import PageError
from pixelmill.galleries.proxy import PublicProxy
from pixelmill.galleries.record import LIST, open_walk, write_list
from pixelmill.galleries.tabs import Tabs, Tools
from pixelmill.galleries.walk import Walk
from pixelmill.parameters.collection import OPT_OUTS
from pixelmill.parameters.galleries import Collector
from pixelmill.storage import Storage, child
from pixelmill.untrusted_text import shown_url

PROGRESS = 30.0  # seconds between two lines of a log
Result = TypeVar("Result")

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Access:
    """How a gallery's servers are reached.

    Attributes:
        browser: Path of Chromium or Chrome; None looks for one.
        private_addresses: Whether servers of the own network and machine may be asked.
        proxy: URL of the proxy that is asked for everything; None means none.
        opt_outs: Directives of pages whose images are left out.
    """

    browser: str | None = None
    private_addresses: bool = False
    proxy: str | None = None
    opt_outs: tuple[str, ...] = OPT_OUTS


@dataclass(frozen=True)
class GalleryList:
    """What was found of a gallery.

    Attributes:
        place: The list, a Parquet file with the columns url, label, page and position.
        images: Number of its rows.
        skipped: Items without an image, by reason.
        problems: Pages that could not be used, with the reasons; the next run tries them again.
    """

    place: str
    images: int
    skipped: Counter[str]
    problems: list[str]


def collect_gallery(
    collector: Collector, storage: Storage, access: Access, refresh: bool = False
) -> GalleryList:
    """Find the images of a gallery, or those that earlier runs have not found.

    Args:
        collector: Collector with absolute URLs.
        storage: Folder for the list, and for the record of how far it got.
        access: How its servers are accessed.
        refresh: Whether start pages that were followed to their end are gone through again.

    Raises:
        InputError: There is no browser, a selector is invalid, or no image was found.
    """
    walks = open_walks(collector, storage, refresh)
    if not all(walk.is_finished for walk in walks):
        _finish(_follow(walks, collector, access))
    return summarize(collector, storage, walks)


def open_walks(collector: Collector, storage: Storage, refresh: bool = False) -> list[Walk]:
    """Return the start pages of a collector, each with what earlier runs have found from it.

    Args:
        collector: Collector with absolute URLs.
        storage: Folder for the records.
        refresh: As of `collect_gallery`.
    """
    walks = []
    for start in collector.start:
        record = open_walk(storage, start, collector)
        if refresh and record.state.done:
            record.begin_pass(start.url)
        walks.append(Walk(start, record, collector))
    return walks


async def _follow(walks: list[Walk], collector: Collector, access: Access) -> None:
    executable = find_chromium(access.browser)
    agent = user_agent(collector.politeness)
    async with (
        PublicProxy(access.private_addresses, access.proxy) as proxy,
        GalleryBrowser(executable, proxy.url, agent) as browser,
    ):
        courtesy = Courtesy(collector.politeness, proxy, access.opt_outs)
        await follow_all(walks, Tools(collector, Tabs(browser), courtesy, proxy))


async def follow_all(walks: list[Walk], tools: Tools) -> None:
    """Follow start pages, one after the other.

    Args:
        walks: Walks returned by `open_walks`.
        tools: Collector, browser and network.

    Raises:
        InputError: The browser cannot be started, or a selector is invalid.
    """
    await _check_selectors(tools)
    shown = asyncio.create_task(_show_progress(walks))
    try:
        for walk in walks:
            await walk.run(tools)
    finally:
        shown.cancel()


def summarize(collector: Collector, storage: Storage, walks: list[Walk]) -> GalleryList:
    """Write the list of all images, and report the results of the gallery.

    Args:
        collector: Collector that was followed.
        storage: Folder for the list.
        walks: Walks returned by `follow_all`.

    Raises:
        InputError: No image was found.
    """
    found = [image for walk in walks for image in walk.images]
    problems = [problem for walk in walks for problem in walk.problems]
    skipped = sum((walk.skipped for walk in walks), start=Counter[str]())
    if not found:
        raise InputError(_nothing(collector, skipped, problems))
    listed = GalleryList(child(storage.root, LIST), write_list(storage, found), skipped, problems)
    _log(listed, walks)
    return listed


async def _check_selectors(tools: Tools) -> None:
    from playwright.async_api import Error

    selectors = tools.collector.selectors
    try:
        tab = await tools.tabs.get("page", tools.collector)
        wrong = await tab.ask("wrong", selectors)
    except (Error, PageError) as error:
        await tools.tabs.close()
        reason = str(error).partition("\n")[0]
        raise InputError(f"The browser has ended before any page was opened: {reason}") from error
    if wrong:
        raise InputError(f"The collector's {wrong} is {selectors[wrong]!r}: it is no CSS selector.")


async def _show_progress(walks: list[Walk]) -> None:
    while True:
        await asyncio.sleep(PROGRESS)
        images = sum(len(walk.record.images) for walk in walks)
        page = next((walk.record.state.page for walk in walks if not walk.is_finished), "")
        logger.info("Gallery: %d images so far, now at %s.", images, shown_url(page))


def _log(listed: GalleryList, walks: list[Walk]) -> None:
    logger.info("%d images of %d start pages found.", listed.images, len(walks))
    for reason, count in listed.skipped.items():
        if count:
            logger.warning("Left out: %d %s.", count, reason)
    errors = sum(walk.script_errors for walk in walks)
    if errors:
        logger.info("Errors of the pages' own scripts: %d; what is shown was taken.", errors)
    if listed.problems:
        logger.warning(
            "Pages that could not be used: %d, for example %s. The next run tries them again.",
            len(listed.problems), listed.problems[0],
        )  # fmt: skip
    for walk in walks:
        if not walk.record.images and not walk.problems:
            logger.warning("No image was found from %s.", shown_url(walk.start.url))


def _nothing(collector: Collector, skipped: Counter[str], problems: list[str]) -> str:
    pages = ", ".join(shown_url(start.url) for start in collector.start[:1])
    if problems:
        return f"No image was found in the gallery: {problems[0]}."
    lacking = [f"{count} {reason}" for reason, count in skipped.items() if count]
    if lacking:
        return (
            f"No image was found in the gallery from {pages} on, but {', '.join(lacking)}: check "
            f"the collector's image ({collector.image!r})."
        )
    return (
        f"No image was found in the gallery from {pages} on: nothing there is what the collector's "
        f"item ({collector.item!r}) says."
    )


def _finish(work: Coroutine[Any, Any, Result]) -> Result:
    """Run it to its end, in another thread if this one runs an event loop, as notebooks do."""
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return asyncio.run(work)
    tasks: list[tuple[asyncio.AbstractEventLoop, asyncio.Task[Result]]] = []

    async def stoppable() -> Result:
        tasks.append((asyncio.get_running_loop(), asyncio.ensure_future(work)))
        return await tasks[0][1]

    with ThreadPoolExecutor(1) as pool:
        future = pool.submit(asyncio.run, stoppable())
        try:
            return future.result()
        except KeyboardInterrupt:
            for loop, task in tasks:
                with contextlib.suppress(RuntimeError):
                    loop.call_soon_threadsafe(task.cancel)
            raise
