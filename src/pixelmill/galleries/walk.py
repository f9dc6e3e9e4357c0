"""The walk from a start page through all that follow, repeated while their order changes."""

import logging
from collections import Counter
from dataclasses import replace
from itertools import islice

from pixelmill.galleries.errors import PageError
from pixelmill.galleries.record import Found, WalkRecord
from pixelmill.galleries.tabs import Tools
from pixelmill.galleries.visit import Pass, Visit
from pixelmill.parameters.galleries import Collector, StartPage
from pixelmill.untrusted_text import shown_url

VISITS = 3  # of a page that breaks down
STALE_PAGES = 10  # in a row after which there are no more: some sites always link a next page

logger = logging.getLogger(__name__)


class Walk:
    """Follows a start page, and writes what it finds as it goes.

    Args:
        start: Start page with an absolute URL.
        record: What is known already.
        collector: How items are found.

    Attributes:
        record: What is known now.
        problems: What kept pages from being read; the next run tries them again.
        script_errors: Number of uncaught script errors of all pages.
    """

    def __init__(self, start: StartPage, record: WalkRecord, collector: Collector) -> None:
        self.record = record
        self.problems: list[str] = []
        self.start = start
        self._collector = collector
        self._pass = Pass()
        self._passes = 1

    @property
    def is_finished(self) -> bool:
        """Whether nothing is left to do."""
        return self.record.state.done or self._is_full

    @property
    def images(self) -> list[Found]:
        """What is wanted of the images, in the order of the pages; then their other labels."""
        found = dict(islice(self.record.images.items(), self._collector.at_most))
        others = (one for one in self.record.relabelled.values() if one.url in found)
        return [
            replace(one, label=one.label or self.start.label) for one in (*found.values(), *others)
        ]

    @property
    def skipped(self) -> Counter[str]:
        """Items and pages without an image, by reason."""
        return self.record.skipped + self.record.without

    @property
    def script_errors(self) -> int:
        """Errors of scripts of all pages that were gone through."""
        return self._pass.script_errors

    async def run(self, tools: Tools) -> None:
        """Continue until nothing is left, or a page cannot be used.

        Args:
            tools: Browser and network.

        Raises:
            InputError: The browser cannot be started, or the record not written.
        """
        while not self.is_finished:
            page = self.record.state.page
            if self.record.state.pages == 0:
                self.record.skipped.clear()
            try:
                following = await self._visit(tools)
            except PageError as problem:
                self.problems.append(f"{shown_url(page)} ({problem})")
                break
            if not self._turn_to(following):
                break
        unreached = self._pass.unreached.items()
        self.problems += [f"{shown_url(link)} ({problem})" for link, problem in unreached]

    @property
    def _is_full(self) -> bool:
        return len(self.record.images) >= self._collector.at_most

    async def _visit(self, tools: Tools) -> str:
        """Return the next page; a page that breaks down is visited again."""
        for _ in range(VISITS - 1):
            try:
                return await Visit(tools, self.record, self._pass).run()
            except PageError as problem:
                if not problem.passing:
                    raise
                logger.info("%s is opened again: %s.", self.record.state.page, problem)
        return await Visit(tools, self.record, self._pass).run()

    def _turn_to(self, following: str) -> bool:
        """Return the next address after a visited page, and whether to go on at all."""
        record, limits = self.record, self._collector.limits
        state = replace(record.state, pages=record.state.pages + 1)
        if self._is_full:
            return False
        if following and following not in record.trail:
            if state.pages < limits.pages and self._pass.stale_pages < STALE_PAGES:
                record.add([], [], replace(state, page=following))
                return True
            self._warn(
                f"limits.pages is {limits.pages}, and there are more"
                if self._pass.stale_pages < STALE_PAGES
                else f"{STALE_PAGES} pages in a row showed nothing that others had not, and the "
                "next is left out"
            )
        if state.moved and state.new:
            if self._passes < limits.passes:
                self._begin_pass()
                return True
            self._warn("its images were at other places each time, so that some may be missing")
        if self._pass.unreached:
            self._begin_pass()  # by the next run
        else:
            record.add([], [], replace(state, done=True))
        return False

    def _begin_pass(self) -> None:
        self._passes += 1
        self._pass.begin()
        self.record.begin_pass(self.start.url)

    def _warn(self, what: str) -> None:
        logger.warning("%s: %s.", shown_url(self.start.url), what)
