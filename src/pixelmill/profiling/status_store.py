"""Executors, stages and tasks of an application, read from the status store of Spark's driver.

The store is there on every master and with the web interface disabled. It forgets: the oldest
stages and tasks, and the executors that went first. A long run is therefore read after each chunk
(`spark.ui.retainedStages`, `spark.ui.retainedTasks`, `spark.ui.retainedDeadExecutors`).
"""

from __future__ import annotations

import json
import logging
import threading
import time
from contextlib import suppress
from functools import cached_property
from typing import TYPE_CHECKING, Any, TypeVar

from pixelmill.profiling.core_time import StageTotals
from pixelmill.profiling.metering import take_tasks
from pixelmill.profiling.pauses import pause_watch
from pixelmill.profiling.stages import Executor, Stage, Task

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from pyspark import Accumulator, SparkContext

    from pixelmill.profiling.core_time import CoreTime
    from pixelmill.profiling.metering import Usage

Answer = TypeVar("Answer")

FINISHED = {"COMPLETE", "FAILED"}
UNFINISHED = {"ACTIVE", "PENDING"}
LOOK_BACK = 10  # stages: one that is tried again keeps its number
PAGE = 5000  # tasks that are fetched at once, some 6 MB of JSON
LONGEST_WAIT = 5000  # milliseconds to wait for events that are under way to the store

logger = logging.getLogger(__name__)


class StatusStore:
    """The status store of a Spark application.

    Args:
        context: Context of the application.
        since: Seconds since the epoch; stages that were submitted earlier are left out.
    """

    def __init__(self, context: SparkContext, since: float) -> None:
        self._spark: Any = context._jsc.sc()
        self._java: Any = context._jvm
        self._since = since
        self._first = 0
        self._seen: set[tuple[int, int]] = set()

    def rehearse(self) -> None:
        """Read once without using the result, so that the next reading is fast."""
        self.executors()
        newest = next(self._infos(lambda stages: stages.reverse()), None)
        if newest is not None:
            self._first = max(0, newest.stageId() - LOOK_BACK)
            _stage(newest, self._tasks(newest))

    def executors(self) -> list[Executor]:
        """Return all executors, also removed ones as far as Spark remembers them."""
        return [_executor(one) for one in self._json(self._store.executorList(False))]

    def new_stages(self) -> list[Stage]:
        """Return the stages that ended since the last call, each with its tasks."""
        from py4j.protocol import Py4JError

        with suppress(Py4JError):  # what comes later is for the next call
            self._spark.listenerBus().waitUntilEmpty(LONGEST_WAIT)
        return [_stage(one, tasks) for one in self._new() if (tasks := self._tasks(one))]

    def _new(self) -> list[Any]:
        """Return infos of new stages; the store's own list has the same 1,000 each time."""
        infos = list(self._infos(lambda stages: stages.first(self._first)))
        over = [one for one in infos if one.status().toString() in FINISHED]
        new = [one for one in over if _mark(one) not in self._seen]
        self._seen.update(map(_mark, new))
        unfinished = [one.stageId() for one in infos if one.status().toString() in UNFINISHED]
        newest = max((one.stageId() for one in infos), default=0)
        self._first = max(self._first, min([newest, *unfinished]) - LOOK_BACK)
        return [one for one in new if self._is_ours(one)]

    def _is_ours(self, stage: Any) -> bool:
        submitted = stage.submissionTime()
        return bool(submitted.isDefined() and submitted.get().getTime() >= 1000 * self._since)

    def _infos(self, chosen: Callable[[Any], Any]) -> Iterator[Any]:
        view = self._store.store().view(self._kind).index("stageId")
        stages = chosen(view).closeableIterator()
        try:
            while stages.hasNext():
                yield stages.next().info()
        finally:
            stages.close()

    def _tasks(self, stage: Any) -> list[Task]:
        pages = self._pages(stage)
        return [_task(one) for page in pages for one in page if one["status"] != "RUNNING"]

    def _pages(self, stage: Any) -> Iterator[list[dict[str, Any]]]:
        mark = _mark(stage)
        for offset in range(0, stage.numTasks() + stage.numFailedTasks() + 1, PAGE):
            yield self._json(self._store.taskList(*mark, offset, PAGE, *self._any_task))

    # Finding a Java class by name takes several calls each: once is enough.
    @cached_property
    def _kind(self) -> Any:
        return self._java.java.lang.Class.forName("org.apache.spark.status.StageDataWrapper")

    @cached_property
    def _any_task(self) -> tuple[Any, Any]:
        """Arguments of `taskList`: in the order of task numbers, of every status."""
        order = self._java.org.apache.spark.status.api.v1.TaskSorting.ID
        return order, self._java.java.util.ArrayList()

    @cached_property
    def _store(self) -> Any:
        return self._spark.statusStore()

    def _json(self, java_object: Any) -> list[dict[str, Any]]:
        known: list[dict[str, Any]] = json.loads(self._mapper.writeValueAsString(java_object))
        return known

    @cached_property
    def _mapper(self) -> Any:
        """Mapper that makes a list one call; through py4j, every field of every task is one."""
        jackson = self._java.com.fasterxml.jackson
        mapper = jackson.databind.ObjectMapper()
        mapper.registerModule(jackson.module.scala.DefaultScalaModule())
        return mapper


