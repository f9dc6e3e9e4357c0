"""A function in a child process, so that input which kills the process costs only itself.

A codec that crashes, never ends, or takes all memory takes its process with it. Nothing inside
that process can say so afterwards; its parent can, which never touches the input itself.

python -m pixelmill.child_process FILE_DESCRIPTOR is the child; the parent starts it.
"""

import os
import resource
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from multiprocessing.connection import Connection, Pipe
from pathlib import Path
from typing import Any, NamedTuple

from pixelmill.errors import UndecodableImageError, UnreadableImageError

Function = Callable[[Any], Any]

_SPARE_BYTES = 1 << 29  # of the child above what its input may take: threads, buffers of a library
_STOP_SECONDS = 5


class Allowance(NamedTuple):
    """What the function may take for one item of its input.

    Attributes:
        seconds: CPU time.
        memory: Bytes, beside what it takes without any input.
    """

    seconds: int
    memory: int


@contextmanager
def cpu_time_limit(seconds: float) -> Iterator[None]:
    """End this process, by SIGPROF, if what is done inside takes more CPU time.

    The kernel ends it wherever it is: in C code that never returns to Python as well. It is meant
    for processes that others start again, and costs two system calls.

    Args:
        seconds: CPU time of all threads of the process together, in seconds.
    """
    signal.setitimer(signal.ITIMER_PROF, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)


class ChildProcess:
    """Calls a function in a child process, which is started when it is first needed.

    Args:
        open_function: Picklable function that opens the called function, in the child.
        allowance: CPU seconds for one item.
    """

    def __init__(self, open_function: Callable[[], Function], allowance: Allowance) -> None:
        self._open_function = open_function
        self._allowance = allowance
        self._process: subprocess.Popen[bytes] | None = None
        self._connection: Connection | None = None

    def call(self, given: Any, items: int = 1) -> Any:
        """Call the function.

        Args:
            given: Argument of the function.
            items: Number of input items; each adds the allowance of one.

        Returns:
            What it returns.

        Raises:
            ImageError: The input ended the child: "too much time: …", "it ended its process: …",
                or a reason to try again where the system may have ended it for others' sake.
            RuntimeError: The function raised an exception, which the child printed.
        """
        connection = self._connection or self._start()
        try:
            connection.send((items, given))
            return connection.recv()
        except (EOFError, OSError):
            raise self._reason_of_end() from None

    def close(self) -> None:
        """End the child."""
        process, connection = self._process, self._connection
        self._process = self._connection = None
        if process is None or connection is None:
            return
        connection.close()
        try:
            process.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()

    def _start(self) -> Connection:
        self._connection, theirs = Pipe()
        paths = os.pathsep.join(path for path in sys.path if path)
        with theirs:
            self._process = subprocess.Popen(
                [sys.executable, "-m", __name__, str(theirs.fileno())],
                pass_fds=[theirs.fileno()],
                stdin=subprocess.DEVNULL,
                process_group=0,  # Ctrl-C is for the parent, which hangs up when it ends
                env=os.environ | {"PYTHONPATH": paths},
            )
        self._connection.send((self._open_function, self._allowance))
        return self._connection

    def _reason_of_end(self) -> Exception:
        process = self._process
        self.close()
        code = process.returncode if process else 0
        if code >= 0:
            return RuntimeError(f"the process that decodes images ended with status {code}")
        name = signal.Signals(-code).name
        if -code == signal.SIGPROF:
            seconds = self._allowance.seconds
            return UndecodableImageError(f"too much time: max_seconds is {seconds}")
        if -code in (signal.SIGKILL, signal.SIGTERM):
            return UnreadableImageError(f"the system ended the process that decoded it ({name})")
        return UndecodableImageError(f"it ended the process that decoded it: {name}")


def _serve(connection: Connection) -> None:
    """Answer calls until the parent hangs up."""
    open_function, allowance = connection.recv()
    function = open_function()
    limit_memory(allowance.memory)
    while True:
        try:
            items, given = connection.recv()
        except EOFError:
            return
        with cpu_time_limit(items * allowance.seconds):
            result = function(given)
        connection.send(result)


def limit_memory(more: int) -> None:
    """Have the kernel refuse memory beyond what is taken now, and end this process first.

    Args:
        more: Bytes that its input may take; threads and libraries have some beside that.
    """
    statistics = Path("/proc/self/statm")
    if not statistics.exists():  # macOS
        return
    taken = int(statistics.read_text().split()[0]) * resource.getpagesize()
    _, hard = resource.getrlimit(resource.RLIMIT_AS)
    wanted = taken + more + _SPARE_BYTES
    soft = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
    resource.setrlimit(resource.RLIMIT_AS, (soft, hard))
    Path("/proc/self/oom_score_adj").write_text("1000")


if __name__ == "__main__":
    with Connection(int(sys.argv[1])) as parent:
        _serve(parent)
