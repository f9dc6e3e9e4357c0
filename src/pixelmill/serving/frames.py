"""Messages between the HTTP process and the model's process.

A question or an answer is a header of fixed size and as many bytes as it says. Numbers and JSON
only: nothing that the process with the decoders sends can run code in the other one.
"""

import struct
from dataclasses import dataclass
from enum import IntEnum
from typing import BinaryIO

_QUESTION = struct.Struct("<QBIQ")
_ANSWER = struct.Struct("<QBBfffQ")
ANSWER_HEADER = _ANSWER.size


class Task(IntEnum):
    """What is asked of an image."""

    CLASSIFY = 1
    FEATURES = 2
    SIMILAR = 3
    SIMILAR_WITH_THUMBNAILS = 4


class Status(IntEnum):
    """What an answer is."""

    READY = 0
    """The model is loaded; the content is JSON about it."""
    REFUSED = 1
    """The model cannot be loaded; the content is the reason."""
    DONE = 2
    """JSON, or the float32 numbers of the features."""
    BROKEN = 3
    """The image cannot be used; the content is the reason."""
    FAILED = 4
    """The service made a mistake, which its log explains."""


@dataclass(frozen=True)
class Question:
    """An image and what is asked of it.

    Attributes:
        ticket: Number by which the answer is known.
        task: What is asked.
        k: Number of labels or neighbours.
        content: Bytes of the image file.
    """

    ticket: int
    task: Task
    k: int
    content: bytes

    def header(self) -> bytes:
        """Return what goes before the content."""
        return _QUESTION.pack(self.ticket, self.task, self.k, len(self.content))


@dataclass(frozen=True)
class Answer:
    """What became of a question.

    Attributes:
        ticket: Number of the question; 0 for a message about the model.
        status: What the content is.
        content: As the status says.
        decode_seconds: Time to decode the image.
        queue_seconds: Time that it waited before and after that.
        infer_seconds: Time in the network, of the whole batch.
        batch: Images in that batch; 0 where there was none.
    """

    ticket: int
    status: Status
    content: bytes = b""
    decode_seconds: float = 0.0
    queue_seconds: float = 0.0
    infer_seconds: float = 0.0
    batch: int = 0

    def to_bytes(self) -> bytes:
        """Return header and content."""
        seconds = (self.decode_seconds, self.queue_seconds, self.infer_seconds)
        header = _ANSWER.pack(self.ticket, self.status, self.batch, *seconds, len(self.content))
        return header + self.content


def read_question(stream: BinaryIO) -> Question | None:
    """Read the next question.

    Args:
        stream: Blocks until it is there.

    Returns:
        None where the other process has hung up.
    """
    header = stream.read(_QUESTION.size)
    if len(header) < _QUESTION.size:
        return None
    ticket, task, k, size = _QUESTION.unpack(header)
    content = stream.read(size)
    return Question(ticket, Task(task), k, content) if len(content) == size else None


def answer_size(header: bytes) -> int:
    """Return bytes of the content that follows the header of an answer."""
    return int(_ANSWER.unpack(header)[-1])


def parse_answer(header: bytes, content: bytes) -> Answer:
    """Put an answer together again.

    Args:
        header: The first `ANSWER_HEADER` bytes.
        content: What follows it.
    """
    ticket, status, batch, decode, queue, infer, _ = _ANSWER.unpack(header)
    return Answer(ticket, Status(status), content, decode, queue, infer, batch)
