"""Start of the driver's JVM, with a one-line reason if it fails.

PySpark lets the JVM write to the terminal and then raises an error that only says that it exited.
Here its output passes through this process to the error stream, held back while the JVM starts and
line by line afterwards: a start that fails prints one sentence instead of a hundred lines.
"""

import atexit
import contextlib
import itertools
import os
import re
import select
import shlex
import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, ClassVar

from pixelmill.errors import InputError
from pixelmill.spark import s3a

if TYPE_CHECKING:
    from py4j.java_gateway import JavaGateway
    from pyspark.sql import SparkSession

HELD_BACK = 1_000  # lines at most
LONGEST_REASON = 300  # characters
INCUBATOR = "WARNING: Using incubator modules"  # of a Java that no script starts
LONGEST_FINISH = 1.0  # seconds
# The reason is last: an exception's line, with or without "Caused by", or Py4J's colon.
_REASON = re.compile(
    r"^(?:Caused by: |: |Exception in thread \S+ )?(?P<reason>[\w.$]+(?:Exception|Error)\b.*)"
)
# Of another Spark or Hadoop that is installed here: its classes, configuration and file system.
OF_OTHERS = (
    *("SPARK_CONF_DIR", "SPARK_CLASSPATH", "SPARK_DIST_CLASSPATH", "SPARK_ENV_LOADED"),
    *("HADOOP_HOME", "HADOOP_CONF_DIR", "YARN_CONF_DIR"),
)
LOOPBACK = "127.0.0.1"
UTF_8 = "C.UTF-8"


def open_session() -> "SparkSession":
    """Return the session of this process; its JVM is started if there is none.

    Raises:
        InputError: The JVM ended before Spark could use it, or Spark does not start in it.
    """
    from py4j.protocol import Py4JError
    from pyspark import SparkContext
    from pyspark.errors import PySparkException
    from pyspark.sql import SparkSession

    _launch_jvm()
    try:
        session = SparkSession.builder.getOrCreate()
    except (Py4JError, PySparkException) as problem:
        for errors in _ErrorStream.held:
            errors.forget()
        raise InputError(reason_of(str(problem).splitlines(), "Spark does not start")) from problem
    with SparkContext._lock:  # of several threads that ask for the session
        while _ErrorStream.held:
            _ErrorStream.held.pop().release()
    return session


def own_environment(master: str | None, given: Mapping[str, str]) -> dict[str, str]:
    """Variables from which the JVM of a session starts.

    A session with a master of its own takes the Spark that this Python imports, whatever else is
    installed. On this machine no name of it need be known to any server, and nobody else's
    configuration counts. Java names files by the locale, Python by UTF-8.

    Args:
        master: As in the parameters; None is that of a cluster, which keeps its environment.
        given: Variables of this process.
    """
    if master is None:
        return dict(given)
    own = dict(given) | _locale(given)
    own.pop("SPARK_HOME", None)  # PySpark then finds its own
    if master.startswith("local"):
        own = {name: value for name, value in own.items() if name not in OF_OTHERS}
        own.setdefault("SPARK_LOCAL_IP", LOOPBACK)
    return own


def _locale(given: Mapping[str, str]) -> dict[str, str]:
    names = ("LC_ALL", "LC_CTYPE", "LANG")
    name = next((name for name in names if given.get(name)), "LC_CTYPE")
    is_utf_8 = "utf" in given.get(name, "").lower()
    return {} if is_utf_8 else {"LC_ALL" if name == "LC_ALL" else "LC_CTYPE": UTF_8}


def _launch_jvm() -> None:
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
            with variables(own_environment(_master(), os.environ)):
                gateway = launch(popen_kwargs=streams)
        except (PySparkRuntimeError, OSError) as problem:
            lines = errors.end() or [str(problem)] * isinstance(problem, OSError)
            raise InputError(reason_of(lines)) from problem
        errors.hold()
        SparkContext._ensure_initialized(gateway=gateway)


def _master() -> str | None:
    """Return the master of the session to come, as `configure` left it for Spark."""
    arguments = shlex.split(os.environ.get("PYSPARK_SUBMIT_ARGS", ""))
    return dict(itertools.pairwise(arguments)).get("--master")


@contextlib.contextmanager
def variables(wanted: Mapping[str, str]) -> Iterator[None]:
    """Have these variables while a child starts; PySpark offers no other way.

    Only those that differ are touched: other threads may set their own meanwhile.
    """
    changed = [name for name in {*os.environ, *wanted} if os.environ.get(name) != wanted.get(name)]
    former = {name: os.environ.get(name) for name in changed}
    try:
        _set({name: wanted.get(name) for name in changed})
        yield
    finally:
        _set(former)


def _set(variables: Mapping[str, str | None]) -> None:
    for name, value in variables.items():
        if value is None:
            os.environ.pop(name, None)
        else:
            os.environ[name] = value


def reason_of(lines: list[str], failure: str = "Java ended before Spark started") -> str:
    """Return why a JVM did not start, in one sentence.

    Args:
        lines: Error stream of the JVM, or an error that came through it.
        failure: What happened.
    """
    if any("unresolved dependency" in line for line in lines):
        return s3a.UNFETCHED
    reasons = [found["reason"] for line in lines if (found := _REASON.match(line.strip()))]
    said = reasons[-1] if reasons else " ".join(" ".join(lines).split())[:LONGEST_REASON]
    return f"{failure}: {said[:LONGEST_REASON] or 'it gave no reason'}"


class _ErrorStream:
    """A pipe whose lines are kept until they are released, and from then on written to stderr."""

    held: ClassVar[list["_ErrorStream"]] = []  # of the JVM that runs, until Spark does

    def __init__(self) -> None:
        self._output, self.input = os.pipe()
        self._lines: deque[str] = deque(maxlen=HELD_BACK)
        self._released = False
        self._lock = threading.Lock()
        self._reader = threading.Thread(target=self._read, name="read-jvm-errors", daemon=True)
        self._reader.start()

    def end(self) -> list[str]:
        """Return the lines of a JVM that has ended."""
        os.close(self.input)
        self._reader.join()
        return list(self._lines)

    def hold(self) -> None:
        """Keep the lines of a running JVM, which is their only writer from now on."""
        os.close(self.input)
        self.held.append(self)

    def forget(self) -> None:
        """Drop the lines so far."""
        with self._lock:
            self._lines.clear()

    def release(self) -> None:
        """Write the lines that were kept, and every later one as it comes, up to the end."""
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
                if line.startswith(INCUBATOR):
                    continue
                with self._lock:
                    if self._released:
                        sys.stderr.write(line)
                    else:
                        self._lines.append(line)
