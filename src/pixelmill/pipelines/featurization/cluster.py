"""The part of the run profile that only Spark knows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pixelmill.spark.core_time import CoreTime
    from pixelmill.spark.waiting import Slowest

SECONDS = (
    *("before", "unused", "skew", "stragglers", "tasks", "retried", "shuffle", "waking"),
    "observing",
)


def describe_cluster(core_time: CoreTime | None) -> dict[str, Any] | None:
    """What executors and tasks did, as JSON has it; None where Spark did not say.

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
        "seconds": {name: getattr(core_time, name) for name in SECONDS},
        "slowest_task": None if slowest is None else _described(slowest),
        "slow_executors": [
            {"executor": executor, "host": host, "seconds": seconds}
            for (executor, host), seconds in _slowest_first(core_time)
        ],
    }


def _slowest_first(core_time: CoreTime) -> list[tuple[tuple[str, str], float]]:
    return sorted(core_time.slow_executors.items(), key=lambda one: -one[1])


def _described(slowest: Slowest) -> dict[str, Any]:
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
