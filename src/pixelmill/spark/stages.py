"""What Spark's driver knows of executors, stages and tasks, read from its own status store.

The store is there on every master and with the web interface disabled. It forgets: the oldest
stages and tasks, and the executors that went first. Who wants sums of a long run reads it after
each chunk (`spark.ui.retainedStages`, `spark.ui.retainedTasks`, `spark.ui.retainedDeadExecutors`).
"""

from __future__ import annotations

import json
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from pixelmill.spark.pauses import pause_watch

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from pyspark import SparkContext

FINISHED = {"COMPLETE", "FAILED"}
UNFINISHED = {"ACTIVE", "PENDING"}
LOOK_BACK = 10  # stages: one that is tried again keeps its number
PAGE = 5000  # tasks that are fetched at once, some 6 MB of JSON
LONGEST_WAIT = 5000  # milliseconds to wait for events that are under way to the store


@dataclass(frozen=True, slots=True)
class Executor:
    """A process that runs tasks; with a local master it is the driver.

    Attributes:
        name: Executor number, or `driver`.
        host: Machine that it runs on.
        cores: Number of cores for tasks.
        added: Time of registration, in seconds since the epoch.
        removed: Time of removal, in seconds since the epoch; None if it is alive.
    """

    name: str
    host: str
    cores: int
    added: float
    removed: float | None = None


@dataclass(frozen=True, slots=True)
class Task:
    """A try of a task.

    Attributes:
        number: Number of the attempt, unique in the application.
        executor: Name of the executor.
        host: Machine that it ran on.
        began: Time when the driver sent it, in seconds since the epoch.
        seconds: Seconds until the driver had its result.
        rows: Number of rows written, to the table or to the shuffle.
        shuffle_seconds: Seconds of waiting for shuffled rows of other tasks and of writing rows for
            them.
        succeeded: Whether its result counts.
    """

    number: int
    executor: str
    host: str
    began: float
    seconds: float
    rows: int
    shuffle_seconds: float
    succeeded: bool

    @property
    def ended(self) -> float:
        """When the driver had its result, in seconds since the epoch."""
        return self.began + self.seconds


@dataclass(frozen=True, slots=True)
class Stage:
    """A stage that is over.

    Attributes:
        number: Number of the stage.
        attempt: Number of the attempt, from 0.
        tasks: All tries of its tasks; at least one.
        shuffle_read: Bytes.
        shuffle_written: Bytes.
    """

    number: int
    attempt: int
    tasks: list[Task]
    shuffle_read: int = 0
    shuffle_written: int = 0

    @property
    def began(self) -> float:
        """When its first task was sent, in seconds since the epoch."""
        return min(task.began for task in self.tasks)

    @property
    def ended(self) -> float:
        """When its last task was over, in seconds since the epoch."""
        return max(task.ended for task in self.tasks)


class StatusStore:
    """Reads the status store of a Spark application.

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
        """Reads what is there for nothing, so that the next reading is fast."""
        self.executors()
        newest = next(self._infos(lambda stages: stages.reverse()), None)
        if newest is not None:
            self._first = max(0, newest.stageId() - LOOK_BACK)
            _stage(newest, self._tasks(newest))

    def executors(self) -> list[Executor]:
        """All executors, those that are gone too as far as Spark remembers them."""
        return [_executor(one) for one in self._json(self._store.executorList(False))]

    def new_stages(self) -> list[Stage]:
        """The stages that ended since the last call, each with its tasks."""
        from py4j.protocol import Py4JError

        with suppress(Py4JError):  # what comes later is for the next call
            self._spark.listenerBus().waitUntilEmpty(LONGEST_WAIT)
        return [_stage(one, tasks) for one in self._new() if (tasks := self._tasks(one))]

    def _new(self) -> list[Any]:
        """Infos of stages; the store's own list would have the same 1,000 after each chunk."""
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

    # Names of Java's classes are found by a handful of calls each: once is enough.
    @cached_property
    def _kind(self) -> Any:
        return self._java.java.lang.Class.forName("org.apache.spark.status.StageDataWrapper")

    @cached_property
    def _any_task(self) -> tuple[Any, Any]:
        """In the order of their numbers, of every status."""
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
        """One call for a whole list: through py4j, every field of every task would be a call."""
        jackson = self._java.com.fasterxml.jackson
        mapper = jackson.databind.ObjectMapper()
        mapper.registerModule(jackson.module.scala.DefaultScalaModule())
        return mapper


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
