"""Follow a launched run from the laptop, on which the run does not depend."""

import re
import time
from collections.abc import Callable
from datetime import UTC, datetime

from pixelmill.aws.clients import may_pass
from pixelmill.emr.record import Launch
from pixelmill.emr.reservation import described
from pixelmill.emr.run_logs import LogEnd, RunLogs
from pixelmill.emr.state import RunState, read_state
from pixelmill.errors import InputError

PAUSE = 15.0  # seconds between two questions
LINES = 15  # of the log of what failed
NO_ANSWER = "AWS does not answer for now: the run goes on, and this waits until it does"
BOOTSTRAP = re.compile(r"(?i)bootstrap")
QUOTA = re.compile(r"(?i)limit|quota|exceed|capacity")
Printer = Callable[[str], None]


def detached_message(launch: Launch) -> str:
    """Return the message that the run needs no laptop, and how to watch and end it."""
    option = f"--params dataset={launch.dataset}"
    return (
        f"{described(launch)} goes on without this laptop: kedro emr status {option} shows it, "
        f"kedro emr stop {option} ends it"
    )


def follow(launch: Launch, echo: Printer, pause: Callable[[], None] | None = None) -> None:
    """Tell every change of state until the run ends.

    Args:
        launch: The run.
        echo: Callback that prints a line for the user.
        pause: Waits between two questions; 15 s by default.

    Raises:
        InputError: If the run fails, with the reason after its last lines; where AWS refuses to
            be asked, with what shows the run later.
    """
    wait = pause or (lambda: time.sleep(PAUSE))
    last = ""
    while True:
        found = _ask(launch)
        status = NO_ANSWER if found is None else f"{found.place}; the run: {found.phase}"
        if status != last:
            echo(f"{datetime.now(UTC):%H:%M:%S} {status}")
        last = status
        if found is not None and _is_done(launch, found):
            break
        wait()
    if found.phase != "finished":
        raise InputError(_failure(launch, found, echo))
    echo(
        f"the run is done, and {described(launch)} ends itself; its tables are in {launch.storage}"
    )


def _ask(launch: Launch) -> RunState | None:
    """Return the state of the run, or None while AWS does not say it."""
    try:
        return read_state(launch)
    except InputError as problem:
        if may_pass(problem):
            return None
        raise InputError(f"{problem}; {detached_message(launch)}") from problem


def _is_done(launch: Launch, found: RunState) -> bool:
    """Return whether all can be known: the logs of a failure are there once its cluster is gone."""
    at_once = found.phase == "finished" or launch.target == "serverless"
    return found.is_over and (at_once or not found.costs)


def _failure(launch: Launch, found: RunState, echo: Printer) -> str:
    in_bootstrap = BOOTSTRAP.search(found.reason) is not None
    for end in _last_lines(launch, in_bootstrap):
        echo(f"{launch.logs}/{end.path}:")
        for line in end.lines:
            echo(f"  | {line}")
    what = "a node could not be made ready" if in_bootstrap else f"the run {_verb(found)}"
    return (
        f"{what} ({_reason(found)}): kedro emr logs --params dataset={launch.dataset} shows more, "
        "and a new launch does only what is missing"
    )


def _verb(found: RunState) -> str:
    return "was stopped" if found.phase == "stopped" else "failed"


def _last_lines(launch: Launch, in_bootstrap: bool) -> list[LogEnd]:
    logs = RunLogs(launch)
    try:
        return logs.bootstrap(LINES)[:1] if in_bootstrap else logs.driver(LINES)
    except InputError:  # the reason is reported with or without a log
        return []


def _reason(found: RunState) -> str:
    """AWS's reason in one line, with the way out where a quota is at fault."""
    line = " ".join(found.reason.split()).rstrip(".") or found.place
    if not QUOTA.search(line):
        return line
    return (
        f"{line}; launch fewer nodes (--set task.spot=…) or other types, or ask for more vCPUs in "
        "AWS's Service Quotas for EC2"
    )
