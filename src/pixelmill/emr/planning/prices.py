"""The dated table of prices, typed: `prices.yml`, and what one region of it says."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from difflib import SequenceMatcher
from functools import cache
from pathlib import Path
from typing import Annotated, Literal

from omegaconf import OmegaConf
from pydantic import Field

from pixelmill.aws.instance_types import refuse_arm
from pixelmill.errors import InputError
from pixelmill.parameters import Count, Parameters

FILE = Path(__file__).parents[1] / "prices.yml"
ASK_AWS = "--aws-prices asks AWS"

Dollars = Annotated[float, Field(gt=0, allow_inf_nan=False)]
Factor = Annotated[float, Field(gt=0, allow_inf_nan=False)]
Part = Literal["on_demand", "spot", "emr", "ebs", "s3", "serverless"]


class Source(Parameters):
    """Where some prices are from, and of which day.

    Attributes:
        date: Day on which they held, or were last found unchanged.
        where: Where they stood.
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
        plain: Of everything but the network.
        float32: Of the network in that precision.
        bfloat16: Of the network in that precision.
    """

    plain: Factor
    float32: Factor
    bfloat16: Factor


class Family(Parameters):
    """What the sizes of an instance family have in common.

    Attributes:
        memory: GB a vCPU.
        network: Gbit/s a vCPU that last.
        speed: Of a vCPU.
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


class Region(Parameters):
    """The prices of a region, in US dollars.

    Attributes:
        on_demand: An hour of an xlarge, by family.
        spot: The same on the spot market.
        ebs: A GB for a month.
        s3: Requests and storage.
        serverless: EMR Serverless.
        dates: Days of the parts that were found later here than the sources say.
    """

    dates: dict[Part, date] = Field(default_factory=dict)
    on_demand: dict[str, Dollars]
    spot: dict[str, Dollars]
    ebs: Dollars
    s3: S3Prices
    serverless: ServerlessPrices


class PriceTable(Parameters):
    """The file.

    Attributes:
        sources: Of each part.
        emr_share: EMR's fee, as a share of the on-demand price in `emr_region`.
        emr_region: See there.
        sizes: vCPUs, by size.
        families: What is known of them.
        other_speed: Of families that are not in the table, and of EMR Serverless.
        other_network: The same in Gbit/s a vCPU.
        regions: Their prices.
    """

    sources: dict[Part, Source]
    emr_share: Factor
    emr_region: str
    sizes: dict[str, Count]
    families: dict[str, Family]
    other_speed: Speed
    other_network: Factor
    regions: dict[str, Region]


@dataclass(frozen=True)
class Instance:
    """An instance type in one region.

    Attributes:
        name: As `c7i.4xlarge`.
        vcpus: Of it.
        memory: In GB.
        network: Gbit/s that last.
        speed: Of a vCPU.
        on_demand: US dollars an hour.
        spot: The same on the spot market.
        emr: EMR's fee, US dollars an hour.
    """

    name: str
    vcpus: int
    memory: float
    network: float
    speed: Speed
    on_demand: float
    spot: float
    emr: float

    @property
    def family(self) -> str:
        """What stands before the dot."""
        return self.name.partition(".")[0]


@dataclass(frozen=True)
class Prices:
    """What a region costs.

    Attributes:
        region: Its name.
        instances: By type.
        ebs: US dollars for a GB for a month.
        s3: Requests and storage.
        serverless: EMR Serverless.
        serverless_speed: Of its vCPUs.
        serverless_network: Gbit/s a vCPU.
        sources: Of each part.
    """

    region: str
    instances: Mapping[str, Instance]
    ebs: float
    s3: S3Prices
    serverless: ServerlessPrices
    serverless_speed: Speed
    serverless_network: float
    sources: Mapping[Part, Source]

    def instance(self, name: str) -> Instance:
        """One of the types.

        Raises:
            InputError: Where the table does not have it, with the nearest that it has.
        """
        refuse_arm(name)
        if name in self.instances:
            return self.instances[name]
        raise InputError(
            f"the table of prices has no instance type '{name}'; the nearest that it has is "
            f"{_nearest(name, self.instances)}, and {ASK_AWS} for any other"
        )

    def with_instances(self, instances: Mapping[str, Instance]) -> "Prices":
        """The same with some instances more, or others of their names."""
        return replace(self, instances={**self.instances, **instances})


def _nearest(name: str, known: Iterable[str]) -> str:
    """The most similar family, and of it the size that differs least."""
    family, _, size = name.partition(".")

    def likeness(other: str) -> tuple[float, float, str]:
        other_family, _, other_size = other.partition(".")
        alike = SequenceMatcher(None, family, other_family).ratio()
        return alike, -abs(_xlarges(size) - _xlarges(other_size)), other

    return max(known, key=likeness)


def _xlarges(size: str) -> float:
    number = re.match(r"(\d*)xlarge", size)
    return float(number[1] or 1) if number else 0.5


def load_prices(region: str) -> Prices:
    """The table's prices of a region.

    Raises:
        InputError: Where the table does not have the region.
    """
    table = price_table()
    if region not in table.regions:
        raise InputError(
            f"the table has no prices of the region '{region}'; it has "
            f"{', '.join(table.regions)}, and {ASK_AWS} for any other"
        )
    return _prices_of(table, region)


@cache
def price_table() -> PriceTable:
    """The whole file."""
    return PriceTable.model_validate(OmegaConf.to_container(OmegaConf.load(FILE)))


def _prices_of(table: PriceTable, region: str) -> Prices:
    prices = table.regions[region]
    instances = [
        _instance(table, prices, family, size) for family in table.families for size in table.sizes
    ]
    return Prices(
        region,
        {instance.name: instance for instance in instances},
        prices.ebs,
        prices.s3,
        prices.serverless,
        table.other_speed,
        table.other_network,
        {
            part: source.model_copy(update={"date": prices.dates.get(part, source.date)})
            for part, source in table.sources.items()
        },
    )


def _instance(table: PriceTable, prices: Region, name: str, size: str) -> Instance:
    family, vcpus = table.families[name], table.sizes[size]
    xlarges = vcpus / table.sizes["xlarge"]
    return Instance(
        f"{name}.{size}",
        vcpus,
        memory=family.memory * vcpus,
        network=family.network * vcpus,
        speed=family.speed,
        on_demand=prices.on_demand[name] * xlarges,
        spot=prices.spot[name] * xlarges,
        emr=table.emr_share * table.regions[table.emr_region].on_demand[name] * xlarges,
    )
