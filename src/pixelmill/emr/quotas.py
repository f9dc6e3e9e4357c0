"""AWS quotas that a launch needs."""

from typing import Any

from pixelmill.aws.instance_types import is_standard, vcpus_and_memory
from pixelmill.aws.quotas import ON_DEMAND, SPOT, Quota, QuotaNeed
from pixelmill.emr.cluster_request import compute_limits, instance_fleets
from pixelmill.emr.settings import ClusterSettings, ServerlessSettings

# Source: EMR Serverless's guide, "Endpoints and quotas". Read in November 2026.
SERVERLESS = Quota("of EMR Serverless", "emr-serverless", "L-D05C8A75", 16)


def cluster_needs(settings: ClusterSettings) -> list[QuotaNeed]:
    """Return what a cluster needs, from the request that creates it.

    Instance families with quotas of their own (x, high memory) are not counted.

    Args:
        settings: Cluster settings.
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
    """Return what a job of EMR Serverless needs: all of its workers, since it fails beyond the
    quota.

    Args:
        serverless: Size and number of the workers.
    """
    vcpus = (serverless.workers + 1) * serverless.vcpus  # the driver is one more
    fewer = f"lower serverless.workers; {serverless.vcpus} vCPUs each, and the driver has as many"
    return [QuotaNeed(SERVERLESS, vcpus, vcpus, fewer)]


def _vcpus(fleet: dict[str, Any]) -> int:
    """Return the vCPUs that a node of a fleet takes of the quotas for standard instances."""
    names = [each["InstanceType"] for each in fleet["InstanceTypeConfigs"]]
    return max((vcpus_and_memory(name)[0] for name in names if is_standard(name)), default=0)
