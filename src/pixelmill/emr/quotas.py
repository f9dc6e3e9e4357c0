"""AWS's quotas of an account: what a launch needs of them, and what Service Quotas says it has."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from pixelmill.aws.clients import explained, open_client
from pixelmill.aws.instance_types import is_standard, vcpus_and_memory
from pixelmill.emr.cluster_request import compute_limits, instance_fleets
from pixelmill.emr.settings import ClusterSettings, ServerlessSettings
from pixelmill.errors import InputError


@dataclass(frozen=True)
class Quota:
    """A quota in vCPUs, for one account in one region.

    Attributes:
        what: What it limits, as the end of "24 vCPUs …".
        service: Service code.
        code: Quota code.
        default: AWS's default, which a new account has.
    """

    what: str
    service: str
    code: str
    default: int


# Sources: EC2's guide, "On-Demand Instance quotas" and "Spot Instance quotas"; EMR Serverless's
# guide, "Endpoints and quotas". Read in November 2026.
ON_DEMAND = Quota("on demand", "ec2", "L-1216C47A", 5)
SPOT = Quota("spot", "ec2", "L-34B43A08", 5)
SERVERLESS = Quota("of EMR Serverless", "emr-serverless", "L-D05C8A75", 16)


@dataclass(frozen=True)
class QuotaNeed:
    """What a launch needs of a quota.

    Attributes:
        quota: The quota.
        start: vCPUs without which the launch fails.
        most: vCPUs that it may come to.
        remedy: What else helps than a larger quota, as the end of a sentence.
    """

    quota: Quota
    start: int
    most: int
    remedy: str


def cluster_needs(settings: ClusterSettings) -> list[QuotaNeed]:
    """What a cluster needs, from the request that creates it.

    Instance families with quotas of their own (x, high memory) are not counted.

    Args:
        settings: Of the cluster.
    """
    fleets, limits = instance_fleets(settings), compute_limits(settings)
    on_demand = sum(fleet["TargetOnDemandCapacity"] * _vcpus(fleet) for fleet in fleets)
    spot = sum(fleet.get("TargetSpotCapacity", 0) * _vcpus(fleet) for fleet in fleets)
    added = (limits["MaximumCapacityUnits"] - settings.nodes) * _vcpus(fleets[-1])
    scales_by_spot = "MaximumOnDemandCapacityUnits" in limits
    # Without spot capacity on-demand nodes take the place of the first spot nodes.
    most = on_demand + (spot if scales_by_spot else added)
    needs = [QuotaNeed(ON_DEMAND, on_demand, most, "take fewer or smaller on-demand nodes")]
    if spot:
        needs.append(QuotaNeed(SPOT, spot, spot + added, "lower task.spot"))
    return needs


def serverless_needs(serverless: ServerlessSettings) -> list[QuotaNeed]:
    """What a job of EMR Serverless needs: all of its workers, since it fails beyond the quota.

    Args:
        serverless: Size and number of the workers.
    """
    vcpus = (serverless.workers + 1) * serverless.vcpus  # the driver is one more
    fewer = f"lower serverless.workers; {serverless.vcpus} vCPUs each, and the driver has as many"
    return [QuotaNeed(SERVERLESS, vcpus, vcpus, fewer)]


def check_quotas(needs: Iterable[QuotaNeed], region: str, say: Callable[[str], None]) -> None:
    """Compares what a launch needs with what the account may have, before anything is created.

    What runs in the account already counts towards its quotas, and is not subtracted.

    Args:
        needs: Of the launch.
        region: Where it is to run.
        say: Takes a line for the user: a limit that only scaling would meet, or that a quota
            cannot be read.

    Raises:
        InputError: Where a quota is too low for the launch to start.
    """
    client = open_client("service-quotas", region)
    for need in needs:
        try:
            with explained(f"the quota {need.quota.code} of {need.quota.service} cannot be read"):
                limit = _limit(client, need.quota)
        except InputError as problem:
            say(f"quotas are not checked: {problem}")
            return
        _compare(need, limit, region, say)


def _compare(need: QuotaNeed, limit: float, region: str, say: Callable[[str], None]) -> None:
    quota = need.quota
    ask = (
        f"aws service-quotas request-service-quota-increase --region {region} --service-code "
        f"{quota.service} --quota-code {quota.code} --desired-value"
    )
    if limit < need.start:
        raise InputError(
            f"this launch needs {need.start} vCPUs {quota.what} and the account's quota in "
            f"{region} is {limit:g}: {need.remedy}, or ask for more ({ask} {need.start})"
        )
    if limit < need.most:
        say(
            f"the account's quota in {region} is {limit:g} vCPUs {quota.what}, and this launch may "
            f"come to {need.most}: it stays below what its settings allow ({ask} {need.most})"
        )


def _limit(client: Any, quota: Quota) -> float:
    """The quota of the account, or AWS's default where the account has none of its own."""
    which = {"ServiceCode": quota.service, "QuotaCode": quota.code}
    try:
        answer = client.get_service_quota(**which)
    except client.exceptions.NoSuchResourceException:
        answer = client.get_aws_default_service_quota(**which)
    value: float = answer["Quota"]["Value"]
    return value


def _vcpus(fleet: dict[str, Any]) -> int:
    """vCPUs that a node of a fleet takes of the quotas for standard instances."""
    names = [each["InstanceType"] for each in fleet["InstanceTypeConfigs"]]
    return max((vcpus_and_memory(name)[0] for name in names if is_standard(name)), default=0)
