"""The nodes of a cluster, how fast they are together, and how long they need."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from pixelmill.emr.planning.assumptions import Assumptions
from pixelmill.emr.planning.prices import Instance, Prices, Speed
from pixelmill.emr.planning.work import IMAGES_A_TASK, Work
from pixelmill.emr.settings import ClusterSettings, FleetSettings, ServerlessSettings
from pixelmill.errors import InputError

HOUR = 3600.0


@dataclass(frozen=True)
class Nodes:
    """Some equal nodes.

    Attributes:
        instance: Their type.
        on_demand: Number that stay.
        spot: Number that may be taken away.
        disk: GB of EBS of each.
    """

    instance: Instance
    on_demand: int
    spot: int
    disk: float

    @property
    def count(self) -> int:
        """Number of them."""
        return self.on_demand + self.spot


@dataclass(frozen=True)
class Cluster:
    """A cluster of EMR.

    Attributes:
        primary: The node of the driver.
        workers: The nodes that do the work.
        idle_minutes: After the run, until it ends itself.
    """

    primary: Nodes
    workers: tuple[Nodes, ...]
    idle_minutes: float

    @property
    def nodes(self) -> int:
        """Of the workers."""
        return sum(group.count for group in self.workers)

    @property
    def spot(self) -> int:
        """Nodes that may be taken away."""
        return sum(group.spot for group in self.workers)

    @property
    def vcpus(self) -> int:
        """Of the workers."""
        return sum(group.count * group.instance.vcpus for group in self.workers)


@dataclass(frozen=True)
class Pace:
    """How fast some workers are together.

    Attributes:
        slots: Tasks at once.
        images_per_second: While a chunk is under way.
        slowest: Seconds an image in the slowest of the slots.
    """

    slots: int
    images_per_second: float
    slowest: float

    def __add__(self, other: "Pace") -> "Pace":
        """Both together."""
        return Pace(
            self.slots + other.slots,
            self.images_per_second + other.images_per_second,
            max(self.slowest, other.slowest),
        )


@dataclass(frozen=True)
class Duration:
    """How long a run takes, in seconds.

    Attributes:
        start: Until the first task: nodes, packages, Spark.
        index: Listing, and the comparison with what is done.
        images: The features.
        chunks: What each chunk costs beside its images, summed.
    """

    start: float
    index: float
    images: float
    chunks: float

    @property
    def seconds(self) -> float:
        """All together."""
        return self.start + self.index + self.images + self.chunks

    @property
    def hours(self) -> float:
        """All together."""
        return self.seconds / HOUR


def cluster_of(settings: ClusterSettings, prices: Prices) -> Cluster:
    """The cluster that the settings describe, each fleet of its preferred type.

    Raises:
        InputError: For an instance type that the prices do not have.
    """
    fleets = (settings.core, settings.task)
    workers = [_nodes(fleet, prices) for fleet in fleets if fleet.on_demand + fleet.spot]
    primary = prices.instance(settings.primary.instances[0])
    return Cluster(
        Nodes(primary, 1, 0, settings.primary.disk), tuple(workers), settings.idle_minutes
    )


def fits(instance: Instance, work: Work, assumed: Assumptions) -> bool:
    """Whether the memory of a node is enough for one Python worker."""
    return _slots(instance.vcpus, instance.memory, work, assumed) > 0


def cluster_pace(cluster: Cluster, work: Work, assumed: Assumptions) -> Pace:
    """How fast the workers are together.

    Raises:
        InputError: Where a Python worker does not fit into the memory of a node.
    """
    return _sum([_pace_of(group, work, assumed) for group in cluster.workers])


def cluster_duration(cluster: Cluster, work: Work, assumed: Assumptions) -> Duration:
    """How long the run takes."""
    pace = cluster_pace(cluster, work, assumed)
    start = assumed.bootstrap_minutes * 60 + assumed.session_seconds
    return _duration(start, pace, work, assumed)


def serverless_pace(
    settings: ServerlessSettings, prices: Prices, work: Work, assumed: Assumptions
) -> Pace:
    """How fast the workers of EMR Serverless are together.

    Raises:
        InputError: Where a Python worker does not fit into their memory.
    """
    slots = _slots(settings.vcpus, settings.memory, work, assumed)
    if not slots:
        raise InputError(
            f"a Python worker needs {work.worker_memory:.1f} GB, more than EMR Serverless has with "
            f"{settings.memory} GB: raise serverless.memory"
        )
    seconds = _image_seconds(
        work, prices.serverless_speed, prices.serverless_network * settings.vcpus / slots, assumed
    )
    return _pace(settings.workers * slots, seconds, assumed)


def serverless_duration(pace: Pace, work: Work, assumed: Assumptions) -> Duration:
    """How long the run takes on EMR Serverless.

    Args:
        pace: Of its workers.
        work: The run.
        assumed: What is not measured.
    """
    start = assumed.serverless_minutes * 60 + assumed.session_seconds
    return _duration(start, pace, work, assumed)


def _nodes(fleet: FleetSettings, prices: Prices) -> Nodes:
    instance = prices.instance(fleet.instances[0])
    return Nodes(instance, fleet.on_demand, fleet.spot, fleet.disk)


def _pace_of(group: Nodes, work: Work, assumed: Assumptions) -> Pace:
    instance = group.instance
    slots = _slots(instance.vcpus, instance.memory, work, assumed)
    if not slots:
        raise InputError(
            f"a Python worker needs {work.worker_memory:.1f} GB, more than {instance.name} has to "
            f"spare of its {instance.memory:g} GB: take a larger size, or m7i"
        )
    seconds = _image_seconds(work, instance.speed, instance.network / slots, assumed)
    lasting = _pace(group.on_demand * slots, seconds, assumed)
    spot = _pace(group.spot * slots, seconds, assumed, lost=assumed.lost_on_spot)
    return lasting + spot


def _pace(slots: int, seconds: float, assumed: Assumptions, lost: float = 0.0) -> Pace:
    rate = slots * assumed.utilisation * (1 - lost) / seconds
    return Pace(slots, rate, seconds if slots else 0.0)


def _slots(vcpus: int, memory: float, work: Work, assumed: Assumptions) -> int:
    """Tasks at once: one a vCPU, where their Python workers fit into the memory."""
    free = memory * assumed.memory_share - assumed.jvm_memory
    return max(0, min(vcpus, int(free / work.worker_memory)))


def _image_seconds(work: Work, speed: Speed, gigabits: float, assumed: Assumptions) -> float:
    """Seconds between two images of a slot: of its CPU, its reads in flight or its network."""
    return max(
        work.cpu_seconds(speed),
        assumed.latency / work.reads_in_flight,
        work.image_bytes * 8 / (gigabits * 1e9),
    )


def _duration(start: float, pace: Pace, work: Work, assumed: Assumptions) -> Duration:
    # A chunk ends with its slowest task; on average the others wait for half of one.
    task = min(IMAGES_A_TASK, math.ceil(work.images_a_chunk / pace.slots))
    waiting = task * pace.slowest / 2
    return Duration(
        start=start,
        index=work.images / assumed.index_rate,
        images=work.images / pace.images_per_second,
        chunks=work.chunks * (assumed.chunk_seconds + waiting),
    )


def _sum(paces: Sequence[Pace]) -> Pace:
    return sum(paces, start=Pace(0, 0.0, 0.0))
