"""Creates a cluster and gives it the run."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from pixelmill.emr.account import check_bucket, check_cluster_account
from pixelmill.emr.aws import explained, open_client
from pixelmill.emr.bundle import make_bundle, upload
from pixelmill.emr.certificates import make_certificates
from pixelmill.emr.cluster_request import cluster_request
from pixelmill.emr.job import Job
from pixelmill.emr.quotas import check_quotas, cluster_needs
from pixelmill.emr.record import Launch, save_launch
from pixelmill.emr.releases import tell_of_its_end
from pixelmill.emr.reservation import refuse_second_launch, reserved
from pixelmill.emr.security import (
    certificates_place,
    ensure_security_configuration,
    security_content,
)
from pixelmill.errors import InputError
from pixelmill.storage import open_storage


def launch_cluster(job: Job, project: Path, say: Callable[[str], None]) -> Launch:
    """Uploads the project, creates the cluster with the run as its step, and writes it down.

    Args:
        job: What is to run.
        project: Root of the project.
        say: Takes a line for the user.

    Returns:
        The record of the launch.

    Raises:
        InputError: Where anything is wrong with account, settings or project; nothing is left
            running then.
    """
    request = cluster_request(job)
    check_bucket(job.settings, job.region)
    check_cluster_account(job.settings, job.region)
    check_quotas(cluster_needs(job.settings), job.region, say)
    tell_of_its_end(job.settings.release, say)
    with reserved(job):
        refuse_second_launch(job)
        upload(make_bundle(project, job.environment()), job.folder)
        ensure_certificates(job)
        emr = open_client("emr", job.region)
        ensure_security_configuration(emr, security_content(job))
        return _created(emr, job, request)


def ensure_certificates(job: Job) -> None:
    """Makes the certificates of this region and year, where nobody did and none are given."""
    if job.settings.certificates is not None:
        return
    folder, _, name = certificates_place(job).rpartition("/")
    storage = open_storage(folder)
    if storage.find_files([name]) == [None]:
        storage.write_bytes(name, make_certificates(job.region))


def recorded(job: Job, **known: Any) -> Launch:
    """The record of a launch.

    Args:
        job: What was launched.
        known: Its target, owner and run.
    """
    return Launch(
        **known,
        dataset=job.dataset,
        storage=job.storage,
        region=job.region,
        release=job.settings.release,
        started=datetime.now(UTC),
        arguments=job.arguments,
        logs=job.logs,
        versions=job.versions,
        settings=job.settings.model_dump(mode="json"),
    )


def _created(emr: Any, job: Job, request: dict[str, Any]) -> Launch:
    with explained("the cluster cannot be created"):
        cluster = emr.run_job_flow(**request)["JobFlowId"]
    try:
        with explained(f"the cluster {cluster} cannot be asked for its step"):
            step = emr.list_steps(ClusterId=cluster)["Steps"][0]["Id"]
        launch = recorded(job, target="cluster", owner=cluster, run=step)
        save_launch(launch)
    except (InputError, KeyboardInterrupt):
        # A cluster that no command could find again must not go on.
        with explained(f"the cluster {cluster} cannot be ended: end it in the AWS console"):
            emr.terminate_job_flows(JobFlowIds=[cluster])
        raise
    return launch
