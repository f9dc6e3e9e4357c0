"""The run profile: where the time went, bottlenecks, and remedies."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from pixelmill.engines.openvino import cpu_has_bfloat16
from pixelmill.profiling.findings import divide, find_bottlenecks
from pixelmill.records import ClusterProfile, Profile, SlowestTask

if TYPE_CHECKING:
    from pixelmill.featurizers import Description
    from pixelmill.profiling.core_time import CoreTime, RunStats
    from pixelmill.profiling.stages import Slowest

STEPS = ("start_up", "read", "decode", "infer", "write", "idle")
CLUSTER_SECONDS = (
    *("before", "unused", "skew", "stragglers", "tasks", "retried", "shuffle", "waking"),
    "observing",
)


def run_profile(
    stats: RunStats | None,
    featurizer: Description,
    *,
    already_done: int,
    prepared_after: float = 0.0,
) -> Profile:
    """Return the profile of a featurization.

    Args:
        stats: Statistics of the run; None if there was nothing to do.
        featurizer: Description, with `engine` and `precision` where it is a network.
        already_done: Number of images whose features existed before.
        prepared_after: Seconds before the first task, in which every core waits.

    Returns:
        The contents of `profile.json`; shares are fractions of the core time, which is that of
        all executors, each from the time when it was there.
    """
    engine: Profile = {
        "fingerprint": featurizer.get("fingerprint"),
        "engine": featurizer.get("engine"),
        "precision": featurizer.get("precision"),
        "date": datetime.now(UTC).date().isoformat(),
    }
    if stats is None or not stats.usage.images:
        return {"images": 0, "failed": 0, "already_done": already_done, **engine, **_NOTHING}
    usage, seconds = stats.usage, stats.seconds
    spent = _by_step(stats, prepared_after)
    return {
        "images": usage.images,
        "failed": usage.failed,
        "already_done": already_done,
        "seconds": seconds,
        "images_per_second": usage.images / seconds,
        "cores": stats.cores,
        "share": {step: spent[step] / stats.core_seconds for step in STEPS},
        "seconds_by_step": spent,
        "batches": usage.batches,
        "peak_worker_memory_bytes": usage.peak_memory,
        **engine,
        # Only OpenVINO knows, and takes a second to load.
        "cpu_has_bfloat16": cpu_has_bfloat16() if "precision" in featurizer else None,
        **_explained(stats, spent),
        "cluster": describe_cluster(stats.core_time),
        "failures": dict(usage.failures.most_common()),
        "remarks": dict(usage.remarks.most_common()),
    }


def with_earlier(profile: Profile, previous: Profile) -> Profile:
    """Return the profile, with an earlier run's as `last` if that one measured more images.

    A plan needs measured seconds, and of as many images as possible: a run with nothing to do has
    none, and one that adds an image to thousands measures little but its own start.

    Args:
        profile: Profile of this run.
        previous: Profile of the run before; empty for none.
    """
    earlier: Profile = previous.get("last") or previous
    same = earlier.get("fingerprint") == profile["fingerprint"] or not profile["images"]
    if not same or earlier.get("images", 0) <= profile["images"]:
        return profile
    return {**profile, "last": earlier}


def is_network_bound(profile: Profile) -> bool:
    """Return whether inference of a network takes the largest share of the core time."""
    found = profile["findings"]
    return bool(found) and profile["precision"] is not None and found[0]["name"] == "infer"


def with_trial(profile: Profile, stats: RunStats, bfloat16_gain: float | None) -> Profile:
    """Return the profile with advice from a trial of another precision.

    Args:
        profile: Profile of a run whose bottleneck is inference.
        stats: Statistics of the run.
        bfloat16_gain: How many times faster the network ran in bfloat16; None where not tried.
    """
    tried = replace(stats, bfloat16_gain=bfloat16_gain)
    return profile | _explained(tried, profile["seconds_by_step"] or {})


_NOTHING: Profile = {
    "seconds": 0.0,
    "images_per_second": None,
    "cores": None,
    "share": None,
    "seconds_by_step": None,
    "batches": 0,
    "peak_worker_memory_bytes": None,
    "bottleneck": "nothing to do",
    "advice": "every image of the index has its features",
    "findings": [],
    "cluster": None,
    "failures": {},
    "remarks": {},
}


def _explained(stats: RunStats, by_step: dict[str, float]) -> Profile:
    measured, core_time = stats.measured, stats.core_time
    spent = dict(by_step) if core_time is None else divide(measured, core_time)
    if stats.settings.on_s3:  # there, reading is waiting for the network
        spent["s3_wait"] = spent.pop("read")
    found = find_bottlenecks(spent, stats)
    return {
        "bottleneck": found[0]["sentence"],
        "advice": found[0]["advice"],
        "findings": found,
    }


def _by_step(stats: RunStats, prepared_after: float) -> dict[str, float]:
    measured = stats.measured
    spent = measured | {"start_up": measured["start_up"] + prepared_after * stats.cores}
    return spent | {"idle": max(0.0, stats.core_seconds - sum(spent.values()))}


def describe_cluster(core_time: CoreTime | None) -> ClusterProfile | None:
    """Return what executors and tasks did, for JSON; None if Spark's status is unavailable.

    Args:
        core_time: Core time measured by Spark.
    """
    if core_time is None:
        return None
    slowest = core_time.skewed or core_time.slowed
    return {
        "executors": len(core_time.executors),
        "executors_without_a_task": len(core_time.idle_executors),
        "hosts": len(core_time.hosts),
        "last_executor_after": core_time.last_executor,
        "core_seconds": core_time.total,
        "tries_of_tasks": core_time.tries,
        "shuffle_read_bytes": core_time.shuffle_read,
        "shuffle_written_bytes": core_time.shuffle_written,
        "seconds": {name: getattr(core_time, name) for name in CLUSTER_SECONDS},
        "slowest_task": None if slowest is None else _described(slowest),
        "slow_executors": [
            {"executor": executor, "host": host, "seconds": seconds}
            for (executor, host), seconds in _slowest_first(core_time)
        ],
    }


def _slowest_first(core_time: CoreTime) -> list[tuple[tuple[str, str], float]]:
    return sorted(core_time.slow_executors.items(), key=lambda one: -one[1])


def _described(slowest: Slowest) -> SlowestTask:
    return {
        "executor": slowest.task.executor,
        "host": slowest.task.host,
        "seconds": slowest.task.seconds,
        "median_seconds": slowest.seconds,
        "images": slowest.task.rows,
        "median_images": slowest.images,
        "image_bytes": slowest.image_bytes,
        "median_image_bytes": slowest.median_bytes,
    }
