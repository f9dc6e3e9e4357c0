"""Alternative clusters for the same run, and the cheapest that meets a deadline."""

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Literal

from pixelmill.aws.plan_output import hours_and_minutes
from pixelmill.emr.cluster_request import ROOT_DISK
from pixelmill.emr.planning.assumptions import Assumptions
from pixelmill.emr.planning.capacity import (
    Cluster,
    Duration,
    Nodes,
    Pace,
    cluster_duration,
    cluster_pace,
    fits,
    of_one_type,
    scaled_up,
    serverless_duration,
    serverless_pace,
    tasks_a_chunk,
)
from pixelmill.emr.planning.cost import Cost, cluster_cost, serverless_cost
from pixelmill.emr.planning.prices import Instance, Prices
from pixelmill.emr.planning.storage_needs import StorageNeeds, storage_needs
from pixelmill.emr.planning.work import Work
from pixelmill.emr.serverless_request import worker_properties
from pixelmill.emr.settings import ClusterSettings
from pixelmill.errors import InputError

Bought = Literal["on demand", "spot", "serverless"]


@dataclass(frozen=True)
class Option:
    """One way to do the run.

    Attributes:
        name: Name of the worker configuration.
        bought: How they are paid; spot has core nodes on demand all the same.
        nodes: Number of worker nodes.
        spot: Number of spot nodes among them.
        vcpus: Number of vCPUs of all workers.
        pace: Throughput of all workers together.
        duration: Duration of the run.
        cost: Cost of the run.
        needs: Requests to S3 and files on it.
        changes: Settings that make it, for `--set`; none for what is set already.
    """

    name: str
    bought: Bought
    nodes: int
    spot: int
    vcpus: int
    pace: Pace
    duration: Duration
    cost: Cost
    needs: StorageNeeds
    changes: tuple[str, ...] = ()

    @property
    def hours(self) -> float:
        """Of the run."""
        return self.duration.hours


@dataclass(frozen=True)
class Planner:
    """Prices the ways to do one run.

    Attributes:
        work: The run.
        settings: Cluster settings.
        prices: Prices in the region.
        assumed: Assumptions in place of measurements.
    """

    work: Work
    settings: ClusterSettings
    prices: Prices
    assumed: Assumptions

    def as_set(self, cluster: Cluster) -> Option:
        """Return the cluster of the settings."""
        names = dict.fromkeys(group.instance.name for group in cluster.workers)
        spot = any(group.spot for group in cluster.workers)
        return self._option(cluster, " and ".join(names), "spot" if spot else "on demand")

    def scaled(self, cluster: Cluster) -> Option:
        """Return the same cluster with all the nodes that managed scaling may add, from the start
        on.
        """
        return self.as_set(scaled_up(cluster, self.settings))

    def every(self, cluster: Cluster) -> Iterator[Option]:
        """Yield every type, number of nodes and market that the settings' limits allow.

        Args:
            cluster: Cluster of the settings: its primary node and its disks are kept.
        """
        for instance in self.prices.instances.values():
            if fits(instance, self.work):
                for nodes in range(1, self.settings.most_nodes + 1):
                    yield from self._both_markets(cluster, instance, nodes)
        for workers in range(1, self.settings.serverless.workers + 1):
            yield from self.serverless(workers)

    def serverless(self, workers: int) -> Iterator[Option]:
        """Return the run on EMR Serverless, where its workers are large enough.

        Args:
            workers: Number of them.
        """
        settings = self.settings.serverless.model_copy(update={"workers": workers})
        try:
            pace = serverless_pace(settings, self.prices, self.work, self.assumed)
        except InputError:
            return
        duration = serverless_duration(settings, pace, self.work, self.assumed)
        tasks = tasks_a_chunk(worker_properties(settings), pace, self.work)
        needs = storage_needs(self.work, pace, tasks, self.assumed)
        cost = serverless_cost(settings, duration, needs, self.prices)
        name = f"{settings.vcpus} vCPUs, {settings.memory} GB"
        vcpus = workers * settings.vcpus
        change = (f"serverless.workers={workers}",)
        yield Option(name, "serverless", workers, 0, vcpus, pace, duration, cost, needs, change)

    def _both_markets(self, cluster: Cluster, instance: Instance, nodes: int) -> Iterator[Option]:
        core = max(1, self.settings.core.on_demand)
        disk = self.settings.task.disk + ROOT_DISK
        yield self._of(cluster, Nodes(instance, nodes, 0, disk), "on demand")
        if nodes > core:
            yield self._of(cluster, Nodes(instance, core, nodes - core, disk), "spot")

    def _of(self, cluster: Cluster, nodes: Nodes, bought: Bought) -> Option:
        option = self._option(of_one_type(cluster, nodes), nodes.instance.name, bought)
        return replace(option, changes=_changes(nodes))

    def _option(self, cluster: Cluster, name: str, bought: Bought) -> Option:
        pace = cluster_pace(cluster, self.work, self.assumed)
        duration = cluster_duration(cluster, self.work, self.assumed)
        tasks = tasks_a_chunk(cluster.properties, pace, self.work)
        needs = storage_needs(self.work, pace, tasks, self.assumed)
        cost = cluster_cost(cluster, duration, needs, self.prices)
        nodes, spot = cluster.nodes, cluster.spot
        return Option(name, bought, nodes, spot, cluster.vcpus, pace, duration, cost, needs)


