"""Checks of the AWS account before anything is created, each with a one-line message."""

from collections.abc import Callable, Iterable
from typing import Any

from pixelmill.aws import buckets
from pixelmill.aws.clients import error_code, explained, open_client
from pixelmill.aws.instance_types import not_offered
from pixelmill.emr.job import POLICY_TAG
from pixelmill.emr.settings import ClusterSettings
from pixelmill.errors import InputError
from pixelmill.storage.locations import split_s3


def check_bucket(settings: ClusterSettings, region: str) -> None:
    """Refuse a bucket that is not there, of somebody else, or in another region.

    Raises:
        InputError: The bucket is missing or forbidden, or there are no credentials.
    """
    bucket, _ = split_s3(settings.bucket_and_prefix)
    buckets.check_bucket(bucket, region, "the cluster")


def check_images(images: str | None, region: str, echo: Callable[[str], None]) -> None:
    """Refuse images in a bucket that is not there, and tell of one in another region.

    Nodes may read buckets that whoever launches may not.

    Args:
        images: S3 URI; None for the embedded sample.
        region: AWS region of the nodes.
        echo: Callback that prints a line for the user.

    Raises:
        InputError: The bucket is missing, or there are no credentials.
    """
    if images is None:
        return
    bucket, _ = split_s3(images)
    there = buckets.find_region(bucket, region)
    if there != region:
        echo(
            f"the images are in {there} and the run would be in {region}: AWS charges what is read "
            f"by the GB, which no plan counts (--set region={there}, with a storage there)"
        )


def check_cluster_account(
    settings: ClusterSettings, region: str, echo: Callable[[str], None]
) -> None:
    """Refuse what the account, the region or the release does not have.

    Args:
        settings: Cluster settings.
        region: AWS region.
        echo: Callback that prints a line for the user: that subnets are not tagged.

    Raises:
        InputError: For the first thing that is wrong.
    """
    emr, ec2 = open_client("emr", region), open_client("ec2", region)
    check_release(emr, settings.release, region)
    _check_instance_types(ec2, settings, region)
    subnets = check_subnets(ec2, settings, region) or _default_subnets(ec2, region)
    _tell_of_tags(subnets, region, echo)
    _check_public_access(emr, region)
    if settings.kms_key is None:
        _check_disk_encryption(ec2, region)


def check_release(emr: Any, release: str, region: str) -> None:
    """Refuse a release that the region does not have.

    Raises:
        InputError: The release is unavailable; the message names the newest.
    """
    with explained(f"the releases of EMR in {region} cannot be listed"):
        labels = set(_release_labels(emr))
    if release not in labels:
        alike = sorted(label for label in labels if label.startswith("emr-spark-"))
        raise InputError(
            f"EMR has no release '{release}' in {region}: give --set release=LABEL, one of "
            f"{', '.join(alike[-3:]) or 'those that aws emr list-release-labels shows'}"
        )


def _release_labels(emr: Any) -> Iterable[str]:
    answer = emr.list_release_labels()
    yield from answer["ReleaseLabels"]
    while answer.get("NextToken"):
        answer = emr.list_release_labels(NextToken=answer["NextToken"])
        yield from answer["ReleaseLabels"]


def _check_instance_types(ec2: Any, settings: ClusterSettings, region: str) -> None:
    fleets = {"primary": settings.primary, "core": settings.core, "task": settings.task}
    wanted = {name: role for role, fleet in fleets.items() for name in fleet.instances}
    missing = not_offered(ec2, list(wanted), region)
    if missing:
        raise InputError(
            f"there is no instance type '{missing[0]}' in {region}: name another in "
            f"{wanted[missing[0]]}.instances of conf/emr/cluster.yml"
        )


def check_subnets(ec2: Any, settings: ClusterSettings, region: str) -> list[dict[str, Any]]:
    """Refuse subnets that the account does not have, and return those of the settings.

    Raises:
        InputError: A subnet is missing; the message says how to list those that exist.
    """
    found = []
    for subnet in settings.subnets:
        with explained(f"the subnet '{subnet}' cannot be used"):
            try:
                found += ec2.describe_subnets(SubnetIds=[subnet])["Subnets"]
            except ec2.exceptions.ClientError as error:
                if not error_code(error).startswith("InvalidSubnetI"):
                    raise
                raise InputError(
                    f"there is no subnet '{subnet}' in {region}: {_give_subnets(region)}"
                ) from error
    return found


def _give_subnets(region: str) -> str:
    return (
        f"aws ec2 describe-subnets --region {region} lists yours; give --set 'subnets=[subnet-…]'"
    )


def _default_subnets(ec2: Any, region: str) -> list[dict[str, Any]]:
    """Return the subnets of which EMR takes one, where none is named."""
    default = [{"Name": "default-for-az", "Values": ["true"]}]
    with explained("the subnets of the account cannot be listed"):
        found: list[dict[str, Any]] = ec2.describe_subnets(Filters=default)["Subnets"]
    if not found:
        raise InputError(
            f"the account has no default subnet in {region}, and subnets is empty: "
            f"{_give_subnets(region)}"
        )
    return found


def _tell_of_tags(subnets: list[dict[str, Any]], region: str, echo: Callable[[str], None]) -> None:
    """Tell of subnets that a role with AWS's own policy may not use; others may."""
    tag = {"Key": POLICY_TAG, "Value": "true"}
    names = [each["SubnetId"] for each in subnets if tag not in each.get("Tags", [])]
    if names:
        echo(
            f"{', '.join(names)}: without the tag {POLICY_TAG}=true a cluster fails here if its "
            "role has AmazonEMRServicePolicy_v2; tag them and their VPC (aws ec2 create-tags "
            f"--region {region} --resources {' '.join(names)} --tags Key={POLICY_TAG},Value=true)"
        )


def _check_public_access(emr: Any, region: str) -> None:
    with explained("EMR's protection against public access cannot be read"):
        answer = emr.get_block_public_access_configuration()
    if not answer["BlockPublicAccessConfiguration"].get("BlockPublicSecurityGroupRules"):
        raise InputError(
            f"EMR does not block public access in {region}: switch it on (aws emr "
            f"put-block-public-access-configuration --region {region} "
            "--block-public-access-configuration BlockPublicSecurityGroupRules=true)"
        )


def _check_disk_encryption(ec2: Any, region: str) -> None:
    with explained("EC2's encryption of disks cannot be read"):
        answer = ec2.get_ebs_encryption_by_default()
    if not answer["EbsEncryptionByDefault"]:
        raise InputError(
            f"the disks of the cluster would not be encrypted: switch EC2's encryption by default "
            f"on (aws ec2 enable-ebs-encryption-by-default --region {region}), or name a key with "
            "--set kms_key=arn:aws:kms:…"
        )
