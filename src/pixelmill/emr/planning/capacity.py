"""Nodes of a launch, their throughput together, and their running time."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from pixelmill.aws.price_table import Speed
from pixelmill.emr.cluster_request import (
    ROOT_DISK,
    compute_limits,
    instance_fleets,
    spark_defaults,
)
from pixelmill.emr.planning.assumptions import Assumptions
from pixelmill.emr.planning.prices import Instance, Prices
from pixelmill.emr.planning.work import Work
from pixelmill.emr.serverless_request import worker_properties, worker_size
from pixelmill.emr.settings import ClusterSettings, ServerlessSettings
from pixelmill.emr.spark_properties import ExecutorSize, executor_size, resilience, tasks_at_once
from pixelmill.errors import InputError

HOUR = 3600.0


@dataclass(frozen=True)
class Nodes:
    """Some equal nodes.

    Attributes:
        instance: Instance type of the nodes.
        on_demand: Number that stay.
        spot: Number that may be taken away.
        disk: GB of EBS of each, with the system's volume.
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
    """A cluster of EMR; it ends with its step, and is paid until then.

    Attributes:
        primary: The node of the driver.
        workers: The nodes that do the work.
        properties: Spark's properties of the request.
    """

    primary: Nodes
    workers: tuple[Nodes, ...]
    properties: Mapping[str, str]

    @property
    def nodes(self) -> int:
        """Number of workers."""
        return sum(group.count for group in self.workers)

    @property
    def spot(self) -> int:
        """Number of workers that may be taken away."""
        return sum(group.spot for group in self.workers)

    @property
    def vcpus(self) -> int:
        """vCPUs of the workers."""
        return sum(group.count * group.instance.vcpus for group in self.workers)

    @property
    def executor(self) -> ExecutorSize:
        """Executor that fits on every one of the workers."""
        return executor_size([group.instance.name for group in self.workers])


