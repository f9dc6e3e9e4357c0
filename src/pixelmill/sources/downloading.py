"""Downloads many URLs at once: no host is asked too often, and no URL waits for a busy host."""

import asyncio
import time
from collections import defaultdict, deque
from collections.abc import Callable, Coroutine, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Literal, TypeVar

from pixelmill.errors import InputError
from pixelmill.parameters.downloads import DownloadsParameters
from pixelmill.sources.download_attempt import Answer, AttemptError, attempt, open_session
from pixelmill.sources.download_check import damage, is_cut
from pixelmill.sources.download_files import FAILED, path_of
from pixelmill.sources.download_kinds import NoImageError, image_extension
from pixelmill.sources.download_memory import BytesInFlight
from pixelmill.sources.download_progress import show_progress
from pixelmill.sources.download_reach import Reach, UnreachableError
from pixelmill.sources.url_list import host_in
from pixelmill.storage import Storage

if TYPE_CHECKING:
    from aiohttp import ClientSession

PAUSE = 0.5  # seconds before the first of the further attempts; doubled before each other one
Result = TypeVar("Result")


@dataclass(frozen=True)
class Download:
    """What came of a URL.

    Attributes:
        url: That the list has.
        path: Of the image in the folder of downloads; of the note, where it failed.
        status: 'ok', 'failed' or 'there already'.
        reason: Why it failed.
        bytes: Size of the image, 0 where it failed.
        seconds: For all attempts, without the pauses between them.
    """

    url: str
    path: str
    status: Literal["ok", "failed", "there already"]
    reason: str | None
    bytes: int
    seconds: float


def failure(url: str, reason: str, seconds: float = 0.0) -> Download:
    """The download of which nothing came."""
    return Download(url, path_of(url, FAILED), "failed", reason, 0, seconds)


def download_all(
    urls: Sequence[str], storage: Storage, parameters: DownloadsParameters
) -> tuple[list[Download], str | None]:
    """Download images and write each as soon as it is there.

    Args:
        urls: Each once.
        storage: The folder that they are written to.
        parameters: How they are downloaded.

    Returns:
        What came of the URLs, in any order; and, where no host could be reached and the others
        were left alone, the reason of that.

    Raises:
        InputError: The folder cannot be written to.
    """
    run = _Run(urls, storage, parameters)
    try:
        _finish(run.all())
    except UnreachableError as error:
        return run.done, str(error)
    return run.done, None


def _finish(work: Coroutine[None, None, Result]) -> Result:
    """Runs it to its end, in another thread where this one runs a loop, as a notebook's does."""
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return asyncio.run(work)
    return _finish_beside(work)


def _finish_beside(work: Coroutine[None, None, Result]) -> Result:
    """The same in a thread, which ends soon where the waiting for it is interrupted."""
    stops: list[Callable[[], object]] = []

    async def stoppable() -> Result:
        task = asyncio.ensure_future(work)
        stops.append(partial(asyncio.get_running_loop().call_soon_threadsafe, task.cancel))
        return await task

    pool = ThreadPoolExecutor(1)
    future = pool.submit(asyncio.run, stoppable())
    try:
        return future.result()
    except KeyboardInterrupt:
        for stop in stops:
            stop()
        raise
    finally:
        pool.shutdown(wait=False)


@dataclass
class _Task:
    """A URL, the attempts at it so far, and their seconds."""

    url: str
    attempts: int = 0
    seconds: float = 0.0


@dataclass
class _Host:
    """What waits for a host.

    Attributes:
        name: With the port.
        waiting: Its URLs.
        rests_until: By `time.monotonic`; before it the host is left alone.
    """

    name: str
    waiting: deque[_Task]
    rests_until: float = 0.0

    async def rest(self) -> None:
        """Waits until the host may be asked."""
        while (left := self.rests_until - time.monotonic()) > 0:
            await asyncio.sleep(left)

    async def put_back(self, task: _Task, problem: AttemptError) -> None:
        """Has a URL wait for another attempt: all of a busy host do, else it alone."""
        pause = PAUSE * 2 ** (task.attempts - 1) if problem.wait is None else problem.wait
        if problem.busy:
            self.rests_until = max(self.rests_until, time.monotonic() + pause)
        else:
            await asyncio.sleep(pause)
        self.waiting.append(task)


