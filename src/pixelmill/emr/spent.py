"""Cost of a run so far, from instance hours and the dated price table."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from pixelmill.aws.clients import explained, open_client
from pixelmill.emr.cluster_request import ROOT_DISK
from pixelmill.emr.planning.cost import HOURS_A_MONTH
from pixelmill.emr.planning.prices import Prices, load_prices
from pixelmill.emr.record import Launch

FLEETS = ("primary", "core", "task")


@dataclass(frozen=True)
class Spent:
    """Money that is spent.

    Attributes:
        dollars: Cost in US dollars, without S3, transfer and tax.
        of: What it was spent for: '6 nodes, 7.5 node hours'.
        prices: Source and date of the prices.
    """

    dollars: float
    of: str
    prices: str


def cost_so_far(launch: Launch) -> Spent:
    """Add up what a run has used.

    Args:
        launch: Launch of the run.

    Raises:
        InputError: If AWS does not answer, or the table lacks the region or an instance type.
    """
    prices = load_prices(launch.region)
    with explained("what the run has used cannot be read"):
        if launch.target == "cluster":
            return _spent_on_nodes(launch, prices)
        return _spent_on_workers(launch, prices)


def _spent_on_nodes(launch: Launch, prices: Prices) -> Spent:
    pages = open_client("emr", launch.region).get_paginator("list_instances")
    nodes = [node for page in pages.paginate(ClusterId=launch.owner) for node in page["Instances"]]
    disk = max((launch.settings.get(fleet, {}).get("disk", 0) for fleet in FLEETS), default=0)
    disk_hour = (disk + ROOT_DISK) * prices.ebs / HOURS_A_MONTH
    now = datetime.now(UTC)
    hours = [_hours(node["Status"].get("Timeline", {}), now) for node in nodes]
    dollars = sum(
        hour * (_rate(node, prices) + disk_hour) for node, hour in zip(nodes, hours, strict=True)
    )
    of = f"{len(nodes)} nodes, {sum(hours):.1f} node hours"
    return Spent(dollars, of, _source(prices, ["on_demand", "spot", "emr", "ebs"]))


def _hours(timeline: dict[str, datetime], now: datetime) -> float:
    """From the request for an instance to its end: a little more than AWS bills."""
    began = timeline.get("CreationDateTime")
    if began is None:
        return 0.0
    return max(((timeline.get("EndDateTime") or now) - began).total_seconds() / 3600, 0.0)


def _rate(node: dict[str, Any], prices: Prices) -> float:
    instance = prices.instance(node["InstanceType"])
    bought = instance.spot if node.get("Market") == "SPOT" else instance.on_demand
    return bought + instance.emr


def _spent_on_workers(launch: Launch, prices: Prices) -> Spent:
    client = open_client("emr-serverless", launch.region)
    job = client.get_job_run(applicationId=launch.owner, jobRunId=launch.run)["jobRun"]
    # What is billed is known at the end; until then there is what was used.
    used = job.get("billedResourceUtilization") or job.get("totalResourceUtilization") or {}
    vcpus, memory = used.get("vCPUHour", 0.0), used.get("memoryGBHour", 0.0)
    disk = used.get("storageGBHour", 0.0)
    rates = prices.serverless
    dollars = vcpus * rates.vcpu + memory * rates.memory + disk * rates.disk
    of = f"{vcpus:.1f} vCPU hours, {memory:.1f} GB hours"
    return Spent(dollars, of, _source(prices, ["serverless"]))


def _source(prices: Prices, parts: Iterable[Any]) -> str:
    dates = [prices.sources[part].date for part in parts if part in prices.sources]
    return f"list prices of {min(dates)}" if dates else "list prices"
