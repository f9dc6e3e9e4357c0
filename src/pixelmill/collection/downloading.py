"""Concurrent downloads of many URLs, with a rate for each host and no URL waiting for another's."""

import asyncio
import time
from collections.abc import AsyncIterator, Coroutine, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AsyncExitStack, asynccontextmanager, nullcontext
from dataclasses import replace
from typing import Any

from pixelmill.collection.attempt import Answer, attempt
from pixelmill.collection.connections import agent_of, open_session
from pixelmill.collection.hosts import Connectivity, Host, Task
from pixelmill.collection.memory import BytesInFlight
from pixelmill.collection.reasons import AttemptError
from pixelmill.collection.redirects import Step
from pixelmill.collection.results import Download, UrlRequest
from pixelmill.collection.robots import LARGEST
from pixelmill.collection.time_limit import TimeIsUpError, TimeLimit
from pixelmill.collection.writing import ImageWriter
from pixelmill.errors import InputError
from pixelmill.parameters import CollectionParameters
from pixelmill.sources.url_list import host_in

WINDOW = 32_000  # URLs of a task at once, 20 MB; fewer than a chunk has could all be of a slow host
BATCH = 256  # rows that are handed on at once


def download_all(
    wanted: Iterable[UrlRequest],
    writer: ImageWriter,
    parameters: CollectionParameters,
    *,
    share: int = 1,
    silence: str | None = None,
) -> Iterator[list[Download]]:
    """Download images and write each as soon as it is there.

    Args:
        wanted: URLs, each once; taken as there is room for them. Those that have not begun within
            `chunk_seconds` have no row.
        writer: Checks and writes the images.
        parameters: Download parameters.
        share: Number of tasks that download at the same time, each of other hosts; `threads` is
            divided among them.
        silence: Reason why nothing more is requested; None if everything is.

    Yields:
        Rows, in any order, as they come.

    Raises:
        InputError: The folder cannot be written to.
    """
    with asyncio.Runner() as runner:
        run = _Run(wanted, writer, parameters, share, silence)
        runner.run(run.start())
        try:
            while rows := runner.run(run.next_rows()):
                yield rows
        finally:
            runner.run(run.stop())


