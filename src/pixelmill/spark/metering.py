"""Where the time of the workers goes, summed over a run while it goes on."""

from __future__ import annotations

import resource
import sys
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from pyspark.accumulators import AccumulatorParam

if TYPE_CHECKING:
    from pyspark import Accumulator, SparkContext

STEPS = ("start_up", "read", "decode", "infer", "write")
KIBIBYTE = 1 if sys.platform == "darwin" else 1024  # ru_maxrss is bytes there, KiB elsewhere


@dataclass
class Usage:
    """What some tasks did and how long it took them.

    Attributes:
        images: Images with a row, failed ones included.
        batches: Batches that the network saw.
        seconds: Core-seconds by step.
        failures: Images without features, by reason.
        peak_memory: The largest resident set of a worker, in bytes.
    """

    images: int = 0
    batches: int = 0
    seconds: dict[str, float] = field(default_factory=lambda: dict.fromkeys(STEPS, 0.0))
    failures: Counter[str] = field(default_factory=Counter)
    peak_memory: int = 0

    def __add__(self, other: Usage) -> Usage:
        """Both together: sums, and the larger memory."""
        return Usage(
            self.images + other.images,
            self.batches + other.batches,
            {step: self.seconds[step] + other.seconds[step] for step in STEPS},
            self.failures + other.failures,
            max(self.peak_memory, other.peak_memory),
        )

    @property
    def failed(self) -> int:
        """Images without features."""
        return self.failures.total()


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


def resident_peak() -> int:
    """The largest resident set of this process so far, in bytes."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * KIBIBYTE
