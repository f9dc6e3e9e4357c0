"""Logs of the machines of a service, from CloudWatch or from the machines."""

from collections.abc import Iterator
from datetime import datetime
from http import HTTPStatus
from typing import Any
from urllib.parse import urlsplit

from pixelmill.aws.clients import explained, open_client
from pixelmill.beanstalk.environment import WaitPolicy, read_machines
from pixelmill.beanstalk.record import Deployment
from pixelmill.beanstalk.stopping import find_log_groups
from pixelmill.errors import InputError
from pixelmill.storage.aws_sessions import answered_at
from pixelmill.untrusted_text import safe_text

CONTAINER = "/eb-docker/containers/"
STREAMS = 5  # of a log, the newest
MOST_STREAMS = 50  # that CloudWatch lists at once
LARGEST = 2**24  # bytes of the tail of a machine's logs
LONGEST = 1000  # characters of a line


def cloudwatch_ends(
    deployment: Deployment, lines: int, *, everything: bool
) -> Iterator[tuple[str, list[str]]]:
    """Return the ends of the logs that CloudWatch has.

    Args:
        deployment: The service.
        lines: Lines of each log at most.
        everything: Whether to show what Elastic Beanstalk and the proxy wrote too, and not only the
            service.

    Yields:
        Log group and machine, and its last lines.

    Raises:
        InputError: CloudWatch refuses to say.
    """
    client = open_client("logs", deployment.region)
    # Those of machines that are gone are listed too.
    most = max(STREAMS, min(deployment.settings.get("most", 0), MOST_STREAMS))
    for group in find_log_groups(deployment):
        if everything or CONTAINER in group:
            with explained(f"the log {group} cannot be read"):
                streams = client.describe_log_streams(
                    logGroupName=group, orderBy="LastEventTime", descending=True, limit=most
                ).get("logStreams", [])
                for stream in streams:
                    found = _last_lines(client, group, stream["logStreamName"], lines)
                    yield f"{group} of {stream['logStreamName']}", found


def machine_tails(
    deployment: Deployment, wait_policy: WaitPolicy
) -> Iterator[tuple[str, list[str]]]:
    """Yield the last hundred lines of each log of each machine, which are asked for and fetched.

    Args:
        deployment: The service.
        wait_policy: How often and how long to ask.

    Yields:
        Machine, and its lines.

    Raises:
        InputError: A machine does not answer in time, after the lines of those that did.
    """
    beanstalk = open_client("elasticbeanstalk", deployment.region)
    which = {"EnvironmentName": deployment.name, "InfoType": "tail"}
    with explained(f"the logs of {deployment.name} cannot be asked for"):
        missing = {machine["InstanceId"] for machine in read_machines(beanstalk, deployment)}
        asked = answered_at(beanstalk.request_environment_info(**which))
        pause = wait_policy.start()
        while True:
            found = _sampled(beanstalk.retrieve_environment_info(**which), asked)
            missing -= {info.get("Ec2InstanceId") for info in found}
            if (found and not missing) or not pause.go_on(wait_policy.answer):
                break
    for info in found:
        yield str(info.get("Ec2InstanceId", "")), _fetched(str(info.get("Message", "")))
    if missing or not found:
        raise InputError(
            f"{' and '.join(sorted(missing)) or 'no machine'} of {deployment.name} sent no logs "
            f"within {wait_policy.answer:.0f} s"
        )


def _sampled(answer: dict[str, Any], asked: datetime) -> list[dict[str, Any]]:
    """Return what was collected since it was asked for; before it, AWS gives that of earlier times.

    Args:
        answer: Answer as boto3 has it.
        asked: Time of the request, by AWS's clock, which is written in whole seconds.
    """
    infos = answer.get("EnvironmentInfo", [])
    return [info for info in infos if info.get("SampleTimestamp", asked) >= asked]


def _last_lines(client: Any, group: str, stream: str, lines: int) -> list[str]:
    events = client.get_log_events(
        logGroupName=group, logStreamName=stream, limit=lines, startFromHead=False
    )["events"]
    return [safe_text(event["message"].rstrip("\n"), LONGEST) for event in events]


def _fetched(url: str) -> list[str]:
    """Return the lines behind a signed URL of S3, or refuse any other URL."""
    from botocore.httpsession import URLLib3Session

    parts = urlsplit(url)
    if parts.scheme not in ("http", "https"):
        raise InputError("Elastic Beanstalk gave no address of the logs")
    from botocore.awsrequest import AWSRequest

    with explained("the logs cannot be fetched"):
        answer = URLLib3Session(timeout=30).send(AWSRequest("GET", url).prepare())
        content = answer.content[:LARGEST]
    if answer.status_code != HTTPStatus.OK:
        raise InputError(f"the logs cannot be fetched: S3 answers with status {answer.status_code}")
    return [safe_text(line, LONGEST) for line in content.decode(errors="replace").splitlines()]
