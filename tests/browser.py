"""A browser without a window, to look at pages as users see them."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest


@pytest.fixture(scope="module")
def chromium() -> Iterator[object]:
    """A browser without a window; tests that need one are skipped if there is none.

    It goes with its module: as long as it lives, an event loop runs in the thread of the tests.
    """
    playwright = pytest.importorskip("playwright.sync_api")
    with playwright.sync_playwright() as engine:
        names = ("chromium", "chromium-browser", "google-chrome")
        found = next(filter(None, map(shutil.which, names)), engine.chromium.executable_path)
        if not Path(found).exists():
            pytest.skip("no Chromium to look at the page with")
        browser = engine.chromium.launch(
            executable_path=found,
            args=["--no-sandbox", "--disable-gpu", "--enable-unsafe-swiftshader"],
        )
        yield browser
        browser.close()


@pytest.fixture
def open_page(chromium):
    """Opens a page from disk and collects whatever it says or asks for."""
    contexts = []

    def open_page(path, width=390, **options):
        context = chromium.new_context(viewport={"width": width, "height": 844}, **options)
        contexts.append(context)
        page = context.new_page()
        page.noise = []
        page.on("console", lambda message: page.noise.append(message.text))
        page.on("pageerror", lambda error: page.noise.append(str(error)))
        page.on("dialog", lambda dialog: page.noise.append(dialog.message) or dialog.dismiss())
        page.on("request", lambda request: _note_request(page, request.url))
        page.goto(Path(path).as_uri())
        return page

    yield open_page
    for context in contexts:
        context.close()


def _note_request(page, url):
    if not url.startswith(("data:", "file:")) or (url.startswith("file:") and page.url == url):
        page.noise.append(url)
