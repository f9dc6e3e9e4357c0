"""Core time of a run as Spark sees it, in tasks and in cores without one, and all its figures."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeVar

from pixelmill.profiling.stages import WorkerStartup, concurrent_stages, find_waiting

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from pixelmill.profiling.metering import TaskUsage, Usage
    from pixelmill.profiling.stages import (
        Executor,
        Slowest,
        Stage,
        Task,
        UnderfilledStage,
        Waiting,
    )

Known = TypeVar("Known", "UnderfilledStage", "Slowest")


@dataclass
class CoreTime:
    """Core-seconds of a run and their causes.

    Attributes:
        total: Core time of all executors, each from its start. The others are parts of it.
        before: Core time until the first task.
        unused: Core time while a stage ran that had too few tasks for all cores.
        skew: Core time while cores waited for tasks with more images or bytes than others.
        stragglers: Core time while cores waited for tasks that had no more to do than others.
        tasks: Core time in tasks, whatever they did. The others are parts of these.
        retried: Core time in tasks that failed or were stopped.
        shuffle: Core time for rows on their way from one task to another.
        waking: Core time in the first tasks of Python workers, beyond what later tasks took.
        tries: Number of tasks, with those that failed.
        executors: Names of the executors.
        idle_executors: Names of the executors without a task.
        hosts: Machines of the executors.
        last_executor: Seconds after the beginning when the last executor registered; 0 where all
            were there.
        shuffle_read: Bytes of shuffled rows that tasks read.
        shuffle_written: Bytes of shuffled rows that tasks wrote.
        underfilled: The stage that left most cores without a task.
        skewed: Task that was waited for longest because it had more to do.
        slowed: Task that was waited for longest although it had no more to do than others.
        slow_executors: Seconds of waiting for each executor and its host.
        observing: Seconds that the driver took to read this from Spark.
    """

    total: float = 0.0
    before: float = 0.0
    unused: float = 0.0
    skew: float = 0.0
    stragglers: float = 0.0
    tasks: float = 0.0
    retried: float = 0.0
    shuffle: float = 0.0
    waking: float = 0.0
    tries: int = 0
    executors: list[str] = field(default_factory=list)
    idle_executors: list[str] = field(default_factory=list)
    hosts: list[str] = field(default_factory=list)
    last_executor: float = 0.0
    shuffle_read: int = 0
    shuffle_written: int = 0
    underfilled: UnderfilledStage | None = None
    skewed: Slowest | None = None
    slowed: Slowest | None = None
    slow_executors: dict[tuple[str, str], float] = field(default_factory=dict)
    observing: float = 0.0


class StageTotals:
    """Running totals of the stages of a run; no task is kept.

    Args:
        began: Time when the run began, in seconds since the epoch.
        cores_a_task: Cores that a task takes.
    """

    def __init__(self, began: float, cores_a_task: int = 1) -> None:
        self._began = began
        self._cores = cores_a_task
        self._executors: dict[str, Executor] = {}
        self._used: set[str] = set()
        self._first_task = math.inf
        self._startup = WorkerStartup()
        self._sums = CoreTime()

    def add(
        self,
        stages: Sequence[Stage],
        executors: Iterable[Executor],
        measured: Mapping[int, TaskUsage],
    ) -> None:
        """Add what Spark recorded since the last call.

        Args:
            stages: Stages that ended since then.
            executors: Executors that Spark remembers.
            measured: What the workers measured, by number of the task.
        """
        self._executors |= {one.name: one for one in executors if one.cores}
        self._startup.add(stages, measured)
        for window in concurrent_stages(stages):
            self._add_tasks([task for stage in window for task in stage.tasks])
            there = self._core_seconds(
                min(stage.began for stage in window), max(stage.ended for stage in window)
            )
            self._add_waiting(find_waiting(window, there, self._cores, measured))
        for stage in stages:
            self._sums.shuffle_read += stage.shuffle_read
            self._sums.shuffle_written += stage.shuffle_written

    def core_time(self, now: float) -> CoreTime:
        """Return the totals so far.

        Args:
            now: Seconds since the epoch.
        """
        here = [one for one in self._executors.values() if _overlap(one, self._began, now)]
        sums = self._sums
        sums.total = self._core_seconds(self._began, now)
        sums.before = self._core_seconds(self._began, min(now, self._first_task))
        sums.waking = self._cores * self._startup.seconds()
        sums.executors = sorted(one.name for one in here)
        sums.idle_executors = sorted({one.name for one in here} - self._used)
        sums.hosts = sorted({one.host for one in here})
        sums.last_executor = max([0.0, *(one.added - self._began for one in here)])
        return sums

    def _core_seconds(self, began: float, ended: float) -> float:
        return sum(_overlap(one, began, ended) for one in self._executors.values())

    def _add_tasks(self, tasks: Sequence[Task]) -> None:
        self._first_task = min(self._first_task, *(task.began for task in tasks))
        self._used |= {task.executor for task in tasks}
        sums = self._sums
        sums.tries += len(tasks)
        for task in tasks:
            spent = self._cores * task.seconds
            sums.tasks += spent
            if task.succeeded:
                sums.shuffle += min(spent, self._cores * task.shuffle_seconds)
            else:
                sums.retried += spent

    def _add_waiting(self, waiting: Waiting) -> None:
        sums = self._sums
        sums.unused += waiting.underfilled.lost
        sums.underfilled = _worse(sums.underfilled, waiting.underfilled)
        if waiting.skewed is not None:
            sums.skew += waiting.skewed.lost
            sums.skewed = _worse(sums.skewed, waiting.skewed)
        if waiting.slowed is not None:
            sums.stragglers += waiting.slowed.lost
            sums.slowed = _worse(sums.slowed, waiting.slowed)
        for place, seconds in waiting.slow_executors.items():
            sums.slow_executors[place] = sums.slow_executors.get(place, 0.0) + seconds


@dataclass(frozen=True)
class RunSettings:
    """Settings of a run that a remedy may change.

    Attributes:
        on_s3: Whether images come from S3.
        reads_in_flight: Number of images that a worker reads ahead.
        chunk_size: Number of images that are saved at once.
        parallelism: `spark.default.parallelism`; None where it is not set.
    """

    on_s3: bool = False
    reads_in_flight: int = 16
    chunk_size: int = 20_000
    parallelism: int | None = None


@dataclass(frozen=True)
class RunStats:
    """Measurements and settings of a run, from which findings and remedies are made.

    Attributes:
        usage: Usage measured by the workers.
        seconds: Wall time of the run.
        cores: Number of cores of all executors, on average.
        settings: Settings of the run.
        precision: Precision of the network; None if the featurizer is not a network.
        bfloat16_gain: How many times faster the network ran in bfloat16, where that was tried.
        core_time: Core time measured by Spark; None if Spark's status is unavailable.
        cores_a_task: Cores that a task takes.
    """

    usage: Usage
    seconds: float
    cores: int
    settings: RunSettings = RunSettings()
    precision: str | None = None
    bfloat16_gain: float | None = None
    core_time: CoreTime | None = None
    cores_a_task: int = 1

    @property
    def core_seconds(self) -> float:
        """Core time that was available to the run."""
        return self.core_time.total if self.core_time else self.cores * self.seconds

    @property
    def measured(self) -> dict[str, float]:
        """Core-seconds by step, as the workers measured them."""
        spent = self.usage.seconds
        return {step: self.cores_a_task * seconds for step, seconds in spent.items()}

    @property
    def observed(self) -> CoreTime:
        """Core time measured by Spark; all zero if unavailable, where no finding needs it."""
        return self.core_time or CoreTime()


def _overlap(executor: Executor, began: float, ended: float) -> float:
    """Core-seconds of an executor between two times."""
    until = ended if executor.removed is None else min(ended, executor.removed)
    return executor.cores * max(0.0, until - max(began, executor.added))


def _worse(before: Known | None, now: Known) -> Known:
    return now if before is None or now.lost > before.lost else before
