"""Features of several featurizers from one reading and decoding of each image."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import reduce
from typing import TYPE_CHECKING

import numpy as np

from pixelmill.datasets.feature_table import FeatureUpdate
from pixelmill.featurization.parts import Part
from pixelmill.featurization.run import FeaturizationRun
from pixelmill.featurizers import decoder_state, find_featurizer
from pixelmill.profiling.profile import run_profile, with_earlier
from pixelmill.records import Profile, Source
from pixelmill.spark.types import ArrowTable, DataFrame

if TYPE_CHECKING:
    from pyspark.sql import DataFrame as SparkTable
    from pyspark.sql import SparkSession

    from pixelmill.featurization.joint_tasks import FeaturizeTogether, Member
    from pixelmill.profiling.metering import Usage

Step = tuple[FeatureUpdate, Profile]
NOTHING = FeatureUpdate("none")  # a step that changes no table

BESIDE: Profile = {
    "bottleneck": "made from the same decoded images as the features",
    "advice": "profile.json says what held the run back",
}


def mark_wanted(tables: Sequence[DataFrame | ArrowTable | None], *columns: str) -> DataFrame:
    """Return one row for each path of several tables, with the positions of those tables.

    Args:
        tables: k tables with the columns `path` and `columns`; None is one without rows.
        columns: The same for a path in all of them.

    Returns:
        `path`, `columns` and `wanted` (int), whose bit i is set where table i has the path.
    """
    from pixelmill.spark import functions as sf
    from pixelmill.spark.session import get_session

    marked = [
        _as_spark(table, get_session()).select("path", *columns, sf.lit(1 << place).alias("wanted"))
        for place, table in enumerate(tables)
        if table is not None
    ]
    every = reduce(lambda above, below: above.union(below), marked)
    same = [sf.first(name).alias(name) for name in columns]
    return every.groupBy("path").agg(*same, sf.bit_or("wanted").alias("wanted"))


def complete_together(
    parts: Sequence[Part],
    images: DataFrame,
    stale: DataFrame,
    source: Source,
    previous_profile: Profile,
) -> Iterator[list[Step]]:
    """Compute what several tables of features lack.

    Args:
        parts: The k featurizers; the first may be a network.
        images: Images to do, columns `path`, `size`, `modified`, `wanted` (of `mark_wanted`).
        stale: Rows to take out, columns `path`, `wanted`.
        source: Image source, with `root` and `count`.
        previous_profile: Profile of the first featurizer's run before; empty for none.

    Yields:
        k steps at a time, each with the profile of its featurizer so far.
    """
    totals, gone = (_count(table, len(parts)) for table in (images, stale))
    done = [source["count"] - total for total in totals]
    profiles = [
        run_profile(None, part.description, already_done=there)
        for part, there in zip(parts, done, strict=True)
    ]
    if any(gone):
        updates = [NOTHING] * len(parts)
        for place in np.flatnonzero(gone).tolist():
            updates[place] = FeatureUpdate(parts[place].fingerprint, remove=_marked(stale, place))
        yield list(zip(updates, profiles, strict=True))
    active = [place for place, total in enumerate(totals) if total]
    if active:
        run = JointRun([parts[place] for place in active], active, images, source["root"])
        for chunk in run.joint_chunks():
            profiles = _replaced(profiles, active, run.profiles([done[one] for one in active]))
            profiles[0] = with_earlier(profiles[0], previous_profile)
            updates = [NOTHING] * len(parts)
            for place, rows in zip(active, chunk, strict=True):
                updates[place] = FeatureUpdate(parts[place].fingerprint, add=rows)
            yield list(zip(updates, profiles, strict=True))
        profiles = _replaced(profiles, active, run.profiles([done[one] for one in active]))
        profiles[active[0]] = run.final_profile(done[active[0]])
    profiles[0] = with_earlier(profiles[0], previous_profile)
    complete = [FeatureUpdate(one.fingerprint, complete=one.description) for one in parts]
    yield list(zip(complete, profiles, strict=True))


class JointRun(FeaturizationRun):
    """One run of several featurizers; the profile of the first is that of the whole.

    Args:
        parts: The featurizers that have work.
        bits: Bit of each featurizer in `wanted`.
        images: Columns `path`, `size`, `modified`, `wanted`.
        root: Folder or URI that the paths are relative to.
    """

    def __init__(
        self, parts: Sequence[Part], bits: Sequence[int], images: DataFrame, root: str
    ) -> None:
        self._parts = parts
        self._members: list[Member] = []
        chosen = _with_bits(images, bits)
        super().__init__(chosen, chosen.count(), root, *parts[0])

    def _new_task(self) -> FeaturizeTogether:
        from pixelmill.featurization.joint_tasks import FeaturizeTogether, Member
        from pixelmill.featurization.tasks import Origin
        from pixelmill.profiling.metering import new_meter

        others = [find_featurizer(part.parameters).prepare() for part in self._parts[1:]]
        meters = [self._meter, *(new_meter(self._context) for _ in others)]
        self._members = [
            Member(
                self._context.broadcast(prepared),
                Origin(part.fingerprint, decoder_state(part.parameters)),
                meter,
            )
            for part, prepared, meter in zip(
                self._parts, [self._prepared, *others], meters, strict=True
            )
        ]
        self._together = FeaturizeTogether(
            self._members, self._root, parameters=self._parameters, threads=self._cores_a_task
        )
        return self._together

    def joint_chunks(self) -> Iterator[list[DataFrame]]:
        """Yield the rows of all tables, chunk by chunk; computed when the first is written.

        Until the others are written too, Spark keeps them on the disks of the executors.
        """
        from pyspark import StorageLevel

        from pixelmill.featurization.joint_tasks import map_together, rows_of

        for rows, partitions in self._divided():
            done = map_together(rows, self._together, partitions)
            if len(self._members) > 1:
                done.persist(StorageLevel.DISK_ONLY)
            yield [rows_of(done, place, one.origin) for place, one in enumerate(self._members)]
            done.unpersist()

    def profiles(self, already_done: Sequence[int]) -> list[Profile]:
        """Return the profile of each featurizer so far.

        Args:
            already_done: For each, images whose features were there before.
        """
        beside = [
            _beside(part, member.meter.value, there)
            for part, member, there in zip(
                self._parts[1:], self._members[1:], already_done[1:], strict=True
            )
        ]
        return [self.profile(already_done[0]), *beside]


def _as_spark(table: DataFrame | ArrowTable, session: SparkSession) -> SparkTable:
    import pyarrow as pa

    return session.createDataFrame(table) if isinstance(table, pa.Table) else table


def _marked(table: DataFrame, place: int) -> SparkTable:
    """Return the paths of a table whose bit is set."""
    return table.where(f"(shiftright(wanted, {place}) & 1) = 1").select("path")


def _count(table: DataFrame, parts: int) -> list[int]:
    """Return how many rows have each bit."""
    sums = [f"coalesce(sum(shiftright(wanted, {place}) & 1), 0)" for place in range(parts)]
    return [int(one) for one in table.selectExpr(*sums).collect()[0]]


def _with_bits(images: DataFrame, bits: Sequence[int]) -> SparkTable:
    """Return the images that have one of some bits, which move to the positions 0, 1, …"""
    moved = [f"shiftleft(shiftright(wanted, {bit}) & 1, {place})" for place, bit in enumerate(bits)]
    chosen = images.selectExpr("path", "size", "modified", f"int({' + '.join(moved)}) AS wanted")
    return chosen.where("wanted > 0")


def _replaced(
    profiles: Sequence[Profile], places: Sequence[int], others: Sequence[Profile]
) -> list[Profile]:
    new = list(profiles)
    for place, profile in zip(places, others, strict=True):
        new[place] = profile
    return new


def _beside(part: Part, usage: Usage, already_done: int) -> Profile:
    """Return the profile of a featurizer whose time is part of another one's."""
    seconds = {step: spent for step, spent in usage.seconds.items() if spent}
    done: Profile = {
        "images": usage.images,
        "failed": usage.failed,
        "batches": usage.batches,
        "seconds_by_step": seconds,
        "failures": dict(usage.failures.most_common()),
        "remarks": dict(usage.remarks.most_common()),
    }
    return run_profile(None, part.description, already_done=already_done) | done | BESIDE
