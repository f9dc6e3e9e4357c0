"""Removal of everything that was created for a service, and a list of what stays."""

from collections.abc import Callable, Iterator
from typing import Any

from pixelmill.aws.clients import explained, open_client
from pixelmill.beanstalk.environment import (
    IN_WORK,
    WaitPolicy,
    find_environment,
    wait_until_gone,
)
from pixelmill.beanstalk.options import UPDATES_ROLE
from pixelmill.beanstalk.record import NAME, Deployment, own_bucket
from pixelmill.beanstalk.roles import remove_roles
from pixelmill.errors import InputError
from pixelmill.storage.locations import split_s3

Printer = Callable[[str], None]


def stop(
    deployment: Deployment, echo: Printer, wait_policy: WaitPolicy, *, logs: bool
) -> list[str]:
    """Remove the environment and everything that was made for it.

    What is not there is passed over, so that a stop that was cut off goes on where it was. The
    record goes last.

    Args:
        deployment: The service.
        echo: Callback that prints a line for the user.
        wait_policy: How often and how long to ask.
        logs: Whether to remove its log groups too.

    Returns:
        What stays, a sentence each.

    Raises:
        InputError: AWS refuses something.
    """
    beanstalk = open_client("elasticbeanstalk", deployment.region)
    _end_environment(beanstalk, deployment, echo, wait_policy)
    for what in _remove_application(beanstalk, deployment):
        echo(f"removed {what}")
    iam = open_client("iam", deployment.region)
    for what in remove_roles(iam, deployment.names):
        echo(f"removed {what}")
    groups = find_log_groups(deployment)
    if logs:
        _remove_log_groups(deployment, groups)
        echo(f"removed {len(groups)} log groups")
    count, kept = _remove_uploads(deployment)
    echo(f"removed {count} objects below {deployment.folder}")
    return [*_what_stays(deployment, [] if logs else groups), *_versions_of(deployment, kept)]


def find_log_groups(deployment: Deployment) -> list[str]:
    """Return names of the log groups of an environment.

    Raises:
        InputError: CloudWatch refuses to say.
    """
    logs = open_client("logs", deployment.region)
    with explained("the log groups cannot be listed"):
        pages = logs.get_paginator("describe_log_groups").paginate(
            logGroupNamePrefix=deployment.names.log_prefix
        )
        return [group["logGroupName"] for page in pages for group in page.get("logGroups", [])]


def _end_environment(
    beanstalk: Any, deployment: Deployment, echo: Printer, wait_policy: WaitPolicy
) -> None:
    name, pause = deployment.name, wait_policy.start()
    # It cannot be ended while it is being made or changed.
    while (found := find_environment(beanstalk, name)) and found["Status"] in IN_WORK:
        if not pause.go_on(wait_policy.change):
            raise InputError(
                f"the environment {name} is {found['Status'].lower()} since "
                f"{wait_policy.change / 60:.0f} minutes: end it in the AWS console"
            )
    if found is None:
        return
    asked = ""
    if found["Status"] != "Terminating":
        with explained(f"the environment {name} cannot be ended"):
            answer = beanstalk.terminate_environment(EnvironmentName=name, TerminateResources=True)
        asked = str(answer["ResponseMetadata"].get("RequestId", ""))
    wait_until_gone(deployment, asked, echo, wait_policy)
    echo(f"removed environment {name}")


def _remove_application(beanstalk: Any, deployment: Deployment) -> Iterator[str]:
    name = deployment.name
    with explained(f"the application {name} cannot be removed"):
        found = beanstalk.describe_applications(ApplicationNames=[name]).get("Applications", [])
        if not found:
            return
        versions = beanstalk.describe_application_versions(ApplicationName=name)
        for version in versions.get("ApplicationVersions", []):
            label = version["VersionLabel"]
            beanstalk.delete_application_version(
                ApplicationName=name, VersionLabel=label, DeleteSourceBundle=False
            )
            yield f"version {label}"
        beanstalk.delete_application(ApplicationName=name)
        yield f"application {name}"


def _remove_log_groups(deployment: Deployment, groups: list[str]) -> None:
    logs = open_client("logs", deployment.region)
    for name in groups:
        with explained(f"the log group {name} cannot be removed"):
            logs.delete_log_group(logGroupName=name)


def _remove_uploads(deployment: Deployment) -> tuple[int, int]:
    """Delete everything below the deployment's folder, the record last.

    Returns: Number of objects, and how many of them S3 only marked as deleted.
    """
    s3 = open_client("s3", deployment.region)
    bucket, prefix = split_s3(deployment.folder)
    record = f"{prefix}/{NAME}"
    with explained(f"the files below {deployment.folder} cannot be removed"):
        pages = s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=f"{prefix}/")
        keys = [item["Key"] for page in pages for item in page.get("Contents", [])]
        in_order = sorted(keys, key=lambda key: key == record)
        deleted = [s3.delete_object(Bucket=bucket, Key=key) for key in in_order]
    return len(keys), sum(answer.get("DeleteMarker", False) for answer in deleted)


def _versions_of(deployment: Deployment, kept: int) -> Iterator[str]:
    if kept:
        bucket, _ = split_s3(deployment.folder)
        yield (
            f"earlier versions of {kept} objects below {deployment.folder}, since the bucket "
            f"{bucket} keeps versions: they cost until a lifecycle rule or you delete them"
        )


def _what_stays(deployment: Deployment, groups: list[str]) -> Iterator[str]:
    if groups:
        days = deployment.settings.get("log_days")
        yield (
            f"{len(groups)} log groups {deployment.names.log_prefix}…, whose lines CloudWatch "
            f"deletes after {days} days: kedro beanstalk stop --logs removes them"
        )
    if not deployment.model.startswith(f"{deployment.folder}/"):
        yield f"the model in {deployment.model}, which was used in place"
    bucket = own_bucket(deployment.region, deployment.account)
    yield (
        f"the bucket {bucket}, if Elastic Beanstalk made it: it serves every environment of the "
        f"region, and AWS protects it (remove its policy, then aws s3 rb --force s3://{bucket})"
    )
    yield (
        f"service-linked roles that AWS made for the account, as {UPDATES_ROLE}: they cost "
        "nothing, and serve other environments too"
    )
