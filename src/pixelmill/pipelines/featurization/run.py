"""One run of a featurizer over many images: its chunks, and its profile."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from pixelmill.featurizers import Description, decoder_state, find_featurizer
from pixelmill.profiling.core_time import RunSettings, RunStats
from pixelmill.profiling.pauses import pause_watch
from pixelmill.profiling.profile import (
    Profile,
    is_network_bound,
    run_profile,
    with_trial,
)
from pixelmill.storage import is_s3

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pyspark import Accumulator
    from pyspark.sql import DataFrame

    from pixelmill.parameters import FeaturizationParameters
    from pixelmill.profiling.metering import Usage
    from pixelmill.spark.featurizing import FeaturizeImages


class FeaturizationRun:
    """One featurization from the first image to the last.

    Args:
        images: Columns `path`, `size`, `modified`.
        total: Number of images, at least 1.
        root: Folder or URI that the paths are relative to.
        featurizer: Description with `fingerprint`.
        parameters: The network, and how the work is divided.
    """

    def __init__(
        self,
        images: DataFrame,
        total: int,
        root: str,
        featurizer: Description,
        parameters: FeaturizationParameters,
    ) -> None:
        from pixelmill.profiling.metering import new_meter
        from pixelmill.profiling.status_store import Observation

        self._now = pause_watch().now
        self._began = self._now()
        self._images = images
        self._total = total
        self._root = root
        self._featurizer = featurizer
        self._parameters = parameters
        self._context = images.sparkSession.sparkContext
        self._cores_a_task = int(self._context.getConf().get("spark.task.cpus", "1") or 1)
        self._meter: Accumulator[Usage] = new_meter(self._context)
        self._observation = Observation(self._context, self._meter, self._cores_a_task)
        self._prepared = find_featurizer(parameters).prepare()
        self._task = self._new_task()
        self._prepared_after = self._now() - self._began

    def _new_task(self) -> FeaturizeImages:
        from pixelmill.spark.featurizing import FeaturizeImages, Origin

        return FeaturizeImages(
            self._context.broadcast(self._prepared),
            self._root,
            Origin(self._featurizer["fingerprint"], decoder_state(self._parameters)),
            parameters=self._parameters,
            threads=self._cores_a_task,
            meter=self._meter,
        )

    def chunks(self) -> Iterator[DataFrame]:
        """The rows of the table `features`, one chunk after another; computed when written."""
        from pixelmill.spark.featurizing import map_featurizer

        for rows, partitions in self._divided():
            yield map_featurizer(rows, self._task, partitions)

    def _divided(self) -> Iterator[tuple[DataFrame, int]]:
        """The images of one chunk after another, each with its number of tasks."""
        from pixelmill.profiling.progress import shown_progress
        from pixelmill.spark.featurizing import partitions_of
        from pixelmill.spark.parallelism import find_parallelism

        number = math.ceil(self._total / self._parameters.chunk_size)
        size = math.ceil(self._total / number)
        with shown_progress(self._total, lambda: self._meter.value):
            for chunk in range(number):
                rows = self._images.where(f"pmod(xxhash64(path), {number}) = {chunk}")
                parallelism = find_parallelism(self._context, size)
                yield rows, partitions_of(size, parallelism)

    def profile(self, already_done: int) -> Profile:
        """The profile of the run so far.

        Args:
            already_done: Images whose features were there before.
        """
        return self._profile(self._stats(), already_done)

    def final_profile(self, already_done: int) -> Profile:
        """The same at the end, when there is time to try what would have been faster.

        Args:
            already_done: Images whose features were there before.
        """
        stats = self._stats()
        profile = self._profile(stats, already_done)
        if not is_network_bound(profile):
            return profile
        from pixelmill.featurizers.network import bfloat16_gain

        gain = bfloat16_gain(self._prepared, self._parameters.batch_size)
        return with_trial(profile, stats, gain)

    def _profile(self, stats: RunStats, already_done: int) -> Profile:
        return run_profile(
            stats,
            self._featurizer,
            already_done=already_done,
            prepared_after=self._prepared_after,
        )

    def _stats(self) -> RunStats:
        usage = self._meter.value
        core_time = self._observation.core_time() if usage.images else None
        seconds = self._now() - self._began
        cores = self._context.defaultParallelism
        if core_time is not None:
            cores = max(1, round(core_time.total / seconds))
        return RunStats(
            usage,
            seconds,
            cores,
            self._settings(),
            precision=self._featurizer.get("precision"),
            core_time=core_time,
            cores_a_task=self._cores_a_task,
        )

    def _settings(self) -> RunSettings:
        from pixelmill.spark.parallelism import set_parallelism

        return RunSettings(
            on_s3=is_s3(self._root),
            reads_in_flight=self._parameters.reads_in_flight,
            chunk_size=self._parameters.chunk_size,
            parallelism=set_parallelism(self._context.getConf()),
        )
