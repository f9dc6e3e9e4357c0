"""AWS's Price List: current prices by region."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from pixelmill.aws.clients import explained, open_client, partition_of
from pixelmill.errors import InputError

ENDPOINT = "us-east-1"  # where AWS answers for the prices of all regions

REGION_FIELDS = {"AWSDataTransfer": "fromRegionCode"}


@dataclass(frozen=True)
class Product:
    """An entry of the Price List.

    Attributes:
        attributes: Attributes by AWS's names.
        dollars: For one unit, on demand, of the first tier.
    """

    attributes: dict[str, str]
    dollars: float


@contextmanager
def explained_price_errors() -> Iterator[None]:
    """Turn what AWS refuses while it is asked for prices into one sentence."""
    with explained("AWS cannot be asked for its prices (they are in the table without it)"):
        yield


class PriceList:
    """The Price List of one region.

    Args:
        region: Any region.
    """

    def __init__(self, region: str) -> None:
        if partition_of(region) != "aws":
            raise InputError(
                f"AWS's price list has no dollars for {region}, or does not know accounts of it: "
                "plan with another region's prices (--set region=us-east-1)"
            )
        self.region = region
        self._list = open_client("pricing", ENDPOINT)

    def one(self, service: str, usage: str, **filters: str) -> float:
        """Return the price of the product whose usage type ends so; regions begin it with their
        code.
        """
        for product in self.products(service, **filters):
            # In us-east-1 there is no code, and no dash after it.
            if f"-{product.attributes.get('usagetype', '')}".endswith(usage):
                return product.dollars
        raise InputError(
            f"AWS's price list says nothing of {usage.strip('-')} ({service}) in {self.region}: "
            "check the name of the region, or plan without --aws-prices"
        )

    def products(self, service: str, **filters: str) -> Iterator[Product]:
        """Return the products of a service that have a price and match all filters."""
        wanted = {REGION_FIELDS.get(service, "regionCode"): self.region} | filters
        pages = self._list.get_paginator("get_products").paginate(
            ServiceCode=service,
            Filters=[
                {"Type": "TERM_MATCH", "Field": field, "Value": value}
                for field, value in wanted.items()
            ],
        )
        for page in pages:
            for text in page["PriceList"]:
                product = _product(json.loads(text))
                if product is not None:
                    yield product


def _product(entry: dict[str, Any]) -> Product | None:
    for term in entry["terms"].get("OnDemand", {}).values():
        for dimension in term["priceDimensions"].values():
            dollars = float(dimension["pricePerUnit"].get("USD", 0))
            if dollars and dimension.get("beginRange", "0") == "0":
                return Product(entry["product"]["attributes"], dollars)
    return None
