"""What the core time of a run went to, in words."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from pixelmill.pipelines.featurization.facts import Facts
    from pixelmill.spark.waiting import Slowest


def sentence(name: str, share: float, facts: Facts) -> str:
    """What a share of the core time went to.

    Args:
        name: Name of the finding.
        share: 0 to 1.
        facts: Statistics of the run.
    """
    what = _WHAT[name]
    return f"{share:.0%} of the core time is {what if isinstance(what, str) else what(facts)}"


def _start_up(facts: Facts) -> str:
    core_time = facts.core_time
    if core_time is None:
        return "starting up"
    first = core_time.before / facts.cores
    return f"starting up: {first:.1f} s until the first task, then workers and the network"


def _s3_wait(facts: Facts) -> str:
    reads = facts.settings.reads_in_flight
    each = 1000 * facts.usage.seconds["read"] / facts.usage.images
    return (
        f"waiting for images from S3: {each:.0f} ms an image with {_count(reads, 'read')} in flight"
    )


def _shuffle(facts: Facts) -> str:
    core_time = facts.observed
    read, written = core_time.shuffle_read / 1e6, core_time.shuffle_written / 1e6
    return (
        f"shuffle: {core_time.shuffle:.1f} core-seconds for {written:.1f} MB written and "
        f"{read:.1f} MB read"
    )


def _skew(facts: Facts) -> str:
    slowest = facts.observed.skewed
    if slowest is None:
        return "waiting for uneven tasks"
    return f"waiting for uneven tasks: the slowest had {_load(slowest)}"


def _load(slowest: Slowest) -> str:
    task = slowest.task
    took = f"took {task.seconds:.1f} s, the median task {slowest.seconds:.1f} s"
    if slowest.image_bytes > slowest.median_bytes and task.rows <= slowest.images:
        size, usual = slowest.image_bytes / 1e6, slowest.median_bytes / 1e6
        return f"{size:,.0f} MB of images, the median task {usual:,.0f} MB; it {took}"
    return f"{_count(task.rows, 'image')}, the median task {slowest.images:,}; it {took}"


def _stragglers(facts: Facts) -> str:
    slowest = facts.observed.slowed
    if slowest is None:
        return "waiting for slow tasks"
    task = slowest.task
    return (
        f"waiting for slow tasks: one on {_place(task.executor, task.host)} took "
        f"{task.seconds:.1f} s, the median task {slowest.seconds:.1f} s with as much to do"
    )


def _place(executor: str, host: str) -> str:
    return "this machine" if executor == "driver" else f"{host} (executor {executor})"


def _idle(facts: Facts) -> str:
    few = facts.core_time and facts.core_time.few
    if not facts.core_time or not few:
        return "idle cores"
    if few.tasks >= few.cores:
        return f"cores without a task while the last of {few.tasks:,} tasks ended"
    said = f"cores without a task: {_count(few.tasks, 'task')} for {_count(few.cores, 'core')}"
    idle, all_of_them = len(facts.core_time.idle_executors), len(facts.core_time.executors)
    return f"{said}, {idle} of {all_of_them} executors never had one" if idle else said


def _infer(facts: Facts) -> str:
    return f"inference in {facts.precision}" if facts.precision else "computing features"


def _retried(facts: Facts) -> str:
    return f"tasks that failed or were stopped: {facts.observed.retried:.0f} core-seconds"


_WHAT: dict[str, str | Callable[[Facts], str]] = {
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


def _count(number: int, thing: str) -> str:
    return f"{number:,} {thing}" if number == 1 else f"{number:,} {thing}s"
