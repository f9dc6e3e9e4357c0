"""How long a page is waited for."""

import asyncio
from typing import cast

import pytest
from playwright.async_api import Page

from pixelmill.galleries.errors import PageError
from pixelmill.galleries.tab import Tab
from pixelmill.parameters.galleries import Collector


async def answer_of_a_page(requests):
    """The answer of a page that makes so many requests every 0.3 s, and is allowed one second."""
    tab = Tab(cast("Page", None))
    tab.use(Collector(item="x", limits={"script": 1}))

    async def answer():
        for _ in range(6):
            await asyncio.sleep(0.3)
            tab.requests += requests
        return "answer"

    return await tab._in_time(answer())


def test_time_in_which_requests_are_answered_is_not_that_of_the_page():
    assert asyncio.run(answer_of_a_page(requests=1)) == "answer"


@pytest.mark.parametrize("requests", [0, 20_000])
def test_a_page_is_not_waited_for_without_requests_or_with_too_many(requests):
    with pytest.raises(PageError, match="a script of the page takes more than 1 s"):
        asyncio.run(answer_of_a_page(requests))
