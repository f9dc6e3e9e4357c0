"""Quotas of an AWS account, compared with what a launch needs."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from pixelmill.aws.clients import explained, open_client
from pixelmill.errors import InputError


@dataclass(frozen=True)
class Quota:
    """A quota in vCPUs, for one account in one region.

    Attributes:
        what: Limited resource, as the end of "24 vCPUs …".
        service: Service code.
        code: Quota code.
        default: AWS's default, which a new account has.
    """

    what: str
    service: str
    code: str
    default: int


# Sources: EC2's guide, "On-Demand Instance quotas", "Spot Instance quotas". Read in November 2026.
ON_DEMAND = Quota("on demand", "ec2", "L-1216C47A", 5)
SPOT = Quota("spot", "ec2", "L-34B43A08", 5)


@dataclass(frozen=True)
class QuotaNeed:
    """What a launch needs of a quota.

    Attributes:
        quota: The quota.
        start: vCPUs without which the launch fails.
        most: vCPUs that it may come to.
        remedy: Remedy other than a larger quota, as the end of a sentence.
    """

    quota: Quota
    start: int
    most: int
    remedy: str


def check_quotas(needs: Iterable[QuotaNeed], region: str, echo: Callable[[str], None]) -> None:
    """Compare what a launch needs with what the account may have, before anything is created.

    What runs in the account already counts towards its quotas, and is not subtracted.

    Args:
        needs: Quotas that the launch needs.
        region: AWS region.
        echo: Callback that prints a line for the user: a limit that only scaling would meet, or
            that a quota cannot be read.

    Raises:
        InputError: If a quota is too low for the launch to start.
    """
    client = open_client("service-quotas", region)
    for need in needs:
        try:
            with explained(f"the quota {need.quota.code} of {need.quota.service} cannot be read"):
                limit = _limit(client, need.quota)
        except InputError as problem:
            echo(f"quotas are not checked: {problem}")
            return
        _compare(need, limit, region, echo)


def _compare(need: QuotaNeed, limit: float, region: str, echo: Callable[[str], None]) -> None:
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
        echo(
            f"the account's quota in {region} is {limit:g} vCPUs {quota.what}, and this launch may "
            f"come to {need.most}: it stays below what its settings allow ({ask} {need.most})"
        )


def _limit(client: Any, quota: Quota) -> float:
    """Return the quota of the account, or AWS's default where the account has none of its own."""
    which = {"ServiceCode": quota.service, "QuotaCode": quota.code}
    try:
        answer = client.get_service_quota(**which)
    except client.exceptions.NoSuchResourceException:
        answer = client.get_aws_default_service_quota(**which)
    value: float = answer["Quota"]["Value"]
    return value
