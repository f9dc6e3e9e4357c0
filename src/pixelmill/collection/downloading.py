"""Downloads many URLs at once: no host is asked too often, and no URL waits for a busy host."""

import asyncio
import time
from collections.abc import Coroutine, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AsyncExitStack
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from pixelmill.collection.attempt import Answer, AttemptError, agent_of, attempt, open_session
from pixelmill.collection.checking import NoImageError, damage, image_extension, is_cut
from pixelmill.collection.files import note_path, write_image, write_note
from pixelmill.collection.hosts import Host, Task
from pixelmill.collection.memory import BytesInFlight
from pixelmill.collection.results import Download, Kept, Wanted, limits_of
from pixelmill.collection.robots import LARGEST, opted_out
from pixelmill.errors import InputError
from pixelmill.parameters import CollectionParameters
from pixelmill.sources.url_list import host_in, path_and_query
from pixelmill.storage import Storage
from pixelmill.untrusted_text import shown_url

if TYPE_CHECKING:
    pass

WINDOW = 4_000  # URLs of a task that wait or are under way
BATCH = 256  # rows that are handed on at once
ENOUGH = 20  # attempts that reach nobody, and
HOSTS = 5  # as many hosts, or all there are, before everything is given up
NOT_TRIED = "not tried, because no host can be reached"


