"""Checks of the AWS account before anything is created, each with a one-line message."""

import re
from collections.abc import Callable
from typing import Any

from pixelmill.aws.buckets import check_bucket
from pixelmill.aws.clients import explained, open_client
from pixelmill.aws.instance_types import is_standard, not_offered
from pixelmill.aws.quotas import ON_DEMAND, QuotaNeed, check_quotas
from pixelmill.beanstalk.machines import vcpus_of
from pixelmill.beanstalk.settings import FILE, ServiceSettings
from pixelmill.errors import InputError
from pixelmill.storage.locations import split_s3

STACK = re.compile(r"64bit Amazon Linux 2023 v(\d+)\.(\d+)\.(\d+) running Docker")


def check_account(settings: ServiceSettings, region: str, echo: Callable[[str], None]) -> None:
    """Refuse what the account or the region does not have.

    Args:
        settings: Service settings.
        region: AWS region.
        echo: Callback that prints a line for the user.

    Raises:
        InputError: For the first thing that is wrong.
    """
    ec2 = open_client("ec2", region)
    missing = not_offered(ec2, settings.instances[:1], region)
    if missing:
        raise InputError(
            f"there is no instance type '{missing[0]}' in {region}: name another in instances of "
            f"{FILE.path}"
        )
    check_quotas(quota_needs(settings), region, echo)
    if settings.certificate is not None:
        _check_certificate(settings.certificate, region)


def quota_needs(settings: ServiceSettings) -> list[QuotaNeed]:
    """Return what the machines need of EC2's quota; an update has one more for a while."""
    name = settings.instances[0]
    if not is_standard(name):
        return []
    least, most = (count * vcpus_of(name) for count in settings.machines)
    remedy = "take smaller machines (instances) or fewer (least, most)"
    return [QuotaNeed(ON_DEMAND, least, most + vcpus_of(name), remedy)]


def newest_stack(beanstalk: Any, region: str) -> str:
    """Return the newest platform with Docker on Amazon Linux 2023.

    Args:
        beanstalk: Client of Elastic Beanstalk.
        region: Region of the client, for messages.

    Raises:
        InputError: The region has none.
    """
    with explained(f"the platforms of {region} cannot be listed"):
        names = beanstalk.list_available_solution_stacks()["SolutionStacks"]
    found = [match for match in map(STACK.fullmatch, names) if match]
    if not found:
        raise InputError(
            f"Elastic Beanstalk has no platform 'Docker running on 64bit Amazon Linux 2023' in "
            f"{region}: give --set region=…"
        )
    return max(found, key=lambda match: tuple(map(int, match.groups())))[0]


def ensure_storage(beanstalk: Any, settings: ServiceSettings, region: str) -> None:
    """Make sure of the bucket that everything is uploaded to.

    Args:
        beanstalk: Client of Elastic Beanstalk, which makes its own bucket if there is none.
        settings: Service settings.
        region: AWS region.

    Raises:
        InputError: The bucket is missing, of somebody else, or in another region.
    """
    if settings.bucket_and_prefix is not None:
        check_bucket(split_s3(settings.bucket_and_prefix)[0], region, "the service")
        return
    with explained("the bucket of Elastic Beanstalk cannot be made"):
        beanstalk.create_storage_location()


def _check_certificate(arn: str, region: str) -> None:
    if arn.split(":")[3] != region:
        raise InputError(
            f"the certificate {arn} is of another region than the service, {region}: a load "
            "balancer takes one of its own region"
        )
    with explained(f"the certificate {arn} cannot be used"):
        found = open_client("acm", region).describe_certificate(CertificateArn=arn)["Certificate"]
    if found["Status"] != "ISSUED":
        raise InputError(
            f"the certificate {arn} is {found['Status']}, and a load balancer takes one that is "
            "ISSUED: AWS Certificate Manager says what it waits for"
        )
