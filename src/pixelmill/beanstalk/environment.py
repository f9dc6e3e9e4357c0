"""The environment of a service: its state and events, and waiting for them."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from http.client import HTTPConnection, HTTPException
from typing import Any

from pixelmill.aws.clients import explained, may_pass, open_client
from pixelmill.aws.option_types import FiniteFloat
from pixelmill.beanstalk.options import HEALTH_PATH
from pixelmill.beanstalk.record import Deployment
from pixelmill.errors import InputError
from pixelmill.untrusted_text import safe_text

Printer = Callable[[str], None]
GONE = "Terminated"
UNKNOWN = "Unknown"  # where AWS does not answer for now
NO_ANSWER = "AWS does not answer for now: the environment goes on, and this waits until it does"
IN_WORK = {"Launching", "Updating", "Aborting", "LinkingFrom", "LinkingTo", UNKNOWN}
FAILURES = {"ERROR", "FATAL"}
CLOCKS_DIFFER = timedelta(minutes=15)  # of a laptop and of AWS
EVERY = FiniteFloat(min=0.001, max=3600)  # seconds between two questions, as an option


@dataclass(frozen=True)
class WaitPolicy:
    """How long AWS may take.

    Attributes:
        every: Seconds between two questions.
        change: Seconds for an environment to be made, updated or removed.
        answer: Seconds for a ready service to answer, and to be healthy; 0 does not ask it.
        roles: Seconds for a new role to be seen everywhere.
    """

    every: float = 10.0
    change: float = 3600.0
    answer: float = 120.0
    roles: float = 60.0

    def start(self) -> "Pause":
        """Begin to wait."""
        return Pause(self.every, time.monotonic())


@dataclass(frozen=True)
class Pause:
    """A wait that has begun."""

    every: float
    began: float

    def go_on(self, most: float) -> bool:
        """Sleep until the next question; return whether there is time left for one."""
        if time.monotonic() - self.began + self.every > most:
            return False
        time.sleep(self.every)
        return True


@dataclass(frozen=True)
class Event:
    """What happened to an environment.

    Attributes:
        when: UTC.
        severity: INFO, WARN, ERROR, FATAL, …
        message: Message of AWS, on one line.
        request: Id of the request that it belongs to.
    """

    when: datetime
    severity: str
    message: str
    request: str


def find_environment(beanstalk: Any, name: str) -> dict[str, Any] | None:
    """Return the environment of a name that is not gone, or None.

    Raises:
        InputError: AWS refuses to say.
    """
    with explained(f"the environment {name} cannot be read"):
        found = beanstalk.describe_environments(EnvironmentNames=[name], IncludeDeleted=False)
    alive = [each for each in found.get("Environments", []) if each["Status"] != GONE]
    return alive[0] if alive else None


def read_events(beanstalk: Any, deployment: Deployment, count: int = 100) -> list[Event]:
    """Return the latest events of an environment since about its last deployment, the oldest first.

    Raises:
        InputError: AWS refuses to say.
    """
    with explained(f"the events of {deployment.name} cannot be read"):
        found = beanstalk.describe_events(
            ApplicationName=deployment.name,
            EnvironmentName=deployment.name,
            StartTime=deployment.changed - CLOCKS_DIFFER,
            MaxRecords=count,
        )
    return [
        Event(
            each["EventDate"],
            each.get("Severity", "INFO"),
            safe_text(each.get("Message", ""), 500),
            each.get("RequestId", ""),
        )
        for each in reversed(found.get("Events", []))
    ]


def read_machines(beanstalk: Any, deployment: Deployment) -> list[dict[str, Any]]:
    """Return the machines of an environment, with their health.

    Raises:
        InputError: AWS refuses to say.
    """
    found, which = [], {"EnvironmentName": deployment.name, "AttributeNames": ["All"]}
    with explained(f"the machines of {deployment.name} cannot be read"):
        while True:  # botocore has no paginator for it
            answer = beanstalk.describe_instances_health(**which)
            found += answer.get("InstanceHealthList", [])
            if not answer.get("NextToken"):
                return found
            which["NextToken"] = answer["NextToken"]


def wait_until_ready(
    deployment: Deployment, asked: str, echo: Printer, wait_policy: WaitPolicy
) -> None:
    """Follow the events until the environment is ready and answers.

    Args:
        deployment: The service.
        asked: Id of the request that made or changed the environment.
        echo: Callback that prints a line for the user.
        wait_policy: How often and how long to ask.

    Raises:
        InputError: The environment fails, with the event that says why, or takes too long.
    """
    beanstalk = open_client("elasticbeanstalk", deployment.region)
    pause, printer = wait_policy.start(), _EventPrinter(echo, asked)
    while (found := _look(beanstalk, deployment, printer)) and found["Status"] in IN_WORK:
        if not pause.go_on(wait_policy.change):
            raise InputError(
                f"the environment {deployment.name} is {found['Status'].lower()} since "
                f"{wait_policy.change / 60:.0f} minutes: kedro beanstalk status shows it"
            )
    _refuse_failure(deployment, found, printer)
    if not wait_policy.answer or found is None:
        return
    if deployment.settings.get("certificate") is None:
        _wait_for_answer(found.get("CNAME", ""), wait_policy)
    else:  # whose name is not that of the environment
        _wait_for_health(beanstalk, deployment, wait_policy)


class _EventPrinter:
    """Prints the events of one request, each once."""

    def __init__(self, echo: Printer, asked: str) -> None:
        self.echo = echo
        self._asked = asked
        self._seen: set[tuple[datetime, str]] = set()
        self.failures: list[str] = []

    def add(self, events: list[Event]) -> None:
        for event in events:
            mark = (event.when, event.message)
            is_of_it = self._asked in ("", event.request)
            if mark in self._seen or not is_of_it:
                continue
            self._seen.add(mark)
            self.echo(f"{event.when:%H:%M:%S} {event.severity:5} {event.message}")
            if event.severity in FAILURES:
                self.failures.append(event.message)


def _look(beanstalk: Any, deployment: Deployment, printer: _EventPrinter) -> dict[str, Any] | None:
    """Print what happened since the last look, and return the environment; None if it is gone."""
    try:
        found = find_environment(beanstalk, deployment.name)
        if found is not None:
            printer.add(read_events(beanstalk, deployment))
    except InputError as problem:
        if not may_pass(problem):
            raise
        printer.echo(NO_ANSWER)
        return {"Status": UNKNOWN}
    return found


def _refuse_failure(
    deployment: Deployment, found: dict[str, Any] | None, printer: _EventPrinter
) -> None:
    reason = printer.failures[0] if printer.failures else ""
    if found is None:
        raise InputError(
            f"the environment {deployment.name} is gone{': ' + reason if reason else ''}"
        )
    if found.get("VersionLabel") != deployment.version or reason:
        why = reason or f"it runs version {found.get('VersionLabel', 'none')}"
        raise InputError(
            f"the environment {deployment.name} did not take version {deployment.version}: {why}"
        )


def url_of(deployment: Deployment, found: dict[str, Any]) -> str:
    """Return the address of the service."""
    scheme = "http" if deployment.settings.get("certificate") is None else "https"
    return f"{scheme}://{found.get('CNAME', '')}"


def _wait_for_answer(host: str, wait_policy: WaitPolicy) -> None:
    """Wait until a service that Elastic Beanstalk calls healthy also answers from here."""
    pause = wait_policy.start()
    while (problem := _problem_with(host)) is not None:
        if not pause.go_on(wait_policy.answer):
            raise InputError(
                f"the environment is ready, and http://{host}{HEALTH_PATH} does not answer "
                f"({problem}): kedro beanstalk logs shows why"
            )


def _wait_for_health(beanstalk: Any, deployment: Deployment, wait_policy: WaitPolicy) -> None:
    """Wait until the load balancer finds the machines ready."""
    pause = wait_policy.start()
    while (found := find_environment(beanstalk, deployment.name) or {}).get("Health") != "Green":
        if not pause.go_on(wait_policy.answer):
            raise InputError(
                f"the environment is ready, and its health is {found.get('Health', 'unknown')}: "
                "kedro beanstalk status and logs show why"
            )


def _problem_with(host: str) -> str | None:
    connection = HTTPConnection(host, timeout=10)
    try:
        connection.request("GET", HEALTH_PATH)
        status = connection.getresponse().status
    except (OSError, HTTPException) as error:
        return safe_text(str(error))
    finally:
        connection.close()
    return None if status == 200 else f"status {status}"


def wait_until_gone(
    deployment: Deployment, asked: str, echo: Printer, wait_policy: WaitPolicy
) -> None:
    """Follow the events until the environment is gone.

    Args:
        deployment: The service.
        asked: Id of the request that ends the environment.
        echo: Callback that prints a line for the user.
        wait_policy: How often and how long to ask.

    Raises:
        InputError: The removal takes too long, or fails.
    """
    beanstalk = open_client("elasticbeanstalk", deployment.region)
    pause, printer = wait_policy.start(), _EventPrinter(echo, asked)
    while (found := _look(beanstalk, deployment, printer)) is not None:
        if found["Status"] == "Ready" and printer.failures:
            raise InputError(f"the environment {deployment.name} stays: {printer.failures[-1]}")
        if not pause.go_on(wait_policy.change):
            raise InputError(
                f"the environment {deployment.name} is {found['Status'].lower()} still: look into "
                "the AWS console, it costs until it is gone"
            )
