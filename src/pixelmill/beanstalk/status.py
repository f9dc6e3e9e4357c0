"""State of a service, as Elastic Beanstalk reports it."""

from collections.abc import Iterator
from typing import Any

from pixelmill.aws.clients import open_client
from pixelmill.beanstalk.environment import find_environment, read_events, read_machines, url_of
from pixelmill.beanstalk.record import Deployment
from pixelmill.untrusted_text import safe_text

EVENTS = 8


def status_lines(deployment: Deployment) -> Iterator[str]:
    """Return the lines of `kedro beanstalk status`.

    Args:
        deployment: The service.

    Raises:
        InputError: AWS refuses to say.
    """
    beanstalk = open_client("elasticbeanstalk", deployment.region)
    found = find_environment(beanstalk, deployment.name)
    yield f"{deployment.name} in {deployment.region}, version {deployment.version}"
    if not deployment.is_complete:
        yield "the last deployment did not come to its end: deploy again, or stop"
    yield f"model    {deployment.model}"
    if found is None:
        yield "there is no environment: kedro beanstalk deploy makes it"
        return
    yield f"URL      {_address(deployment, found)}"
    health = found.get("HealthStatus") or found.get("Health", "unknown")
    version = found.get("VersionLabel", "-")
    yield f"state    {found['Status']}, health {health}, runs version {version}"
    yield f"platform {found.get('SolutionStackName', '-')}"
    yield from _machines(beanstalk, deployment)
    for event in read_events(beanstalk, deployment, EVENTS):
        yield f"  {event.when:%Y-%m-%d %H:%M:%S} {event.severity:5} {event.message}"


def _address(deployment: Deployment, found: dict[str, Any]) -> str:
    url = url_of(deployment, found)
    if url.startswith("https"):
        return f"{url}: give a name of the certificate to it, as a CNAME record"
    return url


def _machines(beanstalk: Any, deployment: Deployment) -> Iterator[str]:
    for machine in read_machines(beanstalk, deployment):
        causes = safe_text("; ".join(machine.get("Causes", [])), 300)
        kind = machine.get("InstanceType", "")
        shown = f"machine  {machine['InstanceId']} {kind} {machine.get('HealthStatus', '')}"
        yield f"{shown}: {causes}" if causes else shown