@dataclass(frozen=True)
class Pace:
    """How fast some workers are together.

    Attributes:
        slots: Tasks at once.
        images_per_second: Images a second while a chunk is computed.
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
        start: Hours until the first task: nodes, packages, Spark.
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
    """Return the cluster of a launch with these settings at its start, each fleet of its preferred
    type.

    Raises:
        InputError: For an instance type that the prices do not have.
    """
    fleets = {fleet["InstanceFleetType"]: fleet for fleet in instance_fleets(settings)}
    workers = [_nodes(fleets[role], prices) for role in ("CORE", "TASK") if role in fleets]
    return Cluster(_nodes(fleets["MASTER"], prices), tuple(workers), spark_defaults(settings))


def scaled_up(cluster: Cluster, settings: ClusterSettings) -> Cluster:
    """Return the same cluster when managed scaling has added all the nodes that it may.

    Args:
        cluster: Cluster at its start.
        settings: Cluster settings.
    """
    limits = compute_limits(settings)
    added = limits["MaximumCapacityUnits"] - cluster.nodes
    last = cluster.workers[-1]
    if "MaximumOnDemandCapacityUnits" in limits:
        last = replace(last, spot=last.spot + added)
    else:
        last = replace(last, on_demand=last.on_demand + added)
    return replace(cluster, workers=(*cluster.workers[:-1], last))


def of_one_type(cluster: Cluster, nodes: Nodes) -> Cluster:
    """Return a cluster with other workers, all of one type.

    Args:
        cluster: Cluster whose primary node is kept.
        nodes: The workers.
    """
    properties = {**executor_size([nodes.instance.name]).properties(), **resilience()}
    return replace(cluster, workers=(nodes,), properties=properties)


def tasks_a_chunk(properties: Mapping[str, str], pace: Pace, work: Work) -> int:
    """Return the number of tasks, and of files, that a run makes of each chunk.

    Args:
        properties: Spark's, of the request.
        pace: Throughput of the workers.
        work: The run.
    """
    from pixelmill.spark.parallelism import divided_for, partitions_of

    images = work.images_a_chunk
    return partitions_of(images, divided_for(properties, pace.slots, images))


def fits(instance: Instance, work: Work) -> bool:
    """Return whether the memory of an executor on such nodes is enough for its Python workers."""
    return work.worker_memory <= executor_size([instance.name]).worker_memory


def cluster_pace(cluster: Cluster, work: Work, assumed: Assumptions) -> Pace:
    """Return how fast the workers are together.

    Raises:
        InputError: If a Python worker does not fit into the memory of an executor.
    """
    size = cluster.executor
    if work.worker_memory > size.worker_memory:
        names = " and ".join(dict.fromkeys(group.instance.name for group in cluster.workers))
        raise InputError(
            f"a Python worker needs {work.worker_memory:.1f} GB, more than the "
            f"{size.worker_memory:.1f} GB that an executor on {names} has for each: take types "
            "with more memory a vCPU, as m7i or r7i"
        )
    return _sum([_pace_of(group, size, work, assumed) for group in cluster.workers])


def cluster_duration(cluster: Cluster, work: Work, assumed: Assumptions) -> Duration:
    """Return how long the run takes."""
    pace = cluster_pace(cluster, work, assumed)
    start = assumed.bootstrap_minutes * 60 + assumed.session_seconds
    return _duration(start, pace, tasks_a_chunk(cluster.properties, pace, work), work, assumed)


def serverless_pace(
    settings: ServerlessSettings, prices: Prices, work: Work, assumed: Assumptions
) -> Pace:
    """Return how fast the workers of EMR Serverless are together.

    Raises:
        InputError: If a Python worker does not fit into their memory.
    """
    size = worker_size(settings)
    if work.worker_memory > size.worker_memory:
        raise InputError(
            f"a Python worker needs {work.worker_memory:.1f} GB, more than the "
            f"{size.worker_memory:.1f} GB that a worker of EMR Serverless with {settings.memory} "
            "GB has for each of its vCPUs: raise serverless.memory"
        )
    slots = size.cores
    seconds = _image_seconds(
        work, prices.serverless_speed, prices.serverless_network * settings.vcpus / slots, assumed
    )
    return _pace(settings.workers * slots, seconds, assumed)


def serverless_duration(
    settings: ServerlessSettings, pace: Pace, work: Work, assumed: Assumptions
) -> Duration:
    """Return how long the run takes on EMR Serverless.

    Args:
        settings: Settings of the serverless workers.
        pace: Throughput of the serverless workers.
        work: The run.
        assumed: Assumptions in place of measurements.
    """
    start = assumed.serverless_minutes * 60 + assumed.session_seconds
    tasks = tasks_a_chunk(worker_properties(settings), pace, work)
    return _duration(start, pace, tasks, work, assumed)


def _nodes(fleet: Mapping[str, Any], prices: Prices) -> Nodes:
    preferred = fleet["InstanceTypeConfigs"][0]
    (disk,) = preferred["EbsConfiguration"]["EbsBlockDeviceConfigs"]
    return Nodes(
        prices.instance(preferred["InstanceType"]),
        fleet["TargetOnDemandCapacity"],
        fleet.get("TargetSpotCapacity", 0),
        disk["VolumeSpecification"]["SizeInGB"] * disk["VolumesPerInstance"] + ROOT_DISK,
    )


def _pace_of(group: Nodes, size: ExecutorSize, work: Work, assumed: Assumptions) -> Pace:
    instance = group.instance
    slots = tasks_at_once(size, instance.vcpus, instance.memory)
    seconds = _image_seconds(work, instance.speed, instance.network / slots, assumed)
    lasting = _pace(group.on_demand * slots, seconds, assumed)
    spot = _pace(group.spot * slots, seconds, assumed, lost=assumed.lost_on_spot)
    return lasting + spot


def _pace(slots: int, seconds: float, assumed: Assumptions, lost: float = 0.0) -> Pace:
    rate = slots * assumed.utilisation * (1 - lost) / seconds
    return Pace(slots, rate, seconds if slots else 0.0)


def _image_seconds(work: Work, speed: Speed, gigabits: float, assumed: Assumptions) -> float:
    """Return seconds between two images of a slot, limited by CPU, reads in flight or network."""
    return max(
        work.cpu_seconds(speed),
        assumed.latency / work.reads_in_flight,
        work.image_bytes * 8 / (gigabits * 1e9),
    )


def _duration(start: float, pace: Pace, tasks: int, work: Work, assumed: Assumptions) -> Duration:
    # A chunk ends with its slowest task; on average the others wait for half of one.
    waiting = work.images_a_chunk / tasks * pace.slowest / 2
    return Duration(
        start=start,
        index=work.images / assumed.index_rate,
        images=work.images / pace.images_per_second,
        chunks=work.chunks * (assumed.chunk_seconds + waiting),
    )


def _sum(paces: Sequence[Pace]) -> Pace:
    return sum(paces, start=Pace(0, 0.0, 0.0))
