"""The model's process: threads decode, one thread runs the networks.

python -m pixelmill.serving.worker FILE_DESCRIPTOR FOLDER; `pixelmill.serving.process` starts it,
with a folder for temporary files. It ends when the other process hangs up.
"""

import json
import logging
import os
import shutil
import signal
import socket
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from itertools import compress
from queue import Empty, SimpleQueue
from threading import Lock, Thread
from time import monotonic
from typing import Any, BinaryIO

import numpy as np

from pixelmill.child_process import limit_memory
from pixelmill.errors import ImageError, InputError
from pixelmill.featurizers.contracts import NOT_FINITE
from pixelmill.parameters import ServingParameters
from pixelmill.serving.frames import Answer, Question, Status, Task, read_question
from pixelmill.serving.model import Decoded, Features, ServedModel
from pixelmill.serving.place import Place

THUMBNAIL_THREADS = 4  # which wait for a disk or a bucket more than they compute

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class _Image:
    """A decoded image on its way to the network.

    Attributes:
        question: Question that the image belongs to.
        decoded: What the parts of the featurizer take.
        seconds: Decoding time in seconds.
        received: Time when the question came, by `time.monotonic`.
    """

    question: Question
    decoded: Decoded
    seconds: float
    received: float


class _Waiting:
    """Decoded images, from which the network takes batches.

    Args:
        size: Images of a batch at most.
        wait: Seconds that the first one waits for others.
    """

    def __init__(self, size: int, wait: float) -> None:
        self._size = size
        self._wait = wait
        self._images: SimpleQueue[_Image] = SimpleQueue()
        self._coming = 0
        self._lock = Lock()

    def expect(self) -> None:
        """Say that an image is being decoded."""
        with self._lock:
            self._coming += 1

    def put(self, image: _Image | None) -> None:
        """Add an expected image; None where nothing comes of it."""
        if image is not None:
            self._images.put(image)
        with self._lock:
            self._coming -= 1

    def batches(self) -> Iterator[list[_Image]]:
        """Take batches for ever. No image waits where no other one is coming."""
        while True:
            batch = [self._images.get()]
            deadline = monotonic() + self._wait
            while len(batch) < self._size:
                left = deadline - monotonic() if self._coming else 0.0
                try:
                    batch.append(self._images.get(timeout=max(left, 0.0)))
                except Empty:
                    break
            yield batch


