"""A gallery site on loopback, and one browser for all tests that go through it."""

import asyncio
import threading
from contextlib import AsyncExitStack
from dataclasses import dataclass

import pyarrow.parquet as pq
import pytest

from pixelmill.errors import InputError
from pixelmill.galleries.browser import GalleryBrowser, find_chromium
from pixelmill.galleries.collecting import follow_all, open_walks, summarize
from pixelmill.galleries.courtesy import Courtesy, user_agent
from pixelmill.galleries.proxy import PublicProxy
from pixelmill.galleries.tabs import Tabs, Tools
from pixelmill.parameters.galleries import Collector
from pixelmill.storage import open_storage
from tests.galleries.site import GallerySite


@pytest.fixture(scope="session")
def site(assets):
    """A gallery of eleven colours."""
    made = GallerySite(assets)
    yield made
    made.stop()


@dataclass
class Engine:
    """One browser in a loop of its own, and the proxy that it goes through."""

    loop: asyncio.AbstractEventLoop
    tabs: Tabs
    proxy: PublicProxy

    def run(self, work, timeout=100):
        return asyncio.run_coroutine_threadsafe(work, self.loop).result(timeout)


@pytest.fixture(scope="session")
def chromium_path():
    """The browser of this machine; tests that need one are skipped if there is none."""
    try:
        return find_chromium(None)
    except InputError as problem:
        pytest.skip(str(problem))


@pytest.fixture(scope="session")
def gallery_browser(chromium_path):
    """One browser for all tests, which may reach this machine."""
    loop, stack = asyncio.new_event_loop(), AsyncExitStack()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()

    async def start():
        proxy = await stack.enter_async_context(PublicProxy(private_addresses=True))
        agent = user_agent(Collector(item="x").politeness)
        browser = GalleryBrowser(chromium_path, proxy.url, agent)
        return Engine(loop, Tabs(await stack.enter_async_context(browser)), proxy)

    yield asyncio.run_coroutine_threadsafe(start(), loop).result(60)
    asyncio.run_coroutine_threadsafe(stack.aclose(), loop).result(60)
    loop.call_soon_threadsafe(loop.stop)
    thread.join()


class Gallery:
    """Collects from the site into one folder."""

    def __init__(self, engine, site, folder):
        self.engine = engine
        self.site = site
        self.storage = open_storage(str(folder / "gallery"))

    def collector(self, *pages, label_of_all=None, **given):
        """A collector of some pages of the site that is as quick as the site."""
        start = [{"url": f"{self.site.url}{page}", "label": label_of_all} for page in pages]
        limits = {"wait": 0.3, "script": 2} | given.pop("limits", {})
        politeness = {"delay": 0} | given.pop("politeness", {})
        fields = {"start": start, "item": ".work", "limits": limits, "politeness": politeness}
        return Collector.model_validate(fields | given)

    def collect(self, *pages, refresh=False, **given):
        """What is found from some pages of the site: the list, and what is said of it."""
        return self.follow(self.collector(*pages, **given), refresh)

    def follow(self, collector, refresh=False):
        """What is found by a collector."""
        walks = open_walks(collector, self.storage, refresh)
        courtesy = Courtesy(collector.politeness, self.engine.proxy)
        tools = Tools(collector, self.engine.tabs, courtesy, self.engine.proxy)
        self.engine.run(follow_all(walks, tools))
        return summarize(collector, self.storage, walks)

    @property
    def rows(self):
        """The list, in its order."""
        return pq.read_table(f"{self.storage.root}/list.parquet").to_pylist()

    @property
    def urls(self):
        """The URLs of the list, each as often as it occurs."""
        return sorted(row["url"] for row in self.rows)


@pytest.fixture
def gallery(gallery_browser, site, tmp_path):
    """Nothing collected yet."""
    return Gallery(gallery_browser, site, tmp_path)
