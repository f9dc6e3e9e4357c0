"""Watches a run from the driver, chunk by chunk."""

from __future__ import annotations

import logging
import threading
import time
from typing import TYPE_CHECKING, TypeVar

from pixelmill.spark.core_time import Ledger
from pixelmill.spark.metering import take_tasks
from pixelmill.spark.pauses import pause_watch
from pixelmill.spark.stages import StatusStore

if TYPE_CHECKING:
    from collections.abc import Callable

    from pyspark import Accumulator, SparkContext

    from pixelmill.spark.core_time import CoreTime
    from pixelmill.spark.metering import Usage

Answer = TypeVar("Answer")
logger = logging.getLogger(__name__)


class Observation:
    """What Spark did for a run since the observation began.

    A Spark that keeps its books in another way costs the run its explanation, never its end.

    Args:
        context: Context of the application.
        meter: Accumulator that the workers of the run add to.
        cores_a_task: Cores that a task takes.
    """

    def __init__(
        self, context: SparkContext, meter: Accumulator[Usage], cores_a_task: int = 1
    ) -> None:
        self._seconds = 0.0
        self._meter = meter
        self._began = time.time()
        self._ledger = Ledger(pause_watch().awake(self._began), cores_a_task)
        self._store = StatusStore(context, self._began)
        # The first reading loads hundreds of classes into the JVM: while the first tasks run,
        # and not while the cores wait for the second chunk.
        self._rehearsal = threading.Thread(target=self._rehearse, daemon=True)
        self._rehearsal.start()

    def core_time(self) -> CoreTime | None:
        """What the core time went to so far; None where Spark does not say.

        Called after each chunk, while no task runs: Spark forgets the oldest.
        """
        self._rehearsal.join()
        return _tried(self._read)

    def _rehearse(self) -> None:
        _tried(self._store.rehearse)

    def _read(self) -> CoreTime | None:
        start = time.perf_counter()
        stages = self._store.new_stages()
        self._ledger.add(stages, self._store.executors(), take_tasks(self._meter))
        found = self._ledger.core_time(pause_watch().awake(time.time()))
        self._seconds += time.perf_counter() - start
        found.observing = self._seconds
        return found if found.total else None


def _tried(reading: Callable[[], Answer]) -> Answer | None:
    from py4j.protocol import Py4JError

    try:
        return reading()
    except (Py4JError, LookupError, TypeError, ValueError):
        logger.debug("Spark's status store could not be read", exc_info=True)
        return None