class Observation:
    """What Spark did for a run since the observation began.

    If another version of Spark has another status store, the run lacks its explanation and goes on.

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
        self._totals = StageTotals(pause_watch().awake(self._began), cores_a_task)
        self._store = StatusStore(context, self._began)
        # The first reading loads hundreds of classes into the JVM: while the first tasks run,
        # and not while the cores wait for the second chunk.
        self._rehearsal = threading.Thread(target=self._rehearse, daemon=True)
        self._rehearsal.start()

    def core_time(self) -> CoreTime | None:
        """Return what the core time went to so far; None if the status store cannot be read.

        Called after each chunk, while no task runs: Spark forgets the oldest.
        """
        self._rehearsal.join()
        return _try_reading(self._read)

    def _rehearse(self) -> None:
        _try_reading(self._store.rehearse)

    def _read(self) -> CoreTime | None:
        start = time.perf_counter()
        stages = self._store.new_stages()
        self._totals.add(stages, self._store.executors(), take_tasks(self._meter))
        found = self._totals.core_time(pause_watch().awake(time.time()))
        self._seconds += time.perf_counter() - start
        found.observing = self._seconds
        return found if found.total else None


def _mark(stage: Any) -> tuple[int, int]:
    return stage.stageId(), stage.attemptId()


def _executor(known: dict[str, Any]) -> Executor:
    awake, removed = pause_watch().awake, known.get("removeTime")
    return Executor(
        known["id"],
        known["hostPort"].rpartition(":")[0],
        known["totalCores"],
        awake(known["addTime"] / 1000),
        None if removed is None else awake(removed / 1000),
    )


def _stage(stage: Any, tasks: list[Task]) -> Stage:
    return Stage(
        *_mark(stage),
        tasks,
        shuffle_read=stage.shuffleReadBytes(),
        shuffle_written=stage.shuffleWriteBytes(),
    )


def _task(known: dict[str, Any]) -> Task:
    metrics, awake = known.get("taskMetrics"), pause_watch().awake
    launched = known["launchTime"] / 1000
    began = awake(launched)
    return Task(
        number=known["taskId"],
        executor=known["executorId"],
        host=known["host"],
        began=began,
        seconds=awake(launched + (known["duration"] or 0) / 1000) - began,
        rows=_rows(metrics) if metrics else 0,
        shuffle_seconds=_shuffle_seconds(metrics) if metrics else 0.0,
        succeeded=known["status"] == "SUCCESS",
    )


def _rows(metrics: dict[str, Any]) -> int:
    written: int = metrics["outputMetrics"]["recordsWritten"]
    sent: int = metrics["shuffleWriteMetrics"]["recordsWritten"]
    return written or sent


def _shuffle_seconds(metrics: dict[str, Any]) -> float:
    waited = metrics["shuffleReadMetrics"]["fetchWaitTime"] / 1e3  # Spark has milliseconds here
    written = metrics["shuffleWriteMetrics"]["writeTime"] / 1e9  # and nanoseconds there
    return float(waited + written)


def _try_reading(reading: Callable[[], Answer]) -> Answer | None:
    from py4j.protocol import Py4JError

    try:
        return reading()
    except (Py4JError, LookupError, TypeError, ValueError):
        logger.debug("Spark's status store could not be read", exc_info=True)
        return None