def cheapest_within(options: Iterable[Option], hours: float) -> Option:
    """Return the cheapest that is done in time.

    Args:
        options: Alternatives to choose from.
        hours: The deadline.

    Raises:
        InputError: If none is, with what the fastest needs.
    """
    known = list(options)
    in_time = [option for option in known if option.hours <= hours]
    if in_time:
        return min(in_time, key=lambda option: (option.cost.total, option.hours))
    fastest = min(known, key=lambda option: option.hours)
    needed = hours_and_minutes(math.ceil(fastest.hours * 60) / 60)
    raise InputError(
        f"no alternative is done in {hours_and_minutes(hours)}: the fastest, {fastest.nodes} x "
        f"{fastest.name} ({fastest.bought}), needs {needed}; allow more nodes "
        "(--set most_nodes=…), or more time"
    )


def best_of_each_kind(options: Iterable[Option], hours: float) -> list[Option]:
    """Return the cheapest option of each family and market that is done in time, cheapest first."""
    best: dict[tuple[str, str], Option] = {}
    for option in options:
        kind = (option.name.partition(".")[0], option.bought)
        known = best.get(kind)
        if option.hours <= hours and (known is None or option.cost.total < known.cost.total):
            best[kind] = option
    return sorted(best.values(), key=lambda option: option.cost.total)


def neighbours(options: Iterable[Option], chosen: Option, serverless_vcpus: int) -> list[Option]:
    """Return the other families with as many nodes, other sizes with as many vCPUs, half and
    double.

    Args:
        options: Alternatives to choose from.
        chosen: Alternative that the settings name.
        serverless_vcpus: Number of vCPUs of an EMR Serverless worker.

    Returns: The cheapest first.
    """
    name = chosen.name.partition(" ")[0]
    family, _, size = name.partition(".")
    counts = {max(1, chosen.nodes // 2), 2 * chosen.nodes, 4 * chosen.nodes}

    def is_near(option: Option) -> bool:
        if option.bought == "serverless":
            return option.nodes == max(1, chosen.vcpus // serverless_vcpus)
        other, _, other_size = option.name.partition(".")
        if other_size == size and option.nodes == chosen.nodes:
            return (other, option.bought) != (family, chosen.bought)
        if (other, option.bought) != (family, chosen.bought):
            return False
        if other_size == size:
            return option.nodes in counts
        return option.vcpus == chosen.vcpus

    return sorted(filter(is_near, options), key=lambda option: option.cost.total)


def _changes(nodes: Nodes) -> tuple[str, ...]:
    """Return what to give to `--set`: a core node on demand, all others task nodes."""
    core = min(nodes.on_demand, 1) if not nodes.spot else nodes.on_demand
    name = nodes.instance.name
    return (
        f"core.instances=[{name}]",
        f"core.on_demand={core}",
        "core.spot=0",
        f"task.instances=[{name}]",
        f"task.on_demand={nodes.on_demand - core}",
        f"task.spot={nodes.spot}",
    )
