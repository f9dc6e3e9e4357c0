"""The plan of a run: the chosen cluster, alternatives, and warnings."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from pixelmill.aws.quotas import QuotaNeed
from pixelmill.emr.planning.alternatives import (
    Option,
    Planner,
    best_of_each_kind,
    cheapest_within,
    neighbours,
)
from pixelmill.emr.planning.capacity import Cluster, cluster_of
from pixelmill.emr.planning.prices import Instance, Prices
from pixelmill.emr.planning.quantities import Quantity
from pixelmill.emr.planning.work import Work
from pixelmill.emr.quotas import cluster_needs, serverless_needs
from pixelmill.errors import InputError

CHUNKS_SHARE = 0.1  # of the time; more than that between chunks is worth a larger chunk_size
LISTING_SHARE = 0.2  # of the time; more than that is worth a list that S3 makes itself
OLD_PRICES = 180  # days


@dataclass(frozen=True)
class Plan:
    """What is known of a run before it is launched.

    Attributes:
        work: Work to do.
        inputs: Source of each number of the work, by name.
        fleet: The types that nodes of the cluster may have.
        cluster: Cluster of the settings, each fleet of its preferred type.
        chosen: The run on it.
        scaled: The run on as many nodes as managed scaling may come to.
        quotas: Quotas that the launch needs, on a cluster and serverless.
        others: Alternatives, the cheapest first.
        prices: Prices in the region.
        deadline: Deadline in hours, or None.
        best: The cheapest that meets it.
    """

    work: Work
    inputs: Mapping[str, Quantity]
    fleet: Sequence[Instance]
    cluster: Cluster
    chosen: Option
    scaled: Option
    quotas: Sequence[QuotaNeed]
    others: Sequence[Option]
    prices: Prices
    deadline: float | None
    best: Option | None

    @property
    def advice(self) -> list[str]:
        """What to see to before the launch."""
        return [
            *_keys(self.scaled),
            *_files(self.chosen),
            *_listing(self.chosen),
            *_chunks(self),
            *_precisions(self),
            *_old_prices(self.prices),
        ]

    def as_json(self) -> dict[str, Any]:
        """Everything, for scripts; money in US dollars, times in hours."""
        return {
            "region": self.prices.region,
            "work": asdict(self.work),
            "inputs": {name: asdict(quantity) for name, quantity in self.inputs.items()},
            "primary": self.cluster.primary.instance.name,
            "chosen": _option_as_json(self.chosen),
            "scaled": _option_as_json(self.scaled),
            "quotas": [asdict(need) for need in self.quotas],
            "alternatives": [_option_as_json(option) for option in self.others],
            "deadline_hours": self.deadline,
            "cheapest": None if self.best is None else _option_as_json(self.best),
            "advice": self.advice,
            "sources": {
                part: source.model_dump(mode="json") | {"age_days": source.age}
                for part, source in self.prices.sources.items()
            },
        }


def make_plan(planner: Planner, inputs: Mapping[str, Quantity], deadline: float | None) -> Plan:
    """Price the cluster of the settings and the alternatives.

    Args:
        planner: Planner with the work, the settings and the prices.
        inputs: Source of each number of the work, by name.
        deadline: Deadline in hours, or None.

    Raises:
        InputError: If no alternative meets the deadline, a type has no price, or an assumption
            leads to no finite time or cost.
    """
    cluster = cluster_of(planner.settings, planner.prices)
    chosen, scaled = planner.as_set(cluster), planner.scaled(cluster)
    _require_finite(chosen)
    every = list(planner.every(cluster))
    best = None
    if deadline is None:
        others = neighbours(every, chosen, planner.settings.serverless.vcpus)
    else:
        best = cheapest_within([chosen, *every], deadline)
        others = best_of_each_kind(every, deadline)
    settings, prices = planner.settings, planner.prices
    names = dict.fromkeys([*settings.core.instances, *settings.task.instances])
    fleet = [prices.instance(name) for name in names]
    return Plan(
        work=planner.work,
        inputs=inputs,
        fleet=fleet,
        cluster=cluster,
        chosen=chosen,
        scaled=scaled,
        quotas=[*cluster_needs(settings), *serverless_needs(settings.serverless)],
        others=others,
        prices=prices,
        deadline=deadline,
        best=best,
    )


def _require_finite(option: Option) -> None:
    if not (math.isfinite(option.hours) and math.isfinite(option.cost.total)):
        raise InputError(
            f"the run would take {option.hours:g} hours: check the numbers that were given with "
            "--assume, --image-kb and --profile"
        )


def _option_as_json(option: Option) -> dict[str, Any]:
    return {
        "workers": option.name,
        "bought": option.bought,
        "nodes": option.nodes,
        "spot_nodes": option.spot,
        "vcpus": option.vcpus,
        "hours": option.hours,
        "seconds": asdict(option.duration),
        "images_per_second": option.pace.images_per_second,
        "cost": option.cost.parts,
        "total": option.cost.total,
        "storage": asdict(option.needs),
        "set": list(option.changes),
    }


def _keys(scaled: Option) -> list[str]:
    needs = scaled.needs
    if needs.prefixes < 2:
        return []
    sentence = (
        f"Keys: on {scaled.nodes} nodes, {needs.gets_per_second:,.0f} GETs a second need the "
        f"images under {needs.prefixes} prefixes or more, since S3 gives each 5,500; let keys "
        "begin with what differs (images/a7/…), not with a date."
    )
    return [sentence]


def _files(chosen: Option) -> list[str]:
    needs = chosen.needs
    sentence = (
        f"Files: {needs.files:,} Parquet files of about "
        f"{needs.feature_bytes / needs.files / 1e6:,.1f} MB, "
        f"{needs.feature_bytes / 1e9:,.1f} GB in all."
    )
    if needs.files <= 2 * needs.compacted_files:
        return [sentence]
    return [
        f"{sentence} What is read often is worth a copy in {needs.compacted_files:,} of 128 MB."
    ]


def _listing(chosen: Option) -> list[str]:
    duration = chosen.duration
    share = duration.index / duration.seconds
    if share <= LISTING_SHARE:
        return []
    sentence = (
        f"Listing: {share:.0%} of the time passes until the images are listed, while all nodes are "
        "paid; an S3 Inventory as images needs no listing, and managed scaling takes away the task "
        "nodes that have nothing to do."
    )
    return [sentence]


def _old_prices(prices: Prices) -> list[str]:
    oldest = max(source.age for source in prices.sources.values())
    if oldest <= OLD_PRICES:
        return []
    sentence = (
        f"Prices: the oldest of the table are {oldest // 30} months old, and spot prices change by "
        "the hour; --aws-prices asks AWS for those of today."
    )
    return [sentence]


def _chunks(plan: Plan) -> list[str]:
    duration, size = plan.chosen.duration, plan.work.chunk_size
    share = duration.chunks / duration.seconds
    if share <= CHUNKS_SHARE or plan.work.chunks < 2:
        return []
    sentence = (
        f"Chunks: {share:.0%} of the time passes between chunks of {size:,} images; "
        f"--params featurization.chunk_size={4 * size} makes that a quarter, and has a killed run "
        "lose up to four times as many images."
    )
    return [sentence]


def _precisions(plan: Plan) -> list[str]:
    without = [
        instance.name for instance in plan.fleet if instance.speed.bfloat16 < instance.speed.float32
    ]
    if plan.work.precision != "bfloat16" or not without:
        return []
    sentence = (
        f"Precision: the profile is in bfloat16, which {' and '.join(without)} does not have; such "
        "a node is several times slower, and its features differ in the last digits: take it out "
        "of core.instances and task.instances, or run with featurization.precision=float32."
    )
    return [sentence]
