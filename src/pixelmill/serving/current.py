"""The model that answers now: its process is started again when it ends, and replaced when another
model takes its place.
"""

import asyncio
import logging
import math
import time
from collections import deque
from collections.abc import Coroutine, Sequence
from contextlib import suppress
from typing import NamedTuple

from pixelmill.errors import InputError
from pixelmill.parameters import ServingParameters
from pixelmill.serving.frames import Answer, Status, Task
from pixelmill.serving.metrics import Metrics
from pixelmill.serving.place import Place, Stamp
from pixelmill.serving.process import ModelProcess, ProcessEndedError

LONGEST_PAUSE = 300.0  # seconds between two tries to load a model that was refused
_ANSWERS_TIMED = 256

logger = logging.getLogger(__name__)


class UnavailableError(Exception):
    """The service cannot answer now.

    Attributes:
        retry_after: Seconds after which it may.
    """

    def __init__(self, reason: str, retry_after: int = 1) -> None:
        super().__init__(reason)
        self.retry_after = retry_after


class ModelAnswer(NamedTuple):
    """What one model says of the images of a request.

    Attributes:
        about: Description of the model, as `/model` answers it.
        answers: For each image, in their order.
    """

    about: dict[str, object]
    answers: list[Answer]


class CurrentModel:
    """Answers requests with one model each.

    Images that were with a process when it ended are asked for once more, each by itself: the one
    that ended it does so again, and alone.

    Args:
        place: Location of the model.
        parameters: Parameters of the service.
        metrics: Counts what happens.
    """

    def __init__(self, place: Place, parameters: ServingParameters, metrics: Metrics) -> None:
        self._place = place
        self._parameters = parameters
        self._metrics = metrics
        self._process: ModelProcess | None = None
        self._stamp: Stamp | None = None
        self._in_flight = 0
        self._done: deque[float] = deque(maxlen=_ANSWERS_TIMED)
        self._starting = asyncio.Lock()
        self._alone = asyncio.Lock()
        self._suspects = 0
        self._open = asyncio.Event()
        self._tasks: set[asyncio.Task[None]] = set()

    async def start(self) -> None:
        """Load the model.

        Raises:
            InputError: The model cannot be served.
        """
        with suppress(InputError):  # which the process puts into better words
            self._stamp = await asyncio.to_thread(self._place.stamp)
        self._process = await ModelProcess.start(self._place, self._parameters)
        self._open.set()
        self._keep(self._watch_process())
        if self._parameters.reload_seconds:
            self._keep(self._watch_place())

    async def close(self) -> None:
        """End everything."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if self._process is not None:
            await self._process.close()

    @property
    def about(self) -> dict[str, object]:
        """Description of the model, as `/model` answers it."""
        return {} if self._process is None else self._process.about

    @property
    def is_ready(self) -> bool:
        """Whether a model can answer now."""
        return self._process is not None and self._process.is_usable

    @property
    def in_flight(self) -> int:
        """Images that wait or are in work."""
        return self._in_flight

    async def answer(self, task: Task, k: int, images: Sequence[bytes]) -> ModelAnswer:
        """Answer the images of a request, all by the same model.

        Args:
            task: What is asked.
            k: Number of labels or neighbours.
            images: Contents of the files.

        Raises:
            UnavailableError: Too many images wait already, or there is no model now.
        """
        self.check_queue(len(images))
        self._in_flight += len(images)
        try:
            return await self._answer(task, k, images)
        finally:
            self._in_flight -= len(images)
            self._done.extend([time.monotonic()] * len(images))

    def check_queue(self, images: int) -> None:
        """Refuse images for which there is no room in the queue.

        Args:
            images: Number of images.

        Raises:
            UnavailableError: There is none.
        """
        if self._in_flight + images > self._parameters.queue:
            reason = f"{self._in_flight} images wait already: try again later"
            raise UnavailableError(reason, self._seconds_to_clear())

    def _seconds_to_clear(self) -> int:
        """Return the seconds until waiting requests are answered, by the latest rate."""
        if len(self._done) < 2:
            return 1
        rate = len(self._done) / max(1e-3, time.monotonic() - self._done[0])
        return min(60, max(1, math.ceil(self._in_flight / rate)))

    async def _answer(self, task: Task, k: int, images: Sequence[bytes]) -> ModelAnswer:
        while True:
            process = await self._available()
            asked = (self._ask(process, task, k, image) for image in images)
            answers = await asyncio.gather(*asked)
            whole = [answer for answer in answers if answer is not None]
            if len(whole) == len(answers):
                return ModelAnswer(process.about, whole)

    async def _ask(self, process: ModelProcess, task: Task, k: int, image: bytes) -> Answer | None:
        """Return the answer; None where another model has taken the place of this one."""
        try:
            return await process.ask(task, k, image, self._parameters.max_seconds)
        except ProcessEndedError:
            return await self._ask_alone(process, task, k, image)

    async def _ask_alone(
        self, ended: ModelProcess, task: Task, k: int, image: bytes
    ) -> Answer | None:
        self._suspects += 1
        self._open.clear()
        try:
            async with self._alone:
                process = await self._restarted()
                if process.about["sha256"] != ended.about["sha256"]:
                    return None
                return await process.ask(task, k, image, self._parameters.max_seconds)
        except ProcessEndedError as problem:
            return Answer(0, Status.BROKEN, str(problem).encode())
        finally:
            self._suspects -= 1
            if not self._suspects:
                self._open.set()

    async def _available(self) -> ModelProcess:
        """Return the process, once no image is retried alone."""
        await self._open.wait()
        return await self._restarted()

    async def _restarted(self) -> ModelProcess:
        """Return the process, started again where it has ended."""
        async with self._starting:
            if self._process is not None:
                if self._process.is_usable:
                    return self._process
                await self._process.close()
            try:
                self._process = await ModelProcess.start(self._place, self._parameters)
            except InputError as problem:
                logger.warning("The model cannot be started again: %s", problem)
                raise UnavailableError("there is no model now: try again later", 10) from problem
            self._metrics.restarts.inc()
            logger.warning("The process of the model has been started again")
            return self._process

    async def _watch_process(self) -> None:
        """Start the process again when it ends, before anybody asks."""
        pause = 1.0
        while True:
            process = self._process
            if process is not None:
                await process.ended.wait()
            try:
                await self._restarted()
                pause = 1.0
            except UnavailableError:
                pause = min(2 * pause, LONGEST_PAUSE)
            await asyncio.sleep(pause)

    async def _watch_place(self) -> None:
        """Take up another model or index that has taken the place of this one."""
        pause = self._parameters.reload_seconds
        while True:
            await asyncio.sleep(pause)
            try:
                stamp = await asyncio.to_thread(self._place.stamp)
                if stamp != self._stamp:
                    await self._replace()
                    self._stamp = stamp
                pause = self._parameters.reload_seconds
            except (InputError, OSError) as problem:
                self._metrics.reloads.labels("refused").inc()
                logger.warning("The model that was loaded goes on: %s", problem)
                pause = min(2 * pause, max(LONGEST_PAUSE, self._parameters.reload_seconds))

    async def _replace(self) -> None:
        new = await ModelProcess.start(self._place, self._parameters)
        async with self._starting:
            old, self._process = self._process, new
        self._metrics.reloads.labels("loaded").inc()
        logger.info("Another model answers from now on: sha256 %s", new.about["sha256"])
        if old is not None:
            self._keep(_close_when_idle(old))

    def _keep(self, work: Coroutine[None, None, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


async def _close_when_idle(process: ModelProcess) -> None:
    try:
        while process.in_flight and not process.ended.is_set():
            await asyncio.sleep(0.05)
    finally:
        await process.close()
