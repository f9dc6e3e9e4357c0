"""Progress of a grid search: a live bar in a terminal, elsewhere a log line every 30 seconds."""

import logging
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from pixelmill.datasets.grid_fits import FinishedFit

logger = logging.getLogger(__name__)
LINE = 30.0  # seconds between two lines of a log

Show = Callable[[FinishedFit], None]


@contextmanager
def shown_fits(total: int) -> Iterator[Show]:
    """Show progress while the block runs.

    Args:
        total: Fits to do.

    Yields:
        What is to be called with each fit when it is finished.
    """
    with _live_bar(total) if sys.stderr.isatty() else _log_lines(total) as show:
        yield show


@contextmanager
def _log_lines(total: int) -> Iterator[Show]:
    start = last = time.monotonic()
    done = failed = 0

    def show(fit: FinishedFit) -> None:
        nonlocal last, done, failed
        now = time.monotonic()
        done, failed = done + 1, failed + (fit.error is not None)
        if now - last >= LINE:
            last = now
            logger.info("%s", line(total, done, failed, now - start))

    yield show


@contextmanager
def _live_bar(total: int) -> Iterator[Show]:
    columns = (
        TextColumn("searching the grid"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
        TextColumn("{task.fields[failed]} failures"),
    )
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("", total=total, failed=0)
        failed = 0

        def show(fit: FinishedFit) -> None:
            nonlocal failed
            failed += fit.error is not None
            bar.update(task, advance=1, failed=failed)

        yield show


def line(total: int, done: int, failed: int, seconds: float) -> str:
    """Return one sentence on how far the search is.

    Args:
        total: Fits to do.
        done: Fits that are finished, one at least.
        failed: Number of these fits without a score.
        seconds: Seconds since the search began.

    Example:
        >>> line(40, 10, 1, 30.0)
        '10 of 40 fits, 90 s left, 1 failures'
    """
    left = seconds / done * (total - done)
    return f"{done:,} of {total:,} fits, {left:.0f} s left, {failed:,} failures"