class _Run:
    def __init__(
        self, urls: Sequence[str], storage: Storage, parameters: DownloadsParameters
    ) -> None:
        self.done: list[Download] = []
        self._hosts = _by_host(urls)
        self._reach = Reach(len(self._hosts))
        self._storage = storage
        self._parameters = parameters
        self._slots = asyncio.Semaphore(parameters.threads)
        self._in_flight = BytesInFlight()
        self._failed = 0

    async def all(self) -> None:
        """Works off all hosts."""
        threads = ThreadPoolExecutor(self._parameters.threads, thread_name_prefix="download")
        asyncio.get_running_loop().set_default_executor(threads)
        total = sum(len(host.waiting) for host in self._hosts)
        progress = show_progress(total, lambda: (len(self.done), self._failed))
        shown = asyncio.create_task(progress)
        try:
            async with open_session(self._parameters) as session:
                await asyncio.gather(*self._workers(session))
        finally:
            shown.cancel()

    def _workers(self, session: "ClientSession") -> Iterator[Coroutine[None, None, None]]:
        for host in self._hosts:
            for _ in range(min(self._parameters.per_host, len(host.waiting))):
                yield self._serve(session, host)

    async def _serve(self, session: "ClientSession", host: _Host) -> None:
        """Works off what waits for a host, one URL after the other."""
        while host.waiting:
            task = host.waiting.popleft()
            await host.rest()
            async with self._slots:
                problem = await self._try(session, task)
            if problem is None:
                continue
            if problem.reached is False:
                self._reach.in_vain(host.name, problem.reason)
            if problem.passing and task.attempts <= self._parameters.retries:
                await host.put_back(task, problem)
            else:
                self._failed += 1
                self.done.append(failure(task.url, problem.reason, task.seconds))

    async def _try(self, session: "ClientSession", task: _Task) -> AttemptError | None:
        """One attempt; what went wrong."""
        began = time.monotonic()
        task.attempts += 1
        try:
            path, size = await self._download(session, task.url)
        except AttemptError as problem:
            if problem.reached:
                self._reach.answered()
            return replace(problem)  # whose traceback would keep the body in memory
        finally:
            task.seconds += time.monotonic() - began
        self.done.append(Download(task.url, path, "ok", None, size, task.seconds))
        return None

    async def _download(self, session: "ClientSession", url: str) -> tuple[str, int]:
        """Where the image lies now, and its size in bytes.

        Raises:
            AttemptError: Whatever goes wrong with this URL alone.
            InputError: The folder cannot be written to.
        """
        try:
            async with self._in_flight.body() as room:
                answer = await attempt(session, url, self._parameters, room)
                self._reach.answered()
                return await asyncio.to_thread(self._write, url, answer), len(answer.data)
        except (AttemptError, InputError):
            raise
        except Exception as error:  # what one image does to a decoder must not end all downloads
            reason = f"the image cannot be used: {type(error).__name__}: {error}"
            raise AttemptError(reason) from error

    def _write(self, url: str, answer: Answer) -> str:
        try:
            path = path_of(url, image_extension(answer.data, answer.content_type))
        except NoImageError as problem:
            raise AttemptError(str(problem)) from problem
        if reason := damage(answer.data):
            raise AttemptError(reason, passing=is_cut(reason))
        self._storage.write_bytes(path, answer.data)
        return path


def _by_host(urls: Sequence[str]) -> list[_Host]:
    hosts: dict[str, deque[_Task]] = defaultdict(deque)
    for url in urls:
        hosts[host_in(url)].append(_Task(url))
    return [_Host(name, waiting) for name, waiting in hosts.items()]
