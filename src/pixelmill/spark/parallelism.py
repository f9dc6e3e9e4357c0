"""Cores and tasks of a chunk, and attempts at a task."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from pyspark import SparkContext

PARALLELISM = "spark.default.parallelism"
# A cluster that grows by the tasks that wait has never more cores than a chunk has tasks. Below
# so many images a task is mostly its own start, and its file is small.
LEAST_IMAGES = 100
MOST_TASKS = 1024  # so that a chunk of a million images is not written as 10,000 files


class Configuration(Protocol):
    """Spark's properties: a SparkConf, or a dictionary of those that an application will have."""

    def get(self, key: str, default: str, /) -> str | None:
        """Return the value of a property."""


def find_parallelism(context: SparkContext, images: int) -> int:
    """Return the cores to divide the next chunk for; executors come and go between chunks.

    Args:
        context: Context of the application.
        images: Number of images in the chunk.
    """
    return divided_for(context.getConf(), context.defaultParallelism, images)


def divided_for(conf: Configuration, here: int, images: int) -> int:
    """Return the cores to divide images for.

    Args:
        conf: Configuration of the application.
        here: Cores of the executors that have registered.
        images: Number of images in the chunk.

    Returns:
        `spark.default.parallelism` where it is set. Otherwise the cores that are here or that the
        configuration promises; with dynamic allocation, so many that it has reason to grow.
    """
    chosen = set_parallelism(conf)
    return chosen or max(1, here, min(_promised(conf), _useful_cores(conf, images)))


def partitions_of(images: int, cores: int, images_a_task: int = 1000) -> int:
    """Return number of tasks: equal shares for all cores, none above `images_a_task`."""
    waves = math.ceil(images / (cores * images_a_task))
    return max(1, min(images, cores * waves))


def is_repeated() -> bool:
    """Return whether an earlier attempt at this task failed, perhaps because of its input."""
    from pyspark import TaskContext

    context = TaskContext.get()
    return context is not None and context.attemptNumber() > 0


def set_parallelism(conf: Configuration) -> int | None:
    """Return the value of `spark.default.parallelism` where somebody set it."""
    value = conf.get(PARALLELISM, "")
    return max(1, int(value)) if value else None


def _promised(conf: Configuration) -> int:
    """Return the cores of the executors that are or may be requested, also of missing ones."""
    executors = "spark.executor.instances"
    if _is_dynamic(conf):
        executors = "spark.dynamicAllocation.maxExecutors"
        if not conf.get(executors, ""):
            return MOST_TASKS
    return _number(conf, executors, 0) * _number(conf, "spark.executor.cores", 1)


def _useful_cores(conf: Configuration, images: int) -> int:
    return min(MOST_TASKS, images // LEAST_IMAGES) if _is_dynamic(conf) else images


def _is_dynamic(conf: Configuration) -> bool:
    return conf.get("spark.dynamicAllocation.enabled", "false") == "true"


def _number(conf: Configuration, name: str, default: int) -> int:
    return int(conf.get(name, str(default)) or default)
