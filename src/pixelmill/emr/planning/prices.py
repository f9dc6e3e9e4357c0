"""EMR prices of one region, from the price table."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from difflib import SequenceMatcher

from pixelmill.aws.instance_types import refuse_arm
from pixelmill.aws.price_table import (
    ASK_AWS,
    Part,
    PriceTable,
    Region,
    S3Prices,
    ServerlessPrices,
    Source,
    Speed,
    price_table,
    region_prices,
    sources_in,
)
from pixelmill.errors import InputError


@dataclass(frozen=True)
class Instance:
    """An instance type in one region.

    Attributes:
        name: Instance type, such as `c7i.4xlarge`.
        vcpus: Number of vCPUs.
        memory: Memory in GB.
        network: Gbit/s that last.
        speed: Speed of one vCPU.
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
        """The part before the dot."""
        return self.name.partition(".")[0]


@dataclass(frozen=True)
class Prices:
    """What a region costs.

    Attributes:
        region: AWS region.
        instances: Instances by type.
        ebs: US dollars for a GB for a month.
        s3: Requests and storage.
        serverless: EMR Serverless.
        serverless_speed: Speed of a serverless vCPU.
        serverless_network: Gbit/s a vCPU.
        sources: Source of each price.
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
        """Return the prices of one instance type.

        Raises:
            InputError: If the table does not have it, with the nearest that it has.
        """
        refuse_arm(name)
        if name in self.instances:
            return self.instances[name]
        raise InputError(
            f"the table of prices has no instance type '{name}'; the nearest that it has is "
            f"{_nearest(name, self.instances)}, and {ASK_AWS} for any other"
        )

    def with_instances(self, instances: Mapping[str, Instance]) -> "Prices":
        """Return the same with some instances more, or others of their names."""
        return replace(self, instances={**self.instances, **instances})


def _nearest(name: str, known: Iterable[str]) -> str:
    """Return the most similar family, and of it the size that differs least."""
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
    """Return the table's prices of a region.

    Raises:
        InputError: If the table does not have the region.
    """
    table, prices = price_table(), region_prices(region)
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
        sources_in(prices),
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