def download_all(
    wanted: Iterable[Wanted],
    storage: Storage,
    parameters: CollectionParameters,
    *,
    share: int = 1,
    silence: str | None = None,
) -> Iterator[list[Download]]:
    """Download images and write each as soon as it is there.

    Args:
        wanted: URLs, each once; taken as there is room for them.
        storage: Folder that the images are written to.
        parameters: How they are downloaded.
        share: Number of tasks that download at the same time, each of other hosts; `threads` is
            divided among them.
        silence: Why nothing is tried any more; None where everything is.

    Yields:
        Rows, in any order, as they come.

    Raises:
        InputError: The folder cannot be written to.
    """
    with asyncio.Runner() as runner:
        run = _Run(wanted, storage, parameters, max(1, parameters.threads // share))
        run.silence(silence)
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
        wanted: Iterable[Wanted],
        storage: Storage,
        parameters: CollectionParameters,
        threads: int,
    ) -> None:
        self._wanted = wanted
        self._storage = storage
        self._parameters = parameters
        self._agent = agent_of(parameters)
        self._limits = limits_of(parameters)
        self._hosts: dict[str, Host] = {}
        self._open = 0
        self._done: asyncio.Queue[Download | BaseException | None] = asyncio.Queue()
        self._room = asyncio.Event()
        self._slots = asyncio.Semaphore(threads)
        self._threads = threads
        self._in_flight = BytesInFlight()
        self._reach = _Reach(self._hosts)
        self._running: set[asyncio.Task[None]] = set()
        self._stack = AsyncExitStack()

    def silence(self, reason: str | None) -> None:
        """Try nothing any more, where there is a reason."""
        if reason is not None:
            self._reach.silence = AttemptError(reason, later=True, reached=False)

    async def start(self) -> None:
        """Open the session and begin."""
        pool = ThreadPoolExecutor(self._threads + 4, thread_name_prefix="download")
        asyncio.get_running_loop().set_default_executor(pool)
        self._session = await self._stack.enter_async_context(open_session(self._parameters))
        self._spawn(self._admit())

    async def next_rows(self) -> list[Download]:
        """Wait for rows; an empty list is the end."""
        rows: list[Download] = []
        while not rows or (len(rows) < BATCH and not self._done.empty()):
            one = await self._done.get()
            if isinstance(one, BaseException):
                raise one
            if one is None:
                self._done.put_nowait(None)
                break
            rows.append(one)
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
            self._open += 1
            host = self._host_of(one.url)
            host.waiting.append(Task(one))
            if host.active < self._parameters.per_host:
                host.active += 1
                self._spawn(self._serve(host))
            if number % 64 == 0:
                await asyncio.sleep(0)
        self._close()

    def _host_of(self, url: str) -> Host:
        name = host_in(url)
        if name not in self._hosts:
            interval = 1 / self._parameters.requests_per_second
            self._hosts[name] = Host(name, interval, self._parameters.per_host)
        return self._hosts[name]

    def _close(self) -> None:
        self._open -= 1
        self._room.set()
        if self._open == 0:
            self._done.put_nowait(None)

    async def _serve(self, host: Host) -> None:
        """Work off what waits for a host, one URL after the other."""
        try:
            while host.waiting:
                task = host.waiting.popleft()
                problem = self._reach.silence or host.dead or await self._try(host, task)
                if problem is not None:
                    await self._go_on(host, task, problem)
        finally:
            host.active -= 1

    async def _go_on(self, host: Host, task: Task, problem: AttemptError) -> None:
        """Try again later, or have the failure as the URL's row."""
        given_up = problem is self._reach.silence or problem is host.dead
        if not given_up and problem.passing and task.attempts <= self._parameters.retries:
            await host.requeue(task, problem)
            return
        if not given_up:
            host.record(problem)
        self._add(await asyncio.to_thread(self._failure, task, problem))

    def _add(self, row: Download) -> None:
        self._done.put_nowait(row)
        self._close()

    async def _try(self, host: Host, task: Task) -> AttemptError | None:
        """One attempt; what went wrong."""
        try:
            if self._parameters.robots:
                await self._obey(host, task.wanted.url)
            await host.turn()
            async with self._slots:
                row = await self._timed(task)
        except AttemptError as problem:
            if problem.reached:
                self._reach.answered()
            elif problem.reached is False:
                self._reach.record_failure(host.name, problem.reason)
            task.attempts += 1
            return replace(problem)  # whose traceback would keep the body in memory
        host.record(None)
        self._add(row)
        return None

    async def _obey(self, host: Host, url: str) -> None:
        async def ask(place: str) -> Answer:
            limited = self._parameters.model_copy(update={"max_bytes": LARGEST})
            async with self._slots, self._in_flight.body() as room:
                return await attempt(self._session, place, limited, room)

        scheme = url.partition(":")[0].strip().lower()
        await host.obey_robots(scheme, path_and_query(url), self._agent, ask)

    async def _timed(self, task: Task) -> Download:
        began = time.monotonic()
        try:
            row = await self._download(task.wanted)
        finally:
            task.seconds += time.monotonic() - began
        return replace(row, attempts=task.attempts + 1, seconds=task.seconds)

    async def _download(self, wanted: Wanted) -> Download:
        """The row of an image that is there now.

        Raises:
            AttemptError: Whatever goes wrong with this URL alone.
            InputError: The folder cannot be written to.
        """
        try:
            async with self._in_flight.body() as room:
                answer = await attempt(
                    self._session, wanted.url, self._parameters, room, wanted.conditions
                )
                self._reach.answered()
                return await asyncio.to_thread(self._keep, wanted, answer)
        except (AttemptError, InputError):
            raise
        except Exception as error:  # what one image does to a decoder must not end all downloads
            reason = f"the image cannot be used: {type(error).__name__}: {error}"
            raise AttemptError(reason) from error

    def _keep(self, wanted: Wanted, answer: Answer) -> Download:
        """Check and write an image; in a thread."""
        if reserved := self._reserved(answer):
            path = write_note(self._storage, wanted.url_id, reserved)
            return self._row(wanted, answer, None, path=path, reason=reserved, status="failed")
        if answer.unchanged and wanted.kept is not None:
            return self._row(wanted, answer, wanted.kept)
        try:
            extension = image_extension(answer.data, answer.content_type)
        except NoImageError as problem:
            raise AttemptError(str(problem), final_url=answer.final_url) from problem
        if reason := damage(answer.data):
            raise AttemptError(reason, passing=is_cut(reason), final_url=answer.final_url)
        path, digest = write_image(self._storage, answer.data, extension)
        size, kind = len(answer.data), answer.content_type or None
        return self._row(wanted, answer, Kept(size, digest, kind, None, None, path))

    def _reserved(self, answer: Answer) -> str | None:
        """Why an image is not kept that its server does not want to be."""
        unwanted = set(self._parameters.opt_outs)
        said = opted_out(answer.headers.get("X-Robots-Tag", ""), self._agent)
        if "none" in said:  # stands for noindex and nofollow
            said |= {"noindex"}
        if answer.headers.get("TDM-Reservation", "").strip() == "1":
            said |= {"tdm-reservation"}
        found = sorted(said & unwanted)
        return f"the server reserves the image ({', '.join(found)})" if found else None

    def _row(self, wanted: Wanted, answer: Answer, kept: Kept | None, **changed: Any) -> Download:
        headers = answer.headers
        policy = headers.get("TDM-Policy")
        row = Download(
            url_id=wanted.url_id,
            url=shown_url(wanted.url),
            final_url=shown_url(answer.final_url),
            status="ok",
            reason=None,
            retryable=False,
            attempts=1,
            bytes=kept.bytes if kept else 0,
            sha256=kept.sha256 if kept else None,
            media_type=kept.media_type if kept else answer.content_type or None,
            etag=headers.get("ETag") or (kept and kept.etag),
            last_modified=headers.get("Last-Modified") or (kept and kept.last_modified),
            x_robots_tag=headers.get("X-Robots-Tag"),
            tdm_reservation=headers.get("TDM-Reservation"),
            tdm_policy=policy and shown_url(policy),
            seconds=0.0,
            path=kept.path if kept else note_path(wanted.url_id),
            limits=self._limits,
            finished=datetime.now(UTC),
        )
        return replace(row, **changed) if changed else row

    def _failure(self, task: Task, problem: AttemptError) -> Download:
        """The row of a URL of which nothing came; an image that was there before stays."""
        wanted = task.wanted
        later = problem.later or (problem.reached is False and not problem.of_host)
        nothing = Answer(b"", "", problem.final_url)
        if wanted.kept is not None and later:
            reason = f"not asked for again: {problem.reason}"
            row = self._row(wanted, nothing, wanted.kept, reason=reason)
        else:
            write_note(self._storage, wanted.url_id, problem.reason)
            row = self._row(
                wanted, nothing, None, status="failed", reason=problem.reason, retryable=later
            )
        final = row.final_url or None
        return replace(row, final_url=final, attempts=task.attempts, seconds=task.seconds)


class _Reach:
    """Counts attempts that reach nobody until the first answer of any host.

    Args:
        hosts: Hosts so far.

    Attributes:
        silence: What the others are not tried for; None while it is worth trying.
    """

    def __init__(self, hosts: dict[str, Host]) -> None:
        self.silence: AttemptError | None = None
        self._hosts = hosts
        self._answered = False
        self._in_vain = 0
        self._silent: set[str] = set()

    def answered(self) -> None:
        """A host has answered, be it with a refusal."""
        self._answered = True

    def record_failure(self, host: str, reason: str) -> None:
        """An attempt reached nobody.

        Args:
            host: Host that was asked.
            reason: Reason of the failure.
        """
        self._in_vain += 1
        self._silent.add(host)
        enough = self._in_vain >= ENOUGH and len(self._silent) >= min(len(self._hosts), HOSTS)
        if enough and not self._answered:
            self.silence = AttemptError(f"{NOT_TRIED} ({reason})", later=True, reached=False)
