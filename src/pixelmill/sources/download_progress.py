"""How far a download is: a live bar in a terminal, a line every 30 seconds anywhere else."""

import asyncio
import logging
import sys
import time
from collections.abc import Callable

LOOK = 0.5  # seconds between two looks
LINE = 30.0  # seconds between two lines of a log

logger = logging.getLogger(__name__)
Count = Callable[[], tuple[int, int]]


async def show_progress(total: int, count: Count) -> None:
    """Shows it until it is cancelled.

    Args:
        total: Images to download.
        count: How many are done, failed ones included, and how many have failed.
    """
    await (_live_bar if sys.stderr.isatty() else _log_lines)(total, count)


async def _log_lines(total: int, count: Count) -> None:
    began = time.monotonic()
    while True:
        await asyncio.sleep(LINE)
        logger.info("%s", line(total, *count(), time.monotonic() - began))


def line(total: int, done: int, failed: int, seconds: float) -> str:
    """One sentence on how far the work is.

    Args:
        total: Images to download.
        done: Of them, failed ones included.
        failed: Of those done.
        seconds: Since the work began.

    Example:
        >>> line(2000, 500, 3, 10.0)
        'Downloading: 500 of 2,000 images, 50.0 a second, 30 s left, 3 failures'
    """
    left = f"{(total - done) * seconds / done:.0f} s left" if done else "time left unknown"
    rate = f"{done / seconds:.1f} a second"
    return f"Downloading: {done:,} of {total:,} images, {rate}, {left}, {failed:,} failures"


async def _live_bar(total: int, count: Count) -> None:
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        TextColumn,
        TimeRemainingColumn,
    )

    failures = TextColumn("{task.fields[failed]} failures")
    columns = (TextColumn("downloading"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, failures, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("", total=total, failed=0)
        while True:
            done, failed = count()
            bar.update(task, completed=done, failed=failed)
            await asyncio.sleep(LOOK)
