"""Why cores had no task while stages ran: too few tasks, uneven tasks, or slow machines."""

from __future__ import annotations

from dataclasses import dataclass, field
from statistics import median_low
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from pixelmill.spark.metering import TaskUsage
    from pixelmill.spark.stages import Stage, Task

SLOW = 1.5  # times the median


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


class Few(NamedTuple):
    """A stage that left cores without a task.

    Attributes:
        lost: Core-seconds.
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
        few: Stage with fewer tasks than cores, or whose last round of tasks left some over.
        skewed: Slowest task with more work than others; None if there was none.
        slowed: Slowest task with no more work than others; None if there was none.
        slow_executors: How long was waited for each executor and its host.
    """

    few: Few
    skewed: Slowest | None = None
    slowed: Slowest | None = None
    slow_executors: dict[tuple[str, str], float] = field(default_factory=dict)


def windows(stages: Sequence[Stage]) -> Iterator[list[Stage]]:
    """Stages in the order of time, those together that ran at the same time."""
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
    """Finds out what cores waited for.

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
        return Waiting(Few(waited, 0, 0, 0))
    unused = min(waited, max(0.0, there - cores_a_task * len(done) * length))
    slowest = _slowest(done, waited - unused, measured)
    cores = round(there / length) if length else 0
    few = Few(unused, len(done), cores, sum(task.rows for task in done))
    if slowest.has_more and slowest.is_slow:
        return Waiting(few, skewed=slowest)
    if slowest.is_slow:
        return Waiting(few, slowed=slowest, slow_executors=_slow_executors(done, slowest.seconds))
    return Waiting(few._replace(lost=waited))


class Waking:
    """Sums up what the first tasks of Python workers took beyond later ones, outside all steps.

    A worker that starts, imports its libraries first, which no step measures. Where no worker had
    a second task, all of that time counts as starting.
    """

    def __init__(self) -> None:
        self._first: list[float] = []  # one for each worker
        self._later = 0.0
        self._tasks = 0

    def add(self, stages: Sequence[Stage], measured: Mapping[int, TaskUsage]) -> None:
        """Takes in more tasks.

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
        """The sum so far."""
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
