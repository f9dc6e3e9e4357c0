"""End a run for good, with all hourly costs."""

import time
from collections.abc import Callable
from typing import Any

from pixelmill.aws.clients import explained, open_client
from pixelmill.emr.record import Launch
from pixelmill.emr.state import CLUSTER_ENDS, JOB_ENDED, in_words
from pixelmill.errors import InputError

EVERY = 2.0  # seconds between two questions
TIMEOUT = 300.0  # seconds that AWS may take to begin
AT_WORK = ["SUBMITTED", "PENDING", "SCHEDULED", "RUNNING", "CANCELLING", "QUEUED"]
WITHOUT_WORKERS = {"CREATED", "STOPPED", "TERMINATED"}

Wait = Callable[[Callable[[], str], set[str]], str]


def stop(launch: Launch, *, every: float = EVERY, timeout: float = TIMEOUT) -> str:
    """End what a run is on, and wait until AWS says that it ends.

    Args:
        launch: Launch of the run.
        every: Seconds between two questions whether it ends.
        timeout: Maximum waiting time in seconds.

    Returns:
        What became of it, as a sentence.

    Raises:
        InputError: If AWS refuses or does not begin.
    """

    def wait(ask: Callable[[], str], states: set[str]) -> str:
        return _wait(ask, states, every, timeout)

    if launch.target == "cluster":
        return _stop_cluster(launch, wait)
    return _stop_job(launch, wait)


def _stop_cluster(launch: Launch, wait: Wait) -> str:
    emr = open_client("emr", launch.region)

    def ask() -> str:
        state: str = emr.describe_cluster(ClusterId=launch.owner)["Cluster"]["Status"]["State"]
        return state

    with explained(f"the cluster {launch.owner} cannot be ended"):
        emr.terminate_job_flows(JobFlowIds=[launch.owner])
        state = wait(ask, CLUSTER_ENDS)
    return f"the cluster {launch.owner} is {in_words(state)}"


def _stop_job(launch: Launch, wait: Wait) -> str:
    client = open_client("emr-serverless", launch.region)
    job = {"applicationId": launch.owner, "jobRunId": launch.run}

    def ask() -> str:
        state: str = client.get_job_run(**job)["jobRun"]["state"]
        return state

    with explained(f"the job run {launch.run} cannot be cancelled"):
        client.cancel_job_run(**job)
        state = wait(ask, JOB_ENDED)
    with explained(f"the application {launch.owner} cannot be stopped"):
        application = _stop_application(client, launch.owner, wait)
    return f"the job run {launch.run} is {in_words(state)}, and the application {application}"


def _stop_application(client: Any, application: str, wait: Wait) -> str:
    """Launch with the same settings share an application: the last of them stops it."""

    def ask() -> str:
        state: str = client.get_application(applicationId=application)["application"]["state"]
        return state

    pages = client.get_paginator("list_job_runs").paginate(
        applicationId=application, states=AT_WORK
    )
    if any(page["jobRuns"] for page in pages):
        return f"{application} goes on with its other jobs"
    if ask() not in WITHOUT_WORKERS:
        client.stop_application(applicationId=application)
    return f"{application} is {in_words(wait(ask, WITHOUT_WORKERS | {'STOPPING'}))}"


def _wait(ask: Callable[[], str], states: set[str], every: float, timeout: float) -> str:
    end = time.monotonic() + timeout
    while (state := ask()) not in states:
        if time.monotonic() > end:
            raise InputError(
                f"AWS was asked to end it {timeout:.0f} s ago and says {state} still: look into "
                "the AWS console, it costs until it ends"
            )
        time.sleep(every)
    return state
