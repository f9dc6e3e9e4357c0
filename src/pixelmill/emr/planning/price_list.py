"""Current prices from AWS: its Price List, and the history of spot prices."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from statistics import median

from pixelmill.aws.clients import open_client
from pixelmill.aws.instance_types import refuse_arm
from pixelmill.aws.price_list import PriceList, Product, explained_price_errors
from pixelmill.aws.price_table import Part, S3Prices, ServerlessPrices, Source, price_table
from pixelmill.emr.planning.prices import Instance, Prices
from pixelmill.errors import InputError

COMPARED_SIZES = ("2xlarge", "4xlarge", "8xlarge")
AT_ONCE = 8
WHERE: dict[Part, str] = {
    "on_demand": "AWS Price List, AmazonEC2",
    "spot": "EC2 DescribeSpotPriceHistory, median of the zones",
    "emr": "AWS Price List, ElasticMapReduce",
    "ebs": "AWS Price List, AmazonEC2 (gp3)",
    "s3": "AWS Price List, AmazonS3 (Standard)",
    "serverless": "AWS Price List, ElasticMapReduce (EMR Serverless)",
}


def ask_aws(region: str, names: Sequence[str]) -> Prices:
    """Return the prices of a region as AWS says them today.

    Args:
        region: Any region.
        names: Instance types that must have a price; those of the table are asked for too.

    Raises:
        InputError: There are no credentials or no answer, or AWS does not sell something there.
    """
    for name in names:
        refuse_arm(name)
    with explained_price_errors():
        return _AwsPrices(region).prices(names)


class _AwsPrices:
    def __init__(self, region: str) -> None:
        self._region = region
        self._list = PriceList(region)
        self._ec2 = open_client("ec2", region)

    def prices(self, names: Sequence[str]) -> Prices:
        table = price_table()
        compared = [f"{family}.{size}" for family in table.families for size in COMPARED_SIZES]
        return Prices(
            self._region,
            self._instances(list(dict.fromkeys([*names, *compared])), required=set(names)),
            self._list.one("AmazonEC2", "gp3", productFamily="Storage", volumeApiName="gp3"),
            self._s3(),
            self._serverless(),
            table.other_speed,
            table.other_network,
            {part: Source(date=datetime.now(UTC).date(), where=WHERE[part]) for part in WHERE},
        )

    def _instances(self, names: Sequence[str], required: set[str]) -> dict[str, Instance]:
        spot = self._spot(names)
        with ThreadPoolExecutor(AT_ONCE) as pool:
            machines = dict(zip(names, pool.map(self._machine, names), strict=True))
            fees = dict(zip(names, pool.map(self._fee, names), strict=True))
        found = {}
        for name in names:
            machine, fee = machines[name], fees[name]
            if machine is not None and fee is not None:
                found[name] = _instance(name, machine, fee, spot.get(name, machine.dollars))
            elif name in required:
                raise InputError(
                    f"AWS has no price of '{name}' with EMR in {self._region}: "
                    "the type is misspelled, or not sold there"
                )
        return found

    def _machine(self, name: str) -> Product | None:
        found = self._list.products(
            "AmazonEC2",
            instanceType=name,
            operatingSystem="Linux",
            tenancy="Shared",
            preInstalledSw="NA",
            capacitystatus="Used",
        )
        return next(found, None)

    def _fee(self, name: str) -> Product | None:
        found = self._list.products(
            "ElasticMapReduce",
            instanceType=name,
            productFamily="Elastic Map Reduce Instance",
            softwareType="EMR",
        )
        return next(found, None)

    def _spot(self, names: Sequence[str]) -> dict[str, float]:
        pages = self._ec2.get_paginator("describe_spot_price_history").paginate(
            InstanceTypes=list(names),
            ProductDescriptions=["Linux/UNIX"],
            StartTime=datetime.now(UTC),
        )
        by_name: dict[str, list[float]] = {}
        for page in pages:
            for entry in page["SpotPriceHistory"]:
                by_name.setdefault(entry["InstanceType"], []).append(float(entry["SpotPrice"]))
        return {name: median(prices) for name, prices in by_name.items()}

    def _s3(self) -> S3Prices:
        requests = [
            self._list.one(
                "AmazonS3",
                f"-Requests-Tier{tier}",
                productFamily="API Request",
                group=f"S3-API-Tier{tier}",
            )
            for tier in (1, 2)
        ]
        storage = self._list.one(
            "AmazonS3", "TimedStorage-ByteHrs", productFamily="Storage", volumeType="Standard"
        )
        return S3Prices(put=requests[0] * 1000, get=requests[1] * 1000, storage=storage)

    def _serverless(self) -> ServerlessPrices:
        vcpu, memory, disk = (
            self._list.one(
                "ElasticMapReduce", f"EMR-SERVERLESS-{unit}", productFamily="EMR Serverless"
            )
            for unit in ("vCPUHours", "MemoryGBHours", "StorageGBHours")
        )
        return ServerlessPrices(vcpu=vcpu, memory=memory, disk=disk)


def _instance(name: str, machine: Product, fee: Product, spot: float) -> Instance:
    table = price_table()
    family = table.families.get(name.partition(".")[0])
    vcpus = int(machine.attributes["vcpu"])
    return Instance(
        name,
        vcpus,
        memory=float(machine.attributes["memory"].removesuffix(" GiB").replace(",", "")),
        network=vcpus * (table.other_network if family is None else family.network),
        speed=table.other_speed if family is None else family.speed,
        on_demand=machine.dollars,
        spot=spot,
        emr=fee.dollars,
    )
