"""What a run measured and was set to: all that sentences about it tell."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pixelmill.spark.core_time import CoreTime
    from pixelmill.spark.metering import Usage


@dataclass(frozen=True)
class Settings:
    """What the parameters of the run say, as far as a remedy may change it.

    Attributes:
        on_s3: Whether images come from S3.
        reads_in_flight: Images that a worker reads ahead.
        chunk_size: Images that are saved at once.
        parallelism: `spark.default.parallelism`; None where it is not set.
    """

    on_s3: bool = False
    reads_in_flight: int = 16
    chunk_size: int = 20_000
    parallelism: int | None = None


@dataclass(frozen=True)
class Facts:
    """What the sentences tell.

    Attributes:
        usage: Usage measured by the workers.
        seconds: Wall time of the run.
        cores: Number of cores of all executors, on average.
        settings: Settings of the run.
        precision: Precision of the network; None if the featurizer is not a network.
        bfloat16_gain: How many times faster the network ran in bfloat16, where that was tried.
        core_time: Core time measured by Spark; None where it did not say.
        cores_a_task: Cores that a task takes.
    """

    usage: Usage
    seconds: float
    cores: int
    settings: Settings = Settings()
    precision: str | None = None
    bfloat16_gain: float | None = None
    core_time: CoreTime | None = None
    cores_a_task: int = 1

    @property
    def core_seconds(self) -> float:
        """All the core time that the run could use."""
        return self.core_time.total if self.core_time else self.cores * self.seconds

    @property
    def measured(self) -> dict[str, float]:
        """Core-seconds by step, as the workers measured them."""
        spent = self.usage.seconds
        return {step: self.cores_a_task * seconds for step, seconds in spent.items()}

    @property
    def observed(self) -> CoreTime:
        """What Spark saw; findings that are told from it exist with it alone."""
        from pixelmill.spark.core_time import CoreTime

        return self.core_time or CoreTime()
