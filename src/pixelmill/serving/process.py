"""The model's process, from the side of the HTTP process."""

import asyncio
import itertools
import json
import os
import signal
import socket
import subprocess
import sys
from contextlib import ExitStack
from dataclasses import asdict
from tempfile import TemporaryDirectory
from typing import Any

from pixelmill.errors import InputError
from pixelmill.parameters import ServingParameters
from pixelmill.serving.frames import (
    ANSWER_HEADER,
    Answer,
    Question,
    Status,
    Task,
    answer_size,
    parse_answer,
)
from pixelmill.serving.place import Place

START_SECONDS = 300  # to fetch a model from a bucket, and to compile its networks
_STOP_SECONDS = 5
# Of glibc. Each arena reserves 64 MB of the memory that the process may have. A threshold that is
# set does not grow with what was freed: the pixels of a large image go back to the system.
_ALLOCATOR = {"MALLOC_ARENA_MAX": "2", "MALLOC_MMAP_THRESHOLD_": str(2**20)}


class ProcessEndedError(Exception):
    """The process ended before it answered; the text says how."""


class ModelProcess:
    """A model in a process of its own; for one event loop.

    Attributes:
        about: Description of the model, as `/model` answers it.
        ended: Future that is done when the process has ended.
    """

    def __init__(
        self,
        process: subprocess.Popen[bytes],
        scratch: "TemporaryDirectory[str]",
        streams: tuple[asyncio.StreamReader, asyncio.StreamWriter],
    ) -> None:
        """Take a process that was started, and its folder; `start` does that."""
        self.about: dict[str, Any] = {}
        self.ended = asyncio.Event()
        self._process = process
        self._scratch = scratch
        self._reader, self._writer = streams
        self._tickets = itertools.count(1)
        self._asked: dict[int, asyncio.Future[Answer]] = {}
        self._killed_for: str | None = None
        self._reading: asyncio.Task[None] | None = None

    @classmethod
    async def start(cls, place: Place, parameters: ServingParameters) -> "ModelProcess":
        """Start a process and wait until its model has answered for one image.

        Args:
            place: Location of the model.
            parameters: Parameters of the service.

        Raises:
            InputError: The model cannot be served.
        """
        try:
            ours, process, scratch = _spawn()
        except OSError as problem:
            raise InputError(f"the process of the model cannot be started: {problem}") from problem
        started = cls(process, scratch, await asyncio.open_connection(sock=ours))
        try:
            async with asyncio.timeout(START_SECONDS):
                await started._load(place, parameters)
        except BaseException as problem:
            await started.close()
            if isinstance(problem, TimeoutError):
                raise InputError(f"{place.model} did not load in {START_SECONDS} s") from problem
            raise
        started._reading = asyncio.create_task(started._read_answers())
        return started

    @property
    def in_flight(self) -> int:
        """Images that have been asked for and not been answered."""
        return len(self._asked)

    @property
    def is_usable(self) -> bool:
        """Whether it can be asked: it has neither ended nor been killed."""
        return self._killed_for is None and not self.ended.is_set()

    async def ask(self, task: Task, k: int, content: bytes, seconds: float) -> Answer:
        """Have one image answered.

        Args:
            task: What is asked of it.
            k: Number of labels or neighbours.
            content: Bytes of the image file.
            seconds: Seconds after which the process is ended, with all its questions.

        Raises:
            ProcessEndedError: The process ended first.
        """
        if not self.is_usable:
            raise ProcessEndedError(self._reason())
        question = Question(next(self._tickets), task, k, content)
        answered: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
        self._asked[question.ticket] = answered
        try:
            self._writer.write(question.header())
            self._writer.write(content)
            async with asyncio.timeout(seconds):
                return await answered
        except TimeoutError as problem:
            self.kill(f"too much time: max_seconds is {seconds:g}")
            raise ProcessEndedError(self._reason()) from problem
        finally:
            self._asked.pop(question.ticket, None)

    def kill(self, reason: str) -> None:
        """End the process at once; open requests get the reason."""
        self._killed_for = reason
        self._process.kill()

    async def close(self) -> None:
        """Hang up, wait for the process to end, and remove the files that it has copied."""
        self._writer.close()
        try:
            await asyncio.to_thread(self._process.wait, _STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            await asyncio.to_thread(self._process.wait)
        await asyncio.to_thread(self._scratch.cleanup)
        if self._reading is not None:
            await self._reading

    async def _load(self, place: Place, parameters: ServingParameters) -> None:
        given = {"place": asdict(place), "parameters": parameters.model_dump()}
        self._writer.write(json.dumps(given).encode() + b"\n")
        try:
            answer = await self._read()
        except (asyncio.IncompleteReadError, OSError) as problem:
            await asyncio.to_thread(self._process.wait)
            code = self._process.returncode
            how = signal.Signals(-code).name if code < 0 else f"status {code}"
            raise InputError(
                f"{place.model} cannot be served: its process ended with {how} while it was loaded"
            ) from problem
        if answer.status is not Status.READY:
            raise InputError(answer.content.decode())
        self.about = json.loads(answer.content)

    async def _read_answers(self) -> None:
        try:
            while True:
                answer = await self._read()
                answered = self._asked.get(answer.ticket)
                if answered is not None and not answered.done():
                    answered.set_result(answer)
        except (asyncio.IncompleteReadError, OSError):
            await asyncio.to_thread(self._process.wait)
        finally:
            self.ended.set()
            for answered in self._asked.values():
                if not answered.done():
                    answered.set_exception(ProcessEndedError(self._reason()))

    async def _read(self) -> Answer:
        header = await self._reader.readexactly(ANSWER_HEADER)
        return parse_answer(header, await self._reader.readexactly(answer_size(header)))

    def _reason(self) -> str:
        code = self._process.returncode
        if self._killed_for is not None:
            return self._killed_for
        if code is not None and code < 0:
            return f"it ended the process that decoded it: {signal.Signals(-code).name}"
        return f"the process of the model ended with status {code}"


def _spawn() -> "tuple[socket.socket, subprocess.Popen[bytes], TemporaryDirectory[str]]":
    """Start the process, with a folder for its temporary files: it may be killed at any time."""
    paths = os.pathsep.join(path for path in sys.path if path)
    with ExitStack() as undone:
        ours, theirs = map(undone.enter_context, socket.socketpair())
        scratch = TemporaryDirectory(prefix="pixelmill-model-", ignore_cleanup_errors=True)
        undone.enter_context(scratch)
        process = subprocess.Popen(
            [sys.executable, "-m", "pixelmill.serving.worker", str(theirs.fileno()), scratch.name],
            pass_fds=[theirs.fileno()],
            stdin=subprocess.DEVNULL,
            env=os.environ | {"PYTHONPATH": paths, "TMPDIR": scratch.name} | _ALLOCATOR,
        )
        undone.pop_all()
    theirs.close()
    return ours, process, scratch
