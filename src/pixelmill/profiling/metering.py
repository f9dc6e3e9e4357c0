"""Usage of the Python workers, measured in each task and summed over a run."""

from __future__ import annotations

import itertools
import resource
import sys
import time
from collections import Counter
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, NamedTuple

from pyspark.accumulators import AccumulatorParam

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    import pyarrow as pa
    from pyspark import Accumulator, SparkContext

    from pixelmill.featurizers import FeaturizedBatch

STEPS = ("start_up", "read", "decode", "infer", "write")
KIBIBYTE = 1 if sys.platform == "darwin" else 1024  # ru_maxrss is bytes there, KiB elsewhere
_FINISHED = itertools.count()  # tasks of this process


class TaskUsage(NamedTuple):
    """Measurements of a single task.

    Attributes:
        image_bytes: Bytes of the images that it read.
        seconds: Seconds in all steps together.
        first: Whether it was the first task of its worker, which had to start for it.
    """

    image_bytes: int
    seconds: float
    first: bool


@dataclass
class Usage:
    """What a number of tasks did and how long it took.

    Attributes:
        images: Number of images with a row, failed ones included.
        batches: Number of batches.
        seconds: Core-seconds by step.
        failures: Number of images without features, by reason.
        peak_memory: Largest resident set of a worker, in bytes.
        image_bytes: Bytes of the images that were read.
        tasks: Measurements of each task, by Spark's task number.
        remarks: Number of images with features and something unusual, by what it is.
    """

    images: int = 0
    batches: int = 0
    seconds: dict[str, float] = field(default_factory=lambda: dict.fromkeys(STEPS, 0.0))
    failures: Counter[str] = field(default_factory=Counter)
    peak_memory: int = 0
    image_bytes: int = 0
    tasks: dict[int, TaskUsage] = field(default_factory=dict)
    remarks: Counter[str] = field(default_factory=Counter)

    def __add__(self, other: Usage) -> Usage:
        """Return the sums, and the larger memory."""
        return Usage(
            self.images + other.images,
            self.batches + other.batches,
            {step: self.seconds[step] + other.seconds[step] for step in STEPS},
            self.failures + other.failures,
            max(self.peak_memory, other.peak_memory),
            self.image_bytes + other.image_bytes,
            self.tasks | other.tasks,
            self.remarks + other.remarks,
        )

    @property
    def failed(self) -> int:
        """Number of images without features."""
        return self.failures.total()


class Clock:
    """A stopwatch that adds the laps of one task to its usage."""

    def __init__(self, usage: Usage) -> None:
        self._usage = usage
        self.restart()

    def restart(self) -> None:
        self._last = time.perf_counter()

    def without(self, arriving: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        """Yield what arrives; the time until Spark sends it belongs to no step."""
        rest = iter(arriving)
        while True:
            asked = time.perf_counter()
            rows = next(rest, None)
            self._last += time.perf_counter() - asked
            if rows is None:
                return
            yield rows

    def lap(self, step: str) -> None:
        now = time.perf_counter()
        self._usage.seconds[step] += now - self._last
        self._last = now

    def account(self, done: FeaturizedBatch) -> None:
        """Divide the time since the last lap as the featurizer itself measured it."""
        account(self._usage, done)
        self.restart()

    def account_beside(self, done: FeaturizedBatch) -> None:
        """Add the time of another featurizer that worked on the same images."""
        self._usage.seconds["decode"] += done.decode_seconds
        self._usage.seconds["infer"] += done.infer_seconds
        self.restart()


def account(usage: Usage, done: FeaturizedBatch) -> None:
    """Add the result of a batch.

    Args:
        usage: Usage to update.
        done: Featurized batch.
    """
    usage.images += len(done.errors)
    usage.batches += 1
    usage.failures.update(reason(error) for error in done.errors if error is not None)
    usage.remarks.update(done.remarks)
    usage.seconds["decode"] += done.decode_seconds
    usage.seconds["infer"] += done.infer_seconds


def reason(error: str) -> str:
    """Return the text of an error before its details, by which reports group failures."""
    return error.split(":", 1)[0]


class UsageParam(AccumulatorParam[Usage]):
    """Addition of usages, for a Spark accumulator."""

    def zero(self, value: Usage) -> Usage:  # noqa: ARG002 (Spark's signature)
        """Return an empty usage."""
        return Usage()

    def addInPlace(self, value1: Usage, value2: Usage) -> Usage:  # noqa: N802 (Spark's name)
        """Return the sum of two usages."""
        return value1 + value2


def new_meter(context: SparkContext) -> Accumulator[Usage]:
    """Return an accumulator that workers add their usage to at the end of each task."""
    return context.accumulator(Usage(), UsageParam())


def take_tasks(meter: Accumulator[Usage]) -> dict[int, TaskUsage]:
    """Return what each task measured since the last call; the sums stay.

    Args:
        meter: Read while no task runs.
    """
    usage = meter.value
    meter.value = replace(usage, tasks={})
    return usage.tasks


def finish_task(usage: Usage) -> None:
    """Complete the usage of a task at its end.

    Args:
        usage: Usage of one task; gets the worker's peak memory, and the task's own record.
    """
    from pyspark import TaskContext

    usage.peak_memory = resident_peak()
    if (context := TaskContext.get()) is not None:
        number = context.taskAttemptId()
        seconds = sum(usage.seconds.values())
        usage.tasks[number] = TaskUsage(usage.image_bytes, seconds, first=next(_FINISHED) == 0)


def resident_peak() -> int:
    """Return the largest resident set of this process so far, in bytes."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * KIBIBYTE
