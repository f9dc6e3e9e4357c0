"""Cost of a run by part, in US dollars."""

from dataclasses import dataclass

from pixelmill.emr.planning.capacity import Cluster, Duration
from pixelmill.emr.planning.prices import Prices
from pixelmill.emr.planning.storage_needs import StorageNeeds
from pixelmill.emr.planning.work import GIGABYTE
from pixelmill.emr.settings import ServerlessSettings

HOURS_A_MONTH = 730


@dataclass(frozen=True)
class Cost:
    """The parts of a bill, in US dollars.

    Attributes:
        on_demand: Instances that stay.
        spot: Instances of the spot market.
        emr_fee: Fee of EMR.
        serverless: vCPUs, memory and disk of EMR Serverless.
        ebs: Disks of the nodes.
        s3_requests: GET for each image, LIST, PUT for the tables.
        s3_storage: The features and the index for one month.
    """

    on_demand: float = 0.0
    spot: float = 0.0
    emr_fee: float = 0.0
    serverless: float = 0.0
    ebs: float = 0.0
    s3_requests: float = 0.0
    s3_storage: float = 0.0

    @property
    def parts(self) -> dict[str, float]:
        """By name."""
        return dict(vars(self))

    @property
    def total(self) -> float:
        """Of all parts."""
        return sum(self.parts.values())


def cluster_cost(
    cluster: Cluster,
    duration: Duration,
    needs: StorageNeeds,
    prices: Prices,
) -> Cost:
    """Return the bill of a run on a cluster, which ends with its step.

    Args:
        cluster: Nodes of the cluster.
        duration: Duration of the run.
        needs: Requests to S3 and files on it.
        prices: Prices in the region.
    """
    hours = duration.hours
    groups = (cluster.primary, *cluster.workers)
    return Cost(
        on_demand=hours * sum(group.on_demand * group.instance.on_demand for group in groups),
        spot=hours * sum(group.spot * group.instance.spot for group in groups),
        emr_fee=hours * sum(group.count * group.instance.emr for group in groups),
        ebs=hours / HOURS_A_MONTH * prices.ebs * sum(group.count * group.disk for group in groups),
        s3_requests=_requests(needs, prices),
        s3_storage=_storage(needs, prices),
    )


def serverless_cost(
    settings: ServerlessSettings, duration: Duration, needs: StorageNeeds, prices: Prices
) -> Cost:
    """Return the bill of a run on EMR Serverless, whose driver is one worker more.

    Args:
        settings: Size and number of its workers.
        duration: Duration of the run.
        needs: Requests to S3 and files on it.
        prices: Prices in the region.
    """
    rate = prices.serverless.vcpu * settings.vcpus + prices.serverless.memory * settings.memory
    return Cost(
        serverless=duration.hours * (settings.workers + 1) * rate,
        s3_requests=_requests(needs, prices),
        s3_storage=_storage(needs, prices),
    )


def _requests(needs: StorageNeeds, prices: Prices) -> float:
    writing = (needs.lists + needs.puts) * prices.s3.put
    return (writing + needs.gets * prices.s3.get) / 1000


def _storage(needs: StorageNeeds, prices: Prices) -> float:
    return needs.stored_bytes / GIGABYTE * prices.s3.storage
