"""The parameter that would shorten a run, and by how much."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from pixelmill.profiling.core_time import RunStats

A_TASK = 1000  # images of a task of a full chunk
SMALLER = 4  # tasks for each core, where one for each is too coarse
HARDLY = "hardly faster"
MOST_READS = 64  # in flight: beyond so many a storage has as many connections and no more


def speedup(share: float, gain: float) -> float:
    """Return how many times faster the whole gets if a share gets `gain` times faster (Amdahl)."""
    return 1 / (1 - share + share / gain)


def advice(name: str, share: float, stats: RunStats) -> str:
    """Return what to set and the speedup to expect, as a sentence.

    Args:
        name: Name of the finding.
        share: 0 to 1.
        stats: Statistics of the run.
    """
    return _REMEDIES[name](share, stats)


def _bound(share: float) -> str:
    return _faster(speedup(share, 1e9))


def _at_most(share: float) -> str:
    bound = _bound(share)
    return bound if bound == HARDLY else f"up to {bound}"


def _half(share: float) -> str:
    return _faster(speedup(share, 2))


def _faster(gain: float) -> str:
    return f"{gain:.1f} times faster" if gain >= 1.05 else HARDLY


def _less_start(share: float, stats: RunStats) -> str:
    core_time, lost = stats.core_time, share * stats.seconds
    bound = f"a run is {_at_most(share)}"
    if core_time is not None and core_time.last_executor > lost / 2:
        return (
            f"the last executor came after {core_time.last_executor:.0f} s: set "
            f"spark.dynamicAllocation.minExecutors to {len(core_time.executors)} in "
            f"spark.properties, so that they come first; {bound}"
        )
    cached = ", or with the network in the cache," if stats.precision else ""
    return (
        f"{stats.usage.images:,} images are few for a start of {lost:.0f} s: "
        f"on more images{cached} {bound}"
    )


def _nearer(share: float, _: RunStats) -> str:
    return (
        "raise featurization.reads_in_flight or move the images nearer: with no wait for them "
        f"the run would be {_bound(share)}"
    )


def _more_reads(share: float, stats: RunStats) -> str:
    reads = stats.settings.reads_in_flight
    without = f"with no wait for images the run would be {_bound(share)}"
    if reads >= MOST_READS:
        return f"use a bucket of the same region, or instances with more network: {without}"
    return (
        f"set featurization.reads_in_flight to {_reads_needed(stats)} instead of {reads}: {without}"
    )


def _reads_needed(stats: RunStats) -> int:
    """A power of two that hides the latency, with room for answers that are late.

    An image comes every `wait + work` seconds; a read that began `reads` images before it took
    as many times that long (Little's law). It is hidden when as many images are being worked on.
    """
    spent, reads = stats.usage.seconds, stats.settings.reads_in_flight
    work = max(1e-9, spent["decode"] + spent["infer"] + spent["write"])
    needed = max(2 * reads, 1.5 * reads * (spent["read"] + work) / work)
    return int(min(MOST_READS, 2 ** math.ceil(math.log2(needed))))


def _smaller_images(share: float, _: RunStats) -> str:
    return (
        "keep smaller copies of the images: decoding in half the time would make the run "
        f"{_half(share)}"
    )


def _faster_network(share: float, stats: RunStats) -> str:
    if stats.precision is None:
        return (
            "more cores, or smaller copies of the images where all their pixels need not count: "
            f"half the pixels would make the run {_half(share)}"
        )
    if stats.bfloat16_gain is not None:
        return (
            f"this CPU ran the network {stats.bfloat16_gain:.1f} times faster in bfloat16: set "
            "featurization.precision to bfloat16, about "
            f"{speedup(share, stats.bfloat16_gain):.1f} times faster in all"
        )
    return (
        "more cores or a smaller network: a network of half the cost would make "
        f"the run {_half(share)}"
    )


def _less_to_write(share: float, stats: RunStats) -> str:
    if stats.precision is None:
        return (
            "raise featurization.batch_size: with no time for handing over the run would be "
            f"{_bound(share)}"
        )
    return (
        "take fewer floats an image (featurization.pooling: avg): half of them would make the "
        f"run {_half(share)}"
    )


def _larger_chunks(share: float, stats: RunStats) -> str:
    chunk = stats.settings.chunk_size
    without = f"with none of it the run would be {_bound(share)}"
    if stats.usage.images <= chunk:
        return f"{stats.usage.images:,} images are few: on more images a run is {_at_most(share)}"
    larger = max(SMALLER * chunk, A_TASK * stats.cores)
    return f"set featurization.chunk_size to {larger} instead of {chunk}: {without}"


def _smaller_tasks(share: float, stats: RunStats) -> str:
    more = max(SMALLER * stats.cores, 2 * (stats.settings.parallelism or 0))
    return (
        f"set spark.default.parallelism to {more} in spark.properties, so that smaller tasks "
        f"even out: with no such wait the run would be {_bound(share)}"
    )


def _second_try(share: float, stats: RunStats) -> str:
    without = f"with no such wait the run would be {_bound(share)}"
    slowest = stats.observed.slowed
    if slowest is None or slowest.task.executor == "driver":
        return f"let nothing else use this machine, or set spark.master to fewer cores: {without}"
    return (
        "set spark.speculation to true in spark.properties, so that a slow task runs elsewhere "
        f"too, and look at {slowest.task.host}: {without}"
    )


def _busier_cores(share: float, stats: RunStats) -> str:
    stage = stats.core_time and stats.core_time.underfilled
    without = f"with no waiting the run would be {_bound(share)}"
    if not stage:
        return (
            f"{share * stats.seconds:.0f} s a core had no task: use fewer cores, more images a "
            f"run, or a larger featurization.chunk_size; {without}"
        )
    if stage.tasks < stage.cores and stats.settings.parallelism is not None:
        return (
            f"take spark.default.parallelism ({stats.settings.parallelism}) out of "
            f"spark.properties, so that each core gets a task: {without}"
        )
    if stage.tasks >= stage.cores:
        return _smaller_tasks(share, stats)
    if stage.images < stats.usage.images:
        return _larger_chunks(share, stats)
    return f"{stage.images:,} images are few for {stage.cores:,} cores: {without} or on fewer cores"


def _fewer_failures(share: float, _: RunStats) -> str:
    return (
        "the driver's log has the reasons; where spot nodes were taken away, lower task.spot and "
        "raise core.on_demand in conf/emr/cluster.yml: without failures the run would be "
        f"{_bound(share)}"
    )


_REMEDIES: dict[str, Callable[[float, RunStats], str]] = {
    "start_up": _less_start,
    "read": _nearer,
    "s3_wait": _more_reads,
    "decode": _smaller_images,
    "infer": _faster_network,
    "write": _less_to_write,
    "shuffle": _larger_chunks,
    "overhead": _larger_chunks,
    "retried": _fewer_failures,
    "skew": _smaller_tasks,
    "stragglers": _second_try,
    "idle": _busier_cores,
    "between": _larger_chunks,
}
