"""Executors, stages and tasks, and why cores had no task while stages ran.

Cores are idle because there are too few tasks, because the tasks are uneven, or because a machine
is slow.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from statistics import median_low
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from pixelmill.profiling.metering import TaskUsage

SLOW = 1.5  # times the median


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
    """An attempt of a task.

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
        """Time when the driver had its result, in seconds since the epoch."""
        return self.began + self.seconds


@dataclass(frozen=True, slots=True)
class Stage:
    """A completed stage.

    Attributes:
        number: Number of the stage.
        attempt: Number of the attempt, from 0.
        tasks: All attempts of its tasks; at least one.
        shuffle_read: Bytes of shuffled rows that its tasks read.
        shuffle_written: Bytes of shuffled rows that its tasks wrote.
    """

    number: int
    attempt: int
    tasks: list[Task]
    shuffle_read: int = 0
    shuffle_written: int = 0

    @property
    def began(self) -> float:
        """Time when its first task was sent, in seconds since the epoch."""
        return min(task.began for task in self.tasks)

    @property
    def ended(self) -> float:
        """Time when its last task ended, in seconds since the epoch."""
        return max(task.ended for task in self.tasks)


class Slowest(NamedTuple):
    """The task that ended a stage, beside the median task.

    Attributes:
        lost: Core-seconds for which cores had no task meanwhile.
        task: Task whose rows are images.
        seconds: Duration of the median task in seconds.
        images: Number of images of the median task.
        image_bytes: Bytes of the images that the task read; 0 if it was not counted.
        median_bytes: Bytes of the images that the median task read.
    """

    lost: float
    task: Task
    seconds: float
    images: int
    image_bytes: int
    median_bytes: int

    @property
    def has_more(self) -> bool:
        """Whether it had more to do than the median task."""
        more_images = self.task.rows > SLOW * self.images
        return more_images or self.image_bytes > SLOW * self.median_bytes

    @property
    def is_slow(self) -> bool:
        """Whether it took longer than the median task."""
        return self.task.seconds > SLOW * self.seconds


class UnderfilledStage(NamedTuple):
    """A stage with fewer tasks than cores.

    Attributes:
        lost: Core-seconds of cores without a task.
        tasks: Number of tasks.
        cores: Number of cores.
        images: Number of images.
    """

    lost: float
    tasks: int
    cores: int
    images: int


@dataclass(frozen=True)
class Waiting:
    """Core-seconds without a task while some stages ran.

    Attributes:
        underfilled: Stage with fewer tasks than cores, or whose last round of tasks left some over.
        skewed: Slowest task with more work than others; None if there was none.
        slowed: Slowest task with no more work than others; None if there was none.
        slow_executors: Seconds of waiting for each executor and its host.
    """

    underfilled: UnderfilledStage
    skewed: Slowest | None = None
    slowed: Slowest | None = None
    slow_executors: dict[tuple[str, str], float] = field(default_factory=dict)


def concurrent_stages(stages: Sequence[Stage]) -> Iterator[list[Stage]]:
    """Yield groups of stages that ran at the same time, in the order of time."""
    window: list[Stage] = []
    for stage in sorted(stages, key=lambda one: one.began):
        if window and stage.began >= max(one.ended for one in window):
            yield window
            window = []
        window.append(stage)
    if window:
        yield window


def find_waiting(
    window: Sequence[Stage], there: float, cores_a_task: int, measured: Mapping[int, TaskUsage]
) -> Waiting:
    """Find out what cores waited for.

    Args:
        window: Stages that ran at the same time; the one with most work explains the waiting.
        there: Core-seconds of all executors meanwhile.
        cores_a_task: Cores that a task takes.
        measured: What the workers measured, by number of the task.
    """
    length = max(one.ended for one in window) - min(one.began for one in window)
    busy = cores_a_task * sum(task.seconds for stage in window for task in stage.tasks)
    waited = max(0.0, there - busy)
    main = max(window, key=lambda stage: sum(task.seconds for task in stage.tasks))
    done = [task for task in main.tasks if task.succeeded]
    if not done:
        return Waiting(UnderfilledStage(waited, 0, 0, 0))
    unused = min(waited, max(0.0, there - cores_a_task * len(done) * length))
    slowest = _slowest(done, waited - unused, measured)
    cores = round(there / length) if length else 0
    underfilled = UnderfilledStage(unused, len(done), cores, sum(task.rows for task in done))
    if slowest.has_more and slowest.is_slow:
        return Waiting(underfilled, skewed=slowest)
    if slowest.is_slow:
        return Waiting(
            underfilled, slowed=slowest, slow_executors=_slow_executors(done, slowest.seconds)
        )
    return Waiting(underfilled._replace(lost=waited))


class WorkerStartup:
    """Seconds that the first tasks of Python workers took beyond later ones, outside all steps.

    A worker that starts, imports its libraries first, which no step measures. Where no worker had
    a second task, all of that time counts as starting.
    """

    def __init__(self) -> None:
        self._first: list[float] = []  # one for each worker
        self._later = 0.0
        self._tasks = 0

    def add(self, stages: Sequence[Stage], measured: Mapping[int, TaskUsage]) -> None:
        """Add the tasks of more stages.

        Args:
            stages: Stages that ended.
            measured: What the workers measured, by number of the task.
        """
        for task in (task for stage in stages for task in stage.tasks):
            own = measured.get(task.number)
            if own is None:
                continue
            outside = max(0.0, task.seconds - own.seconds)
            if own.first:
                self._first.append(outside)
            else:
                self._later += outside
                self._tasks += 1

    def seconds(self) -> float:
        """Return the sum so far."""
        usual = self._later / self._tasks if self._tasks else 0.0
        return sum(max(0.0, outside - usual) for outside in self._first)


def _slowest(done: Sequence[Task], lost: float, measured: Mapping[int, TaskUsage]) -> Slowest:
    def read(task: Task) -> int:
        return measured[task.number].image_bytes if task.number in measured else 0

    last = max(done, key=lambda task: task.ended)
    return Slowest(
        lost,
        last,
        seconds=median_low(task.seconds for task in done),
        images=median_low(task.rows for task in done),
        image_bytes=read(last),
        median_bytes=median_low(map(read, done)),
    )


def _slow_executors(done: Sequence[Task], median: float) -> dict[tuple[str, str], float]:
    slow: dict[tuple[str, str], float] = {}
    for task in done:
        if task.seconds > SLOW * median:
            place = task.executor, task.host
            slow[place] = slow.get(place, 0.0) + task.seconds - median
    return slow
