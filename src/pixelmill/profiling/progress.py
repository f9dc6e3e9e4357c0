"""Progress of what takes long: a live bar in a terminal, elsewhere a log line every 30 seconds."""

import logging
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from pixelmill.profiling.metering import Usage
from pixelmill.profiling.pauses import pause_watch

logger = logging.getLogger(__name__)
LOOK = 0.5  # seconds between two looks at what is done
LINE = 30.0  # seconds between two lines of a log


@dataclass(frozen=True)
class Done:
    """What is finished so far.

    Attributes:
        finished: Number of images, fits or URLs, failed ones included.
        failed: Number of failures among them.
    """

    finished: int
    failed: int


@dataclass(frozen=True)
class Work:
    """A featurization in progress.

    Attributes:
        total: Number of images to featurize.
        usage: Returns the usage so far.
        began: Start by `pause_watch().now()`.
        ended: End by the same clock; None while it goes on.
    """

    total: int
    usage: Callable[[], Usage]
    began: float
    ended: float | None = None

    def images_per_second(self) -> float:
        """Return the average throughput since it began."""
        seconds = (self.ended or pause_watch().now()) - self.began
        return self.usage().images / seconds if seconds else 0.0


_latest: list[Work] = []  # one at most


def latest_work() -> Work | None:
    """Return the work that goes on in this process, or went on last."""
    return _latest[0] if _latest else None


@contextmanager
def shown_progress(total: int, usage: Callable[[], Usage]) -> Iterator[None]:
    """Show progress while the block runs, here and to callers of `latest_work`.

    Args:
        total: Number of images to featurize.
        usage: Returns the usage so far; called every half second.
    """
    work = Work(total, usage, pause_watch().now())
    _latest[:] = [work]
    try:
        with displayed("featurizing", "images", total, lambda: _done(usage())):
            yield
    finally:
        done = usage()  # what counts it holds the network, which is let go
        _latest[:] = [Work(total, lambda: done, work.began, pause_watch().now())]


def _done(usage: Usage) -> Done:
    return Done(usage.images, usage.failed)


@contextmanager
def displayed(label: str, noun: str, total: int, done: Callable[[], Done]) -> Iterator[None]:
    """Display progress while the block runs.

    Args:
        label: What is done, in front of the bar: "featurizing".
        noun: What is counted: "images".
        total: Number of them to do.
        done: Returns what is done so far; called every half second.
    """
    over = threading.Event()
    is_terminal = sys.stderr.isatty()
    show = _live_bar if is_terminal else _log_lines
    arguments = (label if is_terminal else noun, total, done, over)
    watcher = threading.Thread(target=show, args=arguments, daemon=True)
    watcher.start()
    try:
        yield
    finally:
        over.set()
        watcher.join()


def _log_lines(noun: str, total: int, done: Callable[[], Done], over: threading.Event) -> None:
    start = pause_watch().now()
    while not over.wait(LINE):
        logger.info("%s", line(noun, total, done(), pause_watch().now() - start))


def line(noun: str, total: int, done: Done, seconds: float) -> str:
    """Return one line on the progress.

    Args:
        noun: What is counted.
        total: Number of them to do.
        done: What is done so far.
        seconds: Seconds since the work began.

    Example:
        >>> line("images", 200, Done(100, failed=1), 10.0)
        '100 of 200 images, 10.0 a second, 10 s left, 1 failure'
    """
    rate = done.finished / seconds if seconds else 0.0
    left = f"{(total - done.finished) / rate:.0f} s left" if rate else "time left unknown"
    failures = f"{done.failed:,} {'failure' if done.failed == 1 else 'failures'}"
    return f"{done.finished:,} of {total:,} {noun}, {rate:.1f} a second, {left}, {failures}"


def _live_bar(label: str, total: int, done: Callable[[], Done], over: threading.Event) -> None:
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        TextColumn,
        TimeRemainingColumn,
    )

    columns = (
        TextColumn(label),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[rate]:.1f} a second"),
        TimeRemainingColumn(),
        TextColumn("{task.fields[failed]} failures"),
    )
    start = pause_watch().now()
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("", total=total, rate=0.0, failed=0)
        while not over.wait(LOOK):
            now = done()
            rate = now.finished / (pause_watch().now() - start)
            bar.update(task, completed=now.finished, rate=rate, failed=now.failed)
