"""Progress of a featurization: a live bar in a terminal, elsewhere a log line every 30 seconds."""

import logging
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TextColumn,
    TimeRemainingColumn,
)

from pixelmill.profiling.metering import Usage
from pixelmill.profiling.pauses import pause_watch

logger = logging.getLogger(__name__)
LOOK = 0.5  # seconds between two looks at the meter
LINE = 30.0  # seconds between two lines of a log


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
        with _shown(total, usage):
            yield
    finally:
        done = usage()  # what counts it holds the network, which is let go
        _latest[:] = [Work(total, lambda: done, work.began, pause_watch().now())]


@contextmanager
def _shown(total: int, usage: Callable[[], Usage]) -> Iterator[None]:
    over = threading.Event()
    show = _live_bar if sys.stderr.isatty() else _log_lines
    watcher = threading.Thread(target=show, args=(total, usage, over), daemon=True)
    watcher.start()
    try:
        yield
    finally:
        over.set()
        watcher.join()


def _log_lines(total: int, usage: Callable[[], Usage], over: threading.Event) -> None:
    start = pause_watch().now()
    while not over.wait(LINE):
        logger.info("%s", line(total, usage(), pause_watch().now() - start))


def line(total: int, usage: Usage, seconds: float) -> str:
    """Return one line on the progress.

    Args:
        total: Number of images to featurize.
        usage: Usage so far.
        seconds: Seconds since the work began.

    Example:
        >>> line(200, Usage(images=100), 10.0)
        '100 of 200 images, 10.0 a second, 10 s left, 0 failures'
    """
    rate = usage.images / seconds if seconds else 0.0
    left = f"{(total - usage.images) / rate:.0f} s left" if rate else "time left unknown"
    done = f"{usage.images:,} of {total:,} images"
    return f"{done}, {rate:.1f} a second, {left}, {usage.failed:,} failures"


def _live_bar(total: int, usage: Callable[[], Usage], over: threading.Event) -> None:
    columns = (
        TextColumn("featurizing"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[rate]:.1f} images/s"),
        TimeRemainingColumn(),
        TextColumn("{task.fields[failed]} failures"),
    )
    start = pause_watch().now()
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("", total=total, rate=0.0, failed=0)
        while not over.wait(LOOK):
            now = usage()
            rate = now.images / (pause_watch().now() - start)
            bar.update(task, completed=now.images, rate=rate, failed=now.failed)
