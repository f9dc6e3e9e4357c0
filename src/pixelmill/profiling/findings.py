"""What the core time of a run went to, largest first, each as a sentence with its remedy."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pixelmill.pages.formatting import quantity
from pixelmill.profiling.remedies import advice

if TYPE_CHECKING:
    from collections.abc import Callable

    from pixelmill.profiling.core_time import CoreTime, RunStats
    from pixelmill.profiling.stages import Slowest
    from pixelmill.records import ProfileFinding

LEAST_SHARE = 0.01  # of the core time


def find_bottlenecks(spent: dict[str, float], stats: RunStats) -> list[ProfileFinding]:
    """Return the largest use of the core time, and all others above 1% of it, largest first.

    Args:
        spent: Core-seconds by finding; their sum is the core time.
        stats: Statistics of the run.
    """
    total = sum(spent.values())
    ordered = sorted(spent, key=lambda name: -spent[name])
    shares = {name: spent[name] / total for name in ordered}
    return [
        {
            "name": name,
            "share": share,
            "sentence": sentence(name, share, stats),
            "advice": advice(name, share, stats),
        }
        for name, share in shares.items()
        if name == ordered[0] or share >= LEAST_SHARE
    ]


def divide(measured: dict[str, float], core_time: CoreTime) -> dict[str, float]:
    """Divide the core time of a run by what it went to.

    Args:
        measured: Core-seconds by step, as the workers measured them.
        core_time: Core time measured by Spark.

    Returns:
        Core-seconds by the names of findings; their sum is the core time.
    """
    # What tasks took beyond the steps that their workers measured.
    outside = max(0.0, core_time.tasks - core_time.retried - sum(measured.values()))
    waking = min(core_time.waking, outside)
    shuffle = min(core_time.shuffle, outside - waking)
    spent = measured | {
        "start_up": measured["start_up"] + core_time.before + waking,
        "shuffle": shuffle,
        "overhead": outside - waking - shuffle,
        "retried": core_time.retried,
        "skew": core_time.skew,
        "stragglers": core_time.stragglers,
        "idle": core_time.unused,
    }
    return spent | {"between": max(0.0, core_time.total - sum(spent.values()))}


def sentence(name: str, share: float, stats: RunStats) -> str:
    """Return what a share of the core time went to, as a sentence.

    Args:
        name: Name of the finding.
        share: 0 to 1.
        stats: Statistics of the run.
    """
    what = _SENTENCES[name]
    return f"{share:.0%} of the core time is {what if isinstance(what, str) else what(stats)}"


def _start_up(stats: RunStats) -> str:
    core_time = stats.core_time
    if core_time is None:
        return "starting up"
    first = core_time.before / stats.cores
    return f"starting up: {first:.1f} s until the first task, then workers and the network"


def _s3_wait(stats: RunStats) -> str:
    reads = stats.settings.reads_in_flight
    each = 1000 * stats.usage.seconds["read"] / stats.usage.images
    return (
        f"waiting for images from S3: {each:.0f} ms an image with {quantity(reads, 'read')} "
        "in flight"
    )


def _shuffle(stats: RunStats) -> str:
    core_time = stats.observed
    read, written = core_time.shuffle_read / 1e6, core_time.shuffle_written / 1e6
    return (
        f"shuffle: {core_time.shuffle:.1f} core-seconds for {written:.1f} MB written and "
        f"{read:.1f} MB read"
    )


def _skew(stats: RunStats) -> str:
    slowest = stats.observed.skewed
    if slowest is None:
        return "waiting for uneven tasks"
    return f"waiting for uneven tasks: the slowest had {_load(slowest)}"


def _load(slowest: Slowest) -> str:
    task = slowest.task
    took = f"took {task.seconds:.1f} s, the median task {slowest.seconds:.1f} s"
    if slowest.image_bytes > slowest.median_bytes and task.rows <= slowest.images:
        size, usual = slowest.image_bytes / 1e6, slowest.median_bytes / 1e6
        return f"{size:,.0f} MB of images, the median task {usual:,.0f} MB; it {took}"
    return f"{quantity(task.rows, 'image')}, the median task {slowest.images:,}; it {took}"


def _stragglers(stats: RunStats) -> str:
    slowest = stats.observed.slowed
    if slowest is None:
        return "waiting for slow tasks"
    task = slowest.task
    return (
        f"waiting for slow tasks: one on {_place(task.executor, task.host)} took "
        f"{task.seconds:.1f} s, the median task {slowest.seconds:.1f} s with as much to do"
    )


def _place(executor: str, host: str) -> str:
    return "this machine" if executor == "driver" else f"{host} (executor {executor})"


def _idle(stats: RunStats) -> str:
    stage = stats.core_time and stats.core_time.underfilled
    if not stats.core_time or not stage:
        return "idle cores"
    if stage.tasks >= stage.cores:
        return f"cores without a task while the last of {stage.tasks:,} tasks ended"
    tasks, cores = quantity(stage.tasks, "task"), quantity(stage.cores, "core")
    text = f"cores without a task: {tasks} for {cores}"
    idle, executors = len(stats.core_time.idle_executors), len(stats.core_time.executors)
    return f"{text}, {idle} of {executors} executors never had one" if idle else text


def _infer(stats: RunStats) -> str:
    return f"inference in {stats.precision}" if stats.precision else "computing features"


def _retried(stats: RunStats) -> str:
    return f"tasks that failed or were stopped: {stats.observed.retried:.0f} core-seconds"


_SENTENCES: dict[str, str | Callable[[RunStats], str]] = {
    "start_up": _start_up,
    "read": "reading images",
    "s3_wait": _s3_wait,
    "decode": "decoding images",
    "infer": _infer,
    "write": "handing features over for writing",
    "shuffle": _shuffle,
    "overhead": "Spark's own work in the tasks: sending them, moving rows, writing files",
    "retried": _retried,
    "skew": _skew,
    "stragglers": _stragglers,
    "idle": _idle,
    "between": "waiting between chunks, while the driver plans and saves",
}
