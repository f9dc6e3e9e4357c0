"""Rates of a service by hour, GB and request: from the dated table, or current ones from AWS."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from pixelmill.aws.instance_types import refuse_arm
from pixelmill.aws.price_list import PriceList, Product, explained_price_errors
from pixelmill.aws.price_table import (
    Region,
    ServicePrices,
    Source,
    Speed,
    price_table,
    region_prices,
    sources_in,
)
from pixelmill.beanstalk.machines import find_burstable, vcpus_of
from pixelmill.errors import InputError

WHERE = {
    "on demand": "AWS Price List, AmazonEC2",
    "disks": "AWS Price List, AmazonEC2 (gp3)",
    "S3": "AWS Price List, AmazonS3 (Standard)",
    "load balancer": "AWS Price List, AWSELB (Application Load Balancer)",
    "address": "AWS Price List, AmazonVPC (public IPv4 in use)",
    "transfer": "AWS Price List, AWSDataTransfer (to the internet)",
    "logs": "AWS Price List, AmazonCloudWatch",
}


@dataclass(frozen=True)
class Machine:
    """An instance type in a region.

    Attributes:
        name: Instance type, such as `c7i.large`.
        vcpus: Number of vCPUs.
        hour: US dollars an hour.
        share: Baseline share of its vCPUs, from 0 to 1.
        speed: Speed of one vCPU relative to a reference core.
    """

    name: str
    vcpus: int
    hour: float
    share: float
    speed: float


@dataclass(frozen=True)
class Rates:
    """What the parts of a service cost in a region, in US dollars.

    Attributes:
        region: AWS region.
        machine: Machine of the service.
        disk: A GB of EBS gp3 for a month.
        get: 1,000 requests to S3 that read.
        storage: A GB on S3 for a month.
        service: Everything else.
        sources: Source and date of each rate.
    """

    region: str
    machine: Machine
    disk: float
    get: float
    storage: float
    service: ServicePrices
    sources: Mapping[str, Source]


def table_rates(name: str, region: str) -> Rates:
    """Return the rates of the table.

    Args:
        name: Instance type.
        region: AWS region.

    Raises:
        InputError: The table lacks the region or the instance type.
    """
    prices = region_prices(region)
    found = sources_in(prices)
    sources = {"on demand": found["on_demand"], "disks": found["ebs"], "S3": found["s3"]}
    for part, source in price_table().service_sources.items():
        sources[part.replace("_", " ")] = source
    machine = _machine(name, _hour(name, prices))
    s3 = prices.s3
    return Rates(region, machine, prices.ebs, s3.get, s3.storage, prices.service, sources)


def aws_rates(name: str, region: str) -> Rates:
    """Return the rates as AWS's Price List has them today.

    Args:
        name: Instance type.
        region: AWS region.

    Raises:
        InputError: AWS cannot be asked, or does not sell something there.
    """
    refuse_arm(name)
    today = datetime.now(UTC).date()
    with explained_price_errors():
        prices = PriceList(region)
        found = _product(prices, name)
        sizes = {"productFamily": "API Request", "group": "S3-API-Tier2"}
        standard = {"productFamily": "Storage", "volumeType": "Standard"}
        return Rates(
            region,
            _machine(name, found.dollars),
            prices.one("AmazonEC2", "gp3", productFamily="Storage", volumeApiName="gp3"),
            prices.one("AmazonS3", "-Requests-Tier2", **sizes) * 1000,
            prices.one("AmazonS3", "-TimedStorage-ByteHrs", **standard),
            _service(prices),
            {part: Source(date=today, where=where) for part, where in WHERE.items()},
        )


def _service(prices: PriceList) -> ServicePrices:
    balancer, logs = "Load Balancer-Application", "AmazonCloudWatch"
    return ServicePrices(
        burstable={},
        load_balancer=prices.one("AWSELB", "-LoadBalancerUsage", productFamily=balancer),
        capacity_unit=prices.one("AWSELB", "-LCUUsage", productFamily=balancer),
        address=prices.one("AmazonVPC", "-PublicIPv4:InUseAddress"),
        transfer=prices.one("AWSDataTransfer", "-DataTransfer-Out-Bytes", toLocation="External"),
        logs=prices.one(logs, "-DataProcessing-Bytes", productFamily="Data Payload"),
        logs_storage=prices.one(logs, "-TimedStorage-ByteHrs", productFamily="Storage Snapshot"),
    )


def _product(prices: PriceList, name: str) -> Product:
    found = prices.products(
        "AmazonEC2",
        instanceType=name,
        operatingSystem="Linux",
        tenancy="Shared",
        preInstalledSw="NA",
        capacitystatus="Used",
    )
    for product in found:
        return product
    raise InputError(
        f"AWS has no price of '{name}' in {prices.region}: the type is misspelled, or not sold "
        "there"
    )


def _hour(name: str, prices: Region) -> float:
    family, burstable = name.partition(".")[0], find_burstable(name)
    known = {**prices.on_demand, **prices.service.burstable}
    if family not in known:
        raise InputError(
            f"the table of prices has no instance family '{family}': take a type of "
            f"{', '.join(known)}, or --aws-prices, which asks AWS"
        )
    if burstable is not None:
        return known[family] * burstable.xlarges
    sizes = ("large", *price_table().sizes)
    if name.partition(".")[2] not in sizes:
        raise InputError(
            f"the table of prices has no instance type '{name}': take a size of "
            f"{', '.join(sizes)}, or --aws-prices, which asks AWS"
        )
    return known[family] * vcpus_of(name) / price_table().sizes["xlarge"]


def _machine(name: str, hour: float) -> Machine:
    burstable, family = find_burstable(name), price_table().families.get(name.partition(".")[0])
    speed = _speed(price_table().other_speed if family is None else family.speed)
    return Machine(name, vcpus_of(name), hour, burstable.share if burstable else 1.0, speed)


def _speed(speed: Speed) -> float:
    """Return the speed of the service, which decodes about as long as it infers in float32."""
    return (speed.plain + speed.float32) / 2
