"""Start the driver's JVM, and say in one sentence what kept it from starting.

PySpark lets the JVM write to the terminal and then raises an error that only says that it exited.
Here its output passes through this process to the error stream, held back while the JVM starts and
line by line afterwards: a start that fails prints one sentence instead of a hundred lines.
"""

import atexit
import os
import re
import select
import sys
import threading
import time
from collections import deque
from collections.abc import Callable
from typing import TYPE_CHECKING

from pixelmill.errors import InputError
from pixelmill.spark import s3a

if TYPE_CHECKING:
    from py4j.java_gateway import JavaGateway

HELD_BACK = 1_000  # lines at most
LONGEST_REASON = 300  # characters
LONGEST_FINISH = 1.0  # seconds
# The reason stands last: an exception's line, with or without "Caused by".
_REASON = re.compile(
    r"^(?:Caused by: |Exception in thread \S+ )?(?P<reason>[\w.$]+(?:Exception|Error)\b.*)"
)


def launch_jvm() -> None:
    """Start the JVM of this process unless there is one.

    Raises:
        InputError: The JVM ended before Spark could use it.
    """
    from pyspark import SparkContext
    from pyspark.errors import PySparkRuntimeError
    from pyspark.java_gateway import launch_gateway

    with SparkContext._lock:
        if SparkContext._gateway is not None:
            return
        launch: Callable[..., JavaGateway] = launch_gateway
        errors = _ErrorStream()
        # The virtual machine itself writes what is wrong with its memory to its output.
        streams = {"stdout": errors.input, "stderr": errors.input}
        try:
            gateway = launch(popen_kwargs=streams)
        except PySparkRuntimeError as problem:
            raise InputError(reason_of(errors.end())) from problem
        errors.release()
        SparkContext._ensure_initialized(gateway=gateway)


def reason_of(lines: list[str]) -> str:
    """Why a JVM did not start, in one sentence.

    Args:
        lines: Error stream of the JVM.
    """
    if any("unresolved dependency" in line for line in lines):
        return s3a.UNFETCHED
    reasons = [found["reason"] for line in lines if (found := _REASON.match(line.strip()))]
    said = reasons[-1] if reasons else " ".join(" ".join(lines).split())[:LONGEST_REASON]
    return f"Java ended before Spark started: {said or 'it gave no reason'}"


class _ErrorStream:
    """A pipe whose lines are kept until they are released, and from then on written to stderr."""

    def __init__(self) -> None:
        self._output, self.input = os.pipe()
        self._lines: deque[str] = deque(maxlen=HELD_BACK)
        self._released = False
        self._lock = threading.Lock()
        self._reader = threading.Thread(target=self._read, name="read-jvm-errors", daemon=True)
        self._reader.start()

    def end(self) -> list[str]:
        """Lines of a JVM that has ended."""
        os.close(self.input)
        self._reader.join()
        return list(self._lines)

    def release(self) -> None:
        """Write the lines that were kept, and every later one as it comes, up to the end."""
        os.close(self.input)  # the JVM is the only writer now: the stream ends with it
        with self._lock:
            self._released = True
            sys.stderr.writelines(self._lines)
            self._lines.clear()
        atexit.register(self._finish)

    def _finish(self) -> None:
        """Give the reader time for what the JVM has written before this process ends."""
        until = time.monotonic() + LONGEST_FINISH
        while self._reader.is_alive() and time.monotonic() < until:
            if not select.select([self._output], [], [], 0.05)[0]:
                return
            time.sleep(0.01)

    def _read(self) -> None:
        with os.fdopen(self._output, encoding="utf-8", errors="replace") as stream:
            for line in stream:
                with self._lock:
                    if self._released:
                        sys.stderr.write(line)
                    else:
                        self._lines.append(line)
