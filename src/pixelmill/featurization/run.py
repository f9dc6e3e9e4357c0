"""Runs of a featurizer over many images: chunk by chunk, with a profile."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from functools import partial
from typing import TYPE_CHECKING

from pixelmill.datasets.feature_table import FeatureUpdate
from pixelmill.datasets.small_tables import count_rows, is_empty
from pixelmill.featurization.parts import Part
from pixelmill.featurizers import Description, decoder_state, find_featurizer
from pixelmill.parameters import FeaturizationParameters
from pixelmill.profiling.core_time import RunSettings, RunStats
from pixelmill.profiling.pauses import pause_watch
from pixelmill.profiling.profile import (
    is_network_bound,
    run_profile,
    with_earlier,
    with_trial,
)
from pixelmill.records import Profile, Source
from pixelmill.spark.tables import as_spark
from pixelmill.spark.types import DataFrame, Table
from pixelmill.storage import is_s3

if TYPE_CHECKING:
    from pyspark import Accumulator

    from pixelmill.featurization.tasks import FeaturizeImages
    from pixelmill.profiling.metering import Usage


def featurize_images(
    missing_images: Table,
    stale_features: Table,
    source: Source,
    featurizer: Description,
    featurization: FeaturizationParameters,
    previous_profile: Profile | None = None,
) -> Iterator[tuple[FeatureUpdate, Profile]]:
    """Compute what is missing, one chunk after another; Kedro saves each before the next begins.

    Args:
        missing_images: Images to do, columns `path`, `size`, `modified`.
        stale_features: Rows to take out, column `path`.
        source: Image source: `root`, which the paths are relative to, and `count`.
        featurizer: Description with `fingerprint`.
        featurization: The network, and how the work is divided.
        previous_profile: Profile of the run before; empty or None for none.

    Yields:
        A step for the table `features`, and the profile of the run so far; where an earlier run
        measured more, its `last` is the profile of that.
    """
    mark = featurizer["fingerprint"]
    total, images = count_rows(missing_images), source["count"]
    keep = partial(with_earlier, previous=previous_profile or {})
    profile = keep(run_profile(None, featurizer, already_done=images - total))
    if not is_empty(stale_features):
        yield FeatureUpdate(mark, remove=as_spark(stale_features)), profile
    if total:
        todo = as_spark(missing_images)
        run = FeaturizationRun(todo, total, source["root"], featurizer, featurization)
        for chunk in run.chunks():
            yield FeatureUpdate(mark, add=chunk), keep(run.profile(images - total))
        profile = keep(run.final_profile(images - total))
    yield FeatureUpdate(mark, complete=featurizer), profile


def featurize_parts(
    parts: Sequence[Part],
    missing_images: DataFrame,
    stale_features: DataFrame,
    source: Source,
) -> Iterator[tuple[FeatureUpdate, Profile]]:
    """Compute what is missing, one featurizer after another.

    Args:
        parts: The featurizers.
        missing_images: Images to do, columns `path`, `size`, `modified`, `featurizer`.
        stale_features: Rows to take out, columns `path`, `featurizer`.
        source: Image source, with `root` and `count`.

    Yields:
        A step for the features, and the profile of the featurizer so far.
    """
    for part in parts:
        missing, stale = (_of(part, table) for table in (missing_images, stale_features))
        yield from featurize_images(missing, stale, source, *part)


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
        from pixelmill.featurization.tasks import FeaturizeImages, Origin

        return FeaturizeImages(
            self._context.broadcast(self._prepared),
            self._root,
            Origin(self._featurizer["fingerprint"], decoder_state(self._parameters)),
            parameters=self._parameters,
            threads=self._cores_a_task,
            meter=self._meter,
        )

    def chunks(self) -> Iterator[DataFrame]:
        """Yield the rows of the table `features`, chunk by chunk; computed when written."""
        from pixelmill.featurization.tasks import map_featurizer

        for rows, partitions in self._divided():
            yield map_featurizer(rows, self._task, partitions)

    def _divided(self) -> Iterator[tuple[DataFrame, int]]:
        """Yield the images of one chunk after another, each with its number of tasks."""
        from pixelmill.profiling.progress import shown_progress
        from pixelmill.spark.parallelism import find_parallelism, partitions_of

        number = math.ceil(self._total / self._parameters.chunk_size)
        size = math.ceil(self._total / number)
        with shown_progress(self._total, lambda: self._meter.value):
            for chunk in range(number):
                rows = self._images.where(f"pmod(xxhash64(path), {number}) = {chunk}")
                parallelism = find_parallelism(self._context, size)
                yield rows, partitions_of(size, parallelism)

    def profile(self, already_done: int) -> Profile:
        """Return the profile of the run so far.

        Args:
            already_done: Images whose features were there before.
        """
        return self._profile(self._stats(), already_done)

    def final_profile(self, already_done: int) -> Profile:
        """Return the profile at the end of the run, with a trial of another precision.

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


def _of(part: Part, table: DataFrame) -> DataFrame:
    from pixelmill.spark import functions as sf

    return table.where(sf.col("featurizer") == part.fingerprint).drop("featurizer")
