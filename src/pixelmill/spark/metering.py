"""Where the time of the workers goes, summed over a run while it goes on."""

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
    """What a single task measured.

    Attributes:
        image_bytes: Bytes of the images that it read.
        seconds: Seconds in all steps together.
        first: Whether it was the first of its worker, which had to start for it.
    """

    image_bytes: int
    seconds: float
    first: bool


@dataclass
class Usage:
    """What some tasks did and how long it took them.

    Attributes:
        images: Images with a row, failed ones included.
        batches: Batches that the network saw.
        seconds: Core-seconds by step.
        failures: Images without features, by reason.
        peak_memory: The largest resident set of a worker, in bytes.
        image_bytes: Bytes of the images that were read.
        tasks: What each task measured, by the number that Spark gave it.
        remarks: Images with features of which something is unusual, by what it is.
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
        """Both together: sums, and the larger memory."""
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
        """Images without features."""
        return self.failures.total()


class Clock:
    """Sums the laps of one task into its usage."""

    def __init__(self, usage: Usage) -> None:
        self._usage = usage
        self.restart()

    def restart(self) -> None:
        self._last = time.perf_counter()

    def without(self, arriving: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        """What arrives; the time until Spark sends it belongs to no step."""
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
        """Divides the time since the last lap as the featurizer itself measured it."""
        account(self._usage, done)
        self.restart()

    def account_beside(self, done: FeaturizedBatch) -> None:
        """The same of time that another featurizer took beside."""
        self._usage.seconds["decode"] += done.decode_seconds
        self._usage.seconds["infer"] += done.infer_seconds
        self.restart()


def account(usage: Usage, done: FeaturizedBatch) -> None:
    """Add what became of a batch.

    Args:
        usage: Usage to update.
        done: The batch.
    """
    usage.images += len(done.errors)
    usage.batches += 1
    usage.failures.update(reason(error) for error in done.errors if error is not None)
    usage.remarks.update(done.remarks)
    usage.seconds["decode"] += done.decode_seconds
    usage.seconds["infer"] += done.infer_seconds


def reason(error: str) -> str:
    """What reports group failures by: the text of an error before its details."""
    return error.split(":", 1)[0]


class UsageParam(AccumulatorParam[Usage]):
    """How Spark adds up the usage of tasks."""

    def zero(self, value: Usage) -> Usage:  # noqa: ARG002 (Spark's signature)
        """Nothing done yet."""
        return Usage()

    def addInPlace(self, value1: Usage, value2: Usage) -> Usage:  # noqa: N802 (Spark's name)
        """The sum of two usages."""
        return value1 + value2


def new_meter(context: SparkContext) -> Accumulator[Usage]:
    """An accumulator that workers add their usage to at the end of each task."""
    return context.accumulator(Usage(), UsageParam())


def take_tasks(meter: Accumulator[Usage]) -> dict[int, TaskUsage]:
    """What each task measured since the last call; the sums stay.

    Args:
        meter: Read while no task runs.
    """
    usage = meter.value
    meter.value = replace(usage, tasks={})
    return usage.tasks


def finish_task(usage: Usage) -> None:
    """Completes the usage of a task by what is known at its end.

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
    """The largest resident set of this process so far, in bytes."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * KIBIBYTE
