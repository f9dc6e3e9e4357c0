"""State of a run as AWS reports it: of its step or job, and of its cluster or application."""

from dataclasses import dataclass
from typing import Any, Literal

from pixelmill.aws.clients import CREDENTIALS, account_id, explained, is_forgotten, open_client
from pixelmill.emr.record import Launch
from pixelmill.errors import InputError
from pixelmill.untrusted_text import LONGEST_LINE, safe_text

Phase = Literal["starting", "running", "finished", "failed", "stopped"]
# Of EMR: https://docs.aws.amazon.com/emr/latest/APIReference/API_StepStatus.html
STEPS: dict[str, Phase] = {
    "RUNNING": "running",
    "COMPLETED": "finished",
    "FAILED": "failed",
    "CANCEL_PENDING": "stopped",
    "CANCELLED": "stopped",
    "INTERRUPTED": "stopped",
}
CLUSTER_ENDED = {"TERMINATED", "TERMINATED_WITH_ERRORS"}
CLUSTER_ENDS = CLUSTER_ENDED | {"TERMINATING"}
# Of EMR Serverless: https://docs.aws.amazon.com/emr-serverless/latest/APIReference/API_JobRun.html
JOB_RUNS: dict[str, Phase] = {
    "RUNNING": "running",
    "SUCCESS": "finished",
    "FAILED": "failed",
    "CANCELLING": "stopped",
    "CANCELLED": "stopped",
}
JOB_ENDED = {"SUCCESS", "FAILED", "CANCELLED"}
# https://docs.aws.amazon.com/emr/latest/APIReference/API_ClusterStateChangeReason.html
FAILURES = {
    *("BOOTSTRAP_FAILURE", "INSTANCE_FAILURE", "INSTANCE_FLEET_TIMEOUT", "INTERNAL_ERROR"),
    *("STEP_FAILURE", "VALIDATION_ERROR"),
}


@dataclass(frozen=True)
class RunState:
    """A run, as AWS sees it.

    Attributes:
        phase: Phase of the run.
        place: Cluster or job of the run and its state: 'the cluster j-1 is bootstrapping'.
        reason: Reason for the state in AWS's words; '' if AWS gives none.
        costs: Whether what it runs on still costs something by the hour.
    """

    phase: Phase
    place: str
    reason: str
    costs: bool

    @property
    def is_over(self) -> bool:
        """Whether the run has come to its end, whatever its end was."""
        return self.phase in ("finished", "failed", "stopped")


def read_state(launch: Launch) -> RunState:
    """Ask AWS how a run is.

    Args:
        launch: Launch of the run.

    Raises:
        InputError: If AWS does not answer, or no longer knows it.
    """
    if launch.target == "cluster":
        return _cluster_state(launch)
    return _job_run_state(launch)


def find_state(launch: Launch) -> RunState | None:
    """Return the same, or None where AWS forgot the run, as it does after two months.

    Raises:
        InputError: If AWS does not answer, or is asked with the credentials of another account.
    """
    try:
        return read_state(launch)
    except InputError as problem:
        if not is_forgotten(problem):
            raise
        account = account_id(launch.region)
        if launch.account in ("", account):
            return None
        raise InputError(
            f"{launch.owner} runs in the account {launch.account}, and these AWS credentials are "
            f"of {account}: {CREDENTIALS}"
        ) from problem


def _cluster_state(launch: Launch) -> RunState:
    emr = open_client("emr", launch.region)
    with explained(f"the state of the cluster {launch.owner} cannot be read"):
        cluster = emr.describe_cluster(ClusterId=launch.owner)["Cluster"]["Status"]
        step = emr.describe_step(ClusterId=launch.owner, StepId=launch.run)["Step"]["Status"]
    return RunState(
        _phase(cluster, step["State"]),
        f"the cluster {launch.owner} is {in_words(cluster['State'])}",
        _on_one_line(_reason_of_step(step) or _reason_of_cluster(cluster)),
        costs=cluster["State"] not in CLUSTER_ENDED,
    )


def _phase(cluster: dict[str, Any], step: str) -> Phase:
    """Return the phase of a step; a cluster that ends cancels its step, or never begins it."""
    phase = STEPS.get(step, "starting")
    if phase in ("finished", "failed") or cluster["State"] not in CLUSTER_ENDS:
        return phase
    reason = cluster.get("StateChangeReason", {}).get("Code")
    failed = cluster["State"] == "TERMINATED_WITH_ERRORS" or reason in FAILURES
    return "failed" if failed else "stopped"


def _reason_of_step(status: dict[str, Any]) -> str:
    details = status.get("FailureDetails", {})
    parts = (details.get(part) for part in ("Reason", "Message"))
    return ": ".join(part for part in parts if part)


def _reason_of_cluster(status: dict[str, Any]) -> str:
    return status.get("StateChangeReason", {}).get("Message") or ""


def _job_run_state(launch: Launch) -> RunState:
    serverless = open_client("emr-serverless", launch.region)
    with explained(f"the state of the job run {launch.run} cannot be read"):
        job = serverless.get_job_run(applicationId=launch.owner, jobRunId=launch.run)["jobRun"]
        found = serverless.get_application(applicationId=launch.owner)
    return RunState(
        JOB_RUNS.get(job["state"], "starting"),
        f"the application {launch.owner} is {in_words(found['application']['state'])}",
        _on_one_line(job.get("stateDetails") or ""),
        # No worker waits without a job: the application has no capacity of its own.
        costs=job["state"] not in JOB_ENDED,
    )


def _on_one_line(text: str) -> str:
    """Return AWS's words, which may repeat a stack trace of the run."""
    return safe_text(" ".join(text.split()), LONGEST_LINE)


def in_words(state: str) -> str:
    """Return a state of AWS in words."""
    return state.lower().replace("_", " ")
