"""Pauses of this machine: a closed lid, or stopped processes.

Such a pause is excluded from what is measured of a run. No single clock shows it:
Linux's monotonic clock stops while the machine sleeps, but not while a process is stopped.
"""

import logging
import threading
import time
from collections.abc import Callable
from functools import cache
from typing import NamedTuple

TICK = 1.0  # seconds between two looks at the clocks
LEAST = 20.0  # seconds without a look that count as a pause: a busy machine has shorter ones

logger = logging.getLogger(__name__)


class Pause(NamedTuple):
    """A period without work.

    Attributes:
        began: Start in seconds since the epoch.
        ended: End in seconds since the epoch.
        counted: Seconds of it that the monotonic clock went on.
    """

    began: float
    ended: float
    counted: float


class PauseWatch:
    """Pauses of this process, found by comparing two clocks every second.

    Args:
        wall: Seconds since the epoch.
        steady: Seconds of a clock that cannot be set.
    """

    def __init__(
        self,
        wall: Callable[[], float] = time.time,
        steady: Callable[[], float] = time.monotonic,
    ) -> None:
        self._wall, self._steady = wall, steady
        self._last = wall(), steady()
        self._pauses: list[Pause] = []

    def look(self) -> None:
        """Record a pause if the last look was long ago."""
        now = self._wall(), self._steady()
        gaps = now[0] - self._last[0], now[1] - self._last[1]
        if max(gaps) > LEAST:
            self._pauses.append(Pause(self._last[0] + TICK, now[0], max(0.0, gaps[1] - TICK)))
            logger.info("Nothing went on for %.0f s, which do not count as work.", max(gaps))
        self._last = now

    def awake(self, moment: float) -> float:
        """Return a time without the pauses before it, so that differences are times of work.

        Args:
            moment: Time in seconds since the epoch.
        """
        return moment - sum(
            max(0.0, min(moment, pause.ended) - pause.began) for pause in self._pauses
        )

    def now(self) -> float:
        """Return seconds of work by the steady clock, since an arbitrary origin."""
        return self._steady() - sum(pause.counted for pause in self._pauses)


@cache
def pause_watch() -> PauseWatch:
    """Return the watch of this process, which looks from the first call on."""
    watch = PauseWatch()
    threading.Thread(target=_look, args=(watch,), name="watch-pauses", daemon=True).start()
    return watch


def _look(watch: PauseWatch) -> None:
    while True:
        time.sleep(TICK)
        watch.look()
