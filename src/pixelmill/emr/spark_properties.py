"""Spark properties on EMR: executor sizes, and fault tolerance."""

from collections.abc import Sequence
from dataclasses import dataclass

from pixelmill.aws.instance_types import vcpus_and_memory

CORES = 4  # of an executor: few enough that losing one costs little
# EMR gives YARN three quarters of a node's memory; a little of that is the application master's.
YARN_SHARE = 0.70
YARN_GIVES = 0.75
# An executor's Python workers decode images and hold a network each, outside of Java's heap.
HEAP_SHARE = 0.35


@dataclass(frozen=True)
class ExecutorSize:
    """What one executor takes of a node.

    Attributes:
        cores: Tasks at once, a Python worker each.
        heap: MB of Java's heap.
        overhead: MB for everything else, most of it the Python workers'.
    """

    cores: int
    heap: int
    overhead: int

    @property
    def worker_memory(self) -> float:
        """GB (10^9 bytes) for the Python worker of each task; YARN ends an executor beyond it."""
        return self.overhead * 2**20 / 1e9 / self.cores

    def properties(self) -> dict[str, str]:
        """As Spark writes it.

        `spark.executor.pyspark.memory` is left alone: it limits the address space of a worker,
        of which a network maps far more than it uses.
        """
        return {
            "spark.executor.cores": str(self.cores),
            "spark.executor.memory": f"{self.heap}m",
            "spark.executor.memoryOverhead": f"{self.overhead}m",
        }


def tasks_at_once(size: ExecutorSize, vcpus: int, memory: float) -> int:
    """Tasks that run at once on a node, one a core of the executors that fit on it.

    Args:
        size: Executor size.
        vcpus: vCPUs of the node, each of which YARN gives to one core.
        memory: Memory of the node in GB.
    """
    by_memory = int(memory * 1024 * YARN_GIVES) // (size.heap + size.overhead)
    return size.cores * min(vcpus // size.cores, by_memory)


def executor_size(instance_types: Sequence[str]) -> ExecutorSize:
    """Return the executor that fits on every one of some instance types.

    Args:
        instance_types: Instance types of core and task nodes.

    Raises:
        InputError: For a name that is no instance type.
    """
    sizes = [vcpus_and_memory(each) for each in instance_types]
    cores = min(CORES, *(vcpus for vcpus, _ in sizes))
    megabytes = min(1024 * memory / vcpus for vcpus, memory in sizes) * YARN_SHARE * cores
    return sized(cores, int(megabytes))


def sized(cores: int, megabytes: int) -> ExecutorSize:
    """Divide an executor's memory between Java and its Python workers."""
    heap = int(megabytes * HEAP_SHARE)
    return ExecutorSize(cores, heap, megabytes - heap)


def resilience() -> dict[str, str]:
    """Return what lets a run survive the nodes that are taken away, on any kind of EMR."""
    return {
        "spark.dynamicAllocation.enabled": "true",
        # An idle executor gives its compiled networks away: not between two chunks.
        "spark.dynamicAllocation.executorIdleTimeout": "300s",
        "spark.decommission.enabled": "true",
        "spark.storage.decommission.enabled": "true",
        "spark.storage.decommission.shuffleBlocks.enabled": "true",
        "spark.storage.decommission.rddBlocks.enabled": "true",
        "spark.task.maxFailures": "10",
        "spark.network.timeout": "300s",
        # A second try of a slow task would compute every image twice.
        "spark.speculation": "false",
    }


def session_properties() -> dict[str, str]:
    """Return what every session of the project has, for a driver whose JVM starts before its
    Python.
    """
    from pixelmill.spark.session import ALWAYS

    return dict(ALWAYS)
