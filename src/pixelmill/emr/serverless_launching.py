"""Start the run as a job of EMR Serverless."""

import time
from collections.abc import Callable
from importlib import resources
from pathlib import Path
from typing import Any

from pixelmill.aws.clients import account_id, explained, open_client, partition_of
from pixelmill.aws.quotas import check_quotas
from pixelmill.emr.account import check_bucket, check_images, check_subnets
from pixelmill.emr.bundle import project_archive, upload
from pixelmill.emr.creation import create, signals_held
from pixelmill.emr.job import Job
from pixelmill.emr.launching import recorded
from pixelmill.emr.quotas import serverless_needs
from pixelmill.emr.record import Launch, save_launch
from pixelmill.emr.releases import print_end_of_support
from pixelmill.emr.reservation import refuse_second_launch, reserved
from pixelmill.emr.serverless_environment import ensure_environment
from pixelmill.emr.serverless_request import (
    ENTRY,
    PROJECT,
    application_request,
    check_job,
    job_request,
)

USABLE = ["CREATING", "CREATED", "STARTING", "STARTED", "STOPPING", "STOPPED"]
SECONDS_TO_CREATE = 120


def launch_serverless(
    job: Job, project: Path, environment: str | None, echo: Callable[[str], None]
) -> Launch:
    """Upload the project, find or create the application, and start the job run.

    Args:
        job: Job to run.
        project: Root of the project.
        environment: S3 URI of an archive of the Python environment; None has one made.
        echo: Callback that prints a line for the user.

    Returns:
        The record of the launch.

    Raises:
        InputError: If anything is wrong with account, settings or project; nothing is left
            running then.
    """
    check_job(job)
    check_bucket(job.settings, job.region)
    check_images(job.images, job.region, echo)
    check_subnets(open_client("ec2", job.region), job.settings, job.region)
    check_quotas(serverless_needs(job.settings.serverless), job.region, echo)
    print_end_of_support(job.settings.release, echo)
    refuse_second_launch(job)
    place = ensure_environment(job, project, environment, echo)  # may take long: not in the lock
    with reserved(job, echo):
        refuse_second_launch(job)
        entry = (resources.files("pixelmill.emr") / ENTRY).read_bytes()
        upload({ENTRY: entry, PROJECT: project_archive(project)}, job.folder)
        serverless = open_client("emr-serverless", job.region)
        application = _application(serverless, job)
        request = job_request(job, application, _role(job), place)
        return _started(serverless, job, request, echo)


def _role(job: Job) -> str:
    """ARN of the job's role."""
    role = job.settings.serverless.role
    if role.startswith("arn:"):
        return role
    return f"arn:{partition_of(job.region)}:iam::{account_id(job.region)}:role/{role}"


def _application(serverless: Any, job: Job) -> str:
    """Id of the application of these settings, created if there is none."""
    request = application_request(job)
    with explained("the applications of EMR Serverless cannot be listed"):
        pages = serverless.get_paginator("list_applications").paginate(states=USABLE)
        found = [each for page in pages for each in page["applications"]]
    for each in found:
        if each["name"] == request["name"]:
            return str(each["id"])
    with explained("the application of EMR Serverless cannot be created"):
        application: str = serverless.create_application(**request)["applicationId"]
        _wait_for(serverless, application)
    return application


def _wait_for(serverless: Any, application: str) -> None:
    until = time.monotonic() + SECONDS_TO_CREATE
    while time.monotonic() < until:
        state = serverless.get_application(applicationId=application)["application"]["state"]
        if state != "CREATING":
            return
        time.sleep(2)


def _started(
    serverless: Any, job: Job, request: dict[str, Any], echo: Callable[[str], None]
) -> Launch:
    application, account, run = request["applicationId"], account_id(job.region), None
    try:
        with signals_held():
            run = create(  # asked again after a lost answer, it has the same clientToken
                f"the job run '{job.name}'",
                lambda: serverless.start_job_run(**request)["jobRunId"],
                lambda: _find_run(serverless, application, job.name),
            )
            launch = recorded(job, account=account, target="serverless", owner=application, run=run)
            save_launch(launch)
    except BaseException:
        # A run that no command could find again, or that nobody wants, must not go on.
        if run is not None:
            with explained(f"the job run {run} cannot be ended: end it in the AWS console"):
                serverless.cancel_job_run(applicationId=application, jobRunId=run)
            echo(f"the job run {run} was ended again")
        raise
    return launch


def _find_run(serverless: Any, application: str, name: str) -> str | None:
    """Return the id of the job run of a name, which no two launches share."""
    pages = serverless.get_paginator("list_job_runs").paginate(applicationId=application)
    runs = (each for page in pages for each in page["jobRuns"])
    return next((str(each["id"]) for each in runs if each.get("name") == name), None)