class Worker:
    """Reads questions, and answers each of them once.

    Args:
        model: Loaded model.
        parameters: Parameters, with batches, threads and the size of thumbnails.
        send: Function that sends an answer, called by one thread at a time.
    """

    def __init__(
        self, model: ServedModel, parameters: ServingParameters, send: Callable[[bytes], object]
    ) -> None:
        self._model = model
        self._decode = model.decoder()
        self._thumbnail = model.thumbnails(parameters.thumbnail)
        self._thumbnail_seconds = parameters.max_seconds / 2  # the rest is for the answer
        self._waiting = _Waiting(parameters.batch_size, parameters.batch_wait / 1000)
        self._decoders = ThreadPoolExecutor(thread_count(parameters), "decode")
        self._painters = ThreadPoolExecutor(THUMBNAIL_THREADS, "thumbnails")
        self._send = send
        self._sending = Lock()

    def run(self, questions: BinaryIO) -> None:
        """Answer until the other process hangs up."""
        Thread(target=self._infer_all, name="infer", daemon=True).start()
        while (question := read_question(questions)) is not None:
            self._waiting.expect()
            self._decoders.submit(self._prepare, question, monotonic())

    def _prepare(self, question: Question, received: float) -> None:
        began, image = monotonic(), None
        try:
            decoded = self._decode(question.content)
            image = _Image(question, decoded, monotonic() - began, received)
        except ImageError as problem:
            self._answer(question, Status.BROKEN, str(problem).encode())
        except Exception:
            logger.exception("An image was not decoded")
            self._answer(question, Status.FAILED, b"")
        finally:
            self._waiting.put(image)

    def _infer_all(self) -> None:
        for batch in self._waiting.batches():
            try:
                self._infer(batch)
            except Exception:
                logger.exception("A batch was not answered")
                for image in batch:
                    self._answer(image.question, Status.FAILED, b"")

    def _infer(self, batch: list[_Image]) -> None:
        began = monotonic()
        features = self._model.featurize([image.decoded for image in batch])
        is_finite = np.atleast_1d(np.isfinite(features).all(axis=1))
        for image in compress(batch, ~is_finite):
            self._answer(image.question, Status.BROKEN, NOT_FINITE.encode())
        images, features = [*compress(batch, is_finite)], features[is_finite]
        wanted = [image.question.task is Task.CLASSIFY for image in images]
        scores = iter(self._model.scores(features[wanted]) if any(wanted) else ())
        infer_seconds = monotonic() - began
        for image, row in zip(images, features, strict=True):
            answer = partial(
                Answer,
                decode_seconds=image.seconds,
                queue_seconds=max(0.0, began - image.received - image.seconds),
                infer_seconds=infer_seconds,
                batch=len(batch),
            )
            own = next(scores) if image.question.task is Task.CLASSIFY else None
            self._finish(image, row, own, answer)

    def _finish(
        self,
        image: _Image,
        features: Features,
        scores: "np.ndarray[Any, np.dtype[np.float64]] | None",
        answer: Callable[..., Answer],
    ) -> None:
        question = image.question
        done = partial(answer, question.ticket, Status.DONE)
        if scores is not None:
            self._write(done(_to_json(self._model.predictions(scores, question.k))))
        elif question.task is Task.FEATURES:
            self._write(done(np.ascontiguousarray(features, np.float32).tobytes()))
        else:
            self._painters.submit(self._find_similar, image, features, done)

    def _find_similar(
        self, image: _Image, features: Features, done: Callable[[bytes], Answer]
    ) -> None:
        question, until = image.question, image.received + self._thumbnail_seconds
        try:
            found = self._model.similar(features, question.k)
            if question.task is Task.SIMILAR_WITH_THUMBNAILS:
                found = [one | {"thumbnail": self._paint(one["path"], until)} for one in found]
            self._write(done(_to_json(found)))
        except InputError as problem:  # of an image without any direction
            self._answer(question, Status.BROKEN, str(problem).encode())
        except Exception:
            logger.exception("No neighbours were found")
            self._answer(question, Status.FAILED, b"")

    def _paint(self, path: str, until: float) -> str | None:
        """Return a thumbnail; None once the time is up, so that no question takes too long."""
        return self._thumbnail(path) if monotonic() < until else None

    def _answer(self, question: Question, status: Status, content: bytes) -> None:
        self._write(Answer(question.ticket, status, content))

    def _write(self, answer: Answer) -> None:
        with self._sending:
            self._send(answer.to_bytes())


def thread_count(parameters: ServingParameters) -> int:
    """Return the number of threads for decoding and for the network."""
    return parameters.threads or len(os.sched_getaffinity(0))


def _to_json(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()


def main(connection: socket.socket) -> None:
    """Load the model that the first line names, say what it is, and answer.

    Args:
        connection: Connection to the process that speaks HTTP.
    """
    questions = connection.makefile("rb")
    given = json.loads(questions.readline())
    parameters = ServingParameters.model_validate(given["parameters"])
    threads = thread_count(parameters)
    try:
        model = ServedModel.load(Place(**given["place"]), parameters.limits, threads)
    except InputError as problem:
        connection.sendall(Answer(0, Status.REFUSED, str(problem).encode()).to_bytes())
        return
    limit_memory(threads * parameters.max_decoded_bytes)
    worker = Worker(model, parameters, connection.sendall)
    connection.sendall(Answer(0, Status.READY, _to_json(model.about())).to_bytes())
    worker.run(questions)


if __name__ == "__main__":
    logging.basicConfig(format="%(levelname)s %(message)s", level=logging.INFO)
    # Ctrl-C reaches every process of a terminal: this one answers until the other one hangs up.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    with socket.socket(fileno=int(sys.argv[1])) as parent:
        main(parent)
    shutil.rmtree(sys.argv[2], ignore_errors=True)  # where the process that started this one died
    os._exit(0)  # threads may be waiting for a bucket
