"""The dated price table, typed: `prices.yml`, US dollars by region."""

from datetime import UTC, date, datetime
from functools import cache
from pathlib import Path
from typing import Annotated, Literal

from omegaconf import OmegaConf
from pydantic import Field

from pixelmill.errors import InputError
from pixelmill.parameters import Count, Parameters

FILE = Path(__file__).with_name("prices.yml")
ASK_AWS = "--aws-prices asks AWS"

Dollars = Annotated[float, Field(gt=0, allow_inf_nan=False)]
Factor = Annotated[float, Field(gt=0, allow_inf_nan=False)]
Part = Literal["on_demand", "spot", "emr", "ebs", "s3", "serverless"]
ServicePart = Literal["burstable", "load_balancer", "address", "transfer", "logs"]


class Source(Parameters):
    """Where some prices are from, and of which day.

    Attributes:
        date: Day on which they held, or were last found unchanged.
        where: Location of the source.
    """

    date: date
    where: str

    @property
    def age(self) -> int:
        """Days since then."""
        return (datetime.now(UTC).date() - self.date).days


class Speed(Parameters):
    """Of a vCPU, against a core of the reference.

    Attributes:
        plain: Speed of everything but the network.
        float32: Speed of the network in that precision.
        bfloat16: Speed of the network in that precision.
    """

    plain: Factor
    float32: Factor
    bfloat16: Factor


class Family(Parameters):
    """What the sizes of an instance family have in common.

    Attributes:
        memory: GB a vCPU.
        network: Gbit/s a vCPU that last.
        speed: Speed of one vCPU.
        why: The reason of the speed.
    """

    memory: Factor
    network: Factor
    speed: Speed
    why: str


class S3Prices(Parameters):
    """US dollars for 1,000 requests that write or list, 1,000 that read, and a GB for a month."""

    put: Dollars
    get: Dollars
    storage: Dollars


class ServerlessPrices(Parameters):
    """US dollars for an hour of a vCPU, of a GB of memory, of a GB of disk beyond 20."""

    vcpu: Dollars
    memory: Dollars
    disk: Dollars


class ServicePrices(Parameters):
    """What a service that is always on costs beside machines, disks and S3, in US dollars.

    Attributes:
        burstable: An hour of an xlarge of a burstable family, by family.
        load_balancer: An hour of an Application Load Balancer.
        capacity_unit: An hour of one of its capacity units (LCU).
        address: An hour of a public IPv4 address.
        transfer: A GB to the internet.
        logs: A GB taken in by CloudWatch Logs.
        logs_storage: A GB that is kept there for a month.
    """

    burstable: dict[str, Dollars]
    load_balancer: Dollars
    capacity_unit: Dollars
    address: Dollars
    transfer: Dollars
    logs: Dollars
    logs_storage: Dollars


class Region(Parameters):
    """The prices of a region, in US dollars.

    Attributes:
        on_demand: An hour of an xlarge, by family.
        spot: The same on the spot market.
        ebs: A GB for a month.
        s3: Requests and storage.
        serverless: EMR Serverless.
        service: What a service that is always on needs beside these.
        dates: Days of the parts that were found later here than the sources say.
    """

    dates: dict[Part, date] = Field(default_factory=dict)
    on_demand: dict[str, Dollars]
    spot: dict[str, Dollars]
    ebs: Dollars
    s3: S3Prices
    serverless: ServerlessPrices
    service: ServicePrices


class PriceTable(Parameters):
    """The file.

    Attributes:
        sources: Source of each price that a run on EMR needs.
        service_sources: Source of each price of `service`.
        emr_share: EMR's fee, as a share of the on-demand price in `emr_region`.
        emr_region: Region whose EMR prices the table has.
        sizes: vCPUs, by size.
        families: Instance families by name.
        other_speed: Speed of instance families that are not in the table, and of EMR Serverless.
        other_network: The same in Gbit/s a vCPU.
        regions: Prices of each region.
    """

    sources: dict[Part, Source]
    service_sources: dict[ServicePart, Source]
    emr_share: Factor
    emr_region: str
    sizes: dict[str, Count]
    families: dict[str, Family]
    other_speed: Speed
    other_network: Factor
    regions: dict[str, Region]


@cache
def price_table() -> PriceTable:
    """Return the whole file."""
    return PriceTable.model_validate(OmegaConf.to_container(OmegaConf.load(FILE)))


def region_prices(region: str) -> Region:
    """Return the table's prices of a region.

    Raises:
        InputError: If the table does not have the region.
    """
    table = price_table()
    if region not in table.regions:
        raise InputError(
            f"the table has no prices of the region '{region}'; it has "
            f"{', '.join(table.regions)}, and {ASK_AWS} for any other"
        )
    return table.regions[region]


def sources_in(prices: Region) -> dict[Part, Source]:
    """Return the source of each part in a region, with the day when its line was found."""
    return {
        part: source.model_copy(update={"date": prices.dates.get(part, source.date)})
        for part, source in price_table().sources.items()
    }