class _Run:
    """One task: hosts, what waits for them, and what is done."""

    def __init__(
        self,
        wanted: Iterable[UrlRequest],
        writer: ImageWriter,
        parameters: CollectionParameters,
        share: int,
        silence: str | None,
    ) -> None:
        self._wanted = wanted
        self._parameters = parameters
        self._share = share
        self._writer = writer
        self._agent = agent_of(parameters)
        self._hosts: dict[str, Host] = {}
        self._open = 0
        self._done: asyncio.Queue[Download | BaseException | None] = asyncio.Queue()
        self._room = asyncio.Event()
        self._threads = max(1, parameters.threads // share)
        self._slots = asyncio.Semaphore(self._threads)
        self._in_flight = BytesInFlight()
        self._connectivity = Connectivity(self._hosts, silence)
        self._limit = TimeLimit(parameters.chunk_seconds)
        self._running: set[asyncio.Task[None]] = set()
        self._stack = AsyncExitStack()

    async def start(self) -> None:
        """Open the session and begin."""
        import pixelmill.images.decoding  # noqa: F401  # takes a second, which no download waits

        pool = ThreadPoolExecutor(self._threads + 4, thread_name_prefix="download")
        asyncio.get_running_loop().set_default_executor(pool)
        self._session = await self._stack.enter_async_context(open_session(self._parameters))
        self._spawn(self._admit())
        self._spawn(self._limit.watch())

    async def next_rows(self) -> list[Download]:
        """Wait for a batch of rows; an empty list is the end."""
        rows: list[Download] = []
        while len(rows) < BATCH:
            one = await self._done.get()
            if isinstance(one, Download):
                rows.append(one)
            elif one is None or rows:
                self._done.put_nowait(one)  # for the next call
                break
            else:
                raise one
        return rows

    async def stop(self) -> None:
        """End what is under way, and close all connections."""
        for running in self._running:
            running.cancel()
        await asyncio.gather(*self._running, return_exceptions=True)
        await self._stack.aclose()

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        running = asyncio.get_running_loop().create_task(work)
        self._running.add(running)
        running.add_done_callback(self._ended)

    def _ended(self, running: asyncio.Task[None]) -> None:
        self._running.discard(running)
        if not running.cancelled() and (error := running.exception()):
            self._done.put_nowait(error)

    async def _admit(self) -> None:
        """Let URLs in as others are done; memory therefore does not grow with the list."""
        self._open += 1  # the list itself
        for number, one in enumerate(self._wanted):
            while self._open > WINDOW:
                self._room.clear()
                await self._room.wait()
            if self._limit.is_over:
                break
            self._open += 1
            host = self._host_of(one.url)
            host.waiting.append(Task(one))
            self._attend(host)
            if number % 64 == 0:
                await asyncio.sleep(0)
        self._close()

    def _host_of(self, url: str, *, listed: bool = True) -> Host:
        """Return the host of a URL.

        All URLs of a host that the list names are in this task. One that only redirects lead to may
        be asked by all tasks, which share its pace.
        """
        name, share = host_in(url), 1 if listed else self._share
        pace = share / self._parameters.requests_per_second
        at_once = max(1, self._parameters.per_host // share)
        host = self._hosts.get(name)
        if host is None:
            host = self._hosts[name] = Host(name, pace, at_once)
        elif pace < host.pace:
            host.pace, host.at_once = pace, at_once
        return host

    def _attend(self, host: Host) -> None:
        """Start a worker for the requests of a host, unless enough of them run."""
        if host.active < host.burst:
            host.active += 1
            self._spawn(self._serve(host))

    def _queue(self, host: Host, task: Task) -> None:
        """Have a URL be the next; so a dead host is known for one before long."""
        host.waiting.appendleft(task)
        self._attend(host)

    def _close(self) -> None:
        self._open -= 1
        self._room.set()
        if self._open == 0:
            self._spawn(self._end())

    async def _end(self) -> None:
        """End, if the time was up, when the next pass may ask each host at once."""
        if self._limit.is_over:
            await asyncio.sleep(max((host.free_in for host in self._hosts.values()), default=0))
        self._done.put_nowait(None)

    async def _serve(self, host: Host) -> None:
        """Send the waiting requests of a host, one after the other."""
        try:
            while host.waiting:
                task = host.waiting.popleft()
                problem = self._connectivity.silence or host.dead or await self._try(host, task)
                if problem is not None:
                    await self._go_on(host, task, problem)
        finally:
            host.active -= 1

    async def _go_on(self, host: Host, task: Task, problem: AttemptError) -> None:
        """Try again later, or have the failure as the URL's row."""
        given_up = problem is self._connectivity.silence or problem is host.dead
        if not given_up and problem.passing and task.attempts <= self._parameters.retries:
            await host.rest(task.attempts, problem)
            task.restart()
            self._queue(self._host_of(task.wanted.url), task)
            return
        if not given_up:
            host.record(problem)
        elif task.step.redirects:
            problem = replace(problem, final_url=task.step.url)
        self._add(await self._writer.failure(task, problem))

    def _add(self, row: Download) -> None:
        self._done.put_nowait(row)
        self._limit.finish_one()
        self._close()

    async def _try(self, host: Host, task: Task) -> AttemptError | None:
        """Send one request; return the problem, if any."""
        try:
            async with self._permission(host, task):
                came = await self._timed(task)
        except TimeIsUpError:
            self._close()
            return None
        except AttemptError as problem:
            if problem.reached:
                self._connectivity.answered()
            elif problem.reached is False:
                self._connectivity.record_failure(host.name, problem.reason)
            task.attempts += 1
            final = problem.final_url or (task.step.url if task.step.redirects else "")
            # A copy, since the traceback would keep the body in memory.
            return replace(problem, final_url=final)
        host.record(None)
        if isinstance(came, Step):
            task.step = came
            self._queue(self._host_of(came.url, listed=False), task)
        else:
            self._add(came)
        return None

    @asynccontextmanager
    async def _permission(self, host: Host, task: Task) -> AsyncIterator[None]:
        """Wait for robots.txt, the pace of the host, and a free place."""
        async with self._limit.waiting() if task.is_new else nullcontext():
            if self._parameters.robots:
                await host.obey_robots(task.step.url, self._agent, self._ask_for_robots)
            await host.turn()
            await self._slots.acquire()
        try:
            yield
        finally:
            self._slots.release()

    async def _ask_for_robots(self, url: str) -> Answer:
        """Return a robots.txt; redirects are followed at the pace of their hosts."""
        limited = self._parameters.model_copy(update={"max_bytes": LARGEST})
        came: Answer | Step = Step(url)
        while isinstance(came, Step):
            if came.redirects:
                await self._host_of(came.url, listed=False).turn()
            async with self._slots, self._in_flight.body() as room:
                came = await attempt(self._session, came, limited, room, cuts=True)
        return came

    async def _timed(self, task: Task) -> Download | Step:
        began = time.monotonic()
        try:
            came = await self._download(task)
        finally:
            task.seconds += time.monotonic() - began
        if isinstance(came, Step):
            return came
        return replace(came, attempts=task.attempts + 1, seconds=task.seconds)

    async def _download(self, task: Task) -> Download | Step:
        """Return the row of a downloaded image, or the next request.

        Raises:
            AttemptError: Whatever goes wrong with this URL alone.
            InputError: The folder cannot be written to.
        """
        wanted = task.wanted
        try:
            async with self._in_flight.body() as room:
                came = await attempt(
                    self._session, task.step, self._parameters, room, wanted.conditions(task.step)
                )
                self._connectivity.answered()
                if isinstance(came, Step):
                    return came
                return await self._writer.keep(wanted, came)
        except (AttemptError, InputError):
            raise
        except Exception as error:  # what one image does to a decoder must not end all downloads
            reason = f"the image cannot be used: {type(error).__name__}: {error}"
            raise AttemptError(reason) from error
