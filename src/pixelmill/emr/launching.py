"""Create a cluster and submit the run to it."""

import io
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from pixelmill.aws.clients import explained, open_client
from pixelmill.aws.digests import SUMS, digest_of, is_unchanged_on_s3, upload_with_digest
from pixelmill.aws.quotas import check_quotas
from pixelmill.emr.account import check_bucket, check_cluster_account, check_images
from pixelmill.emr.bundle import make_bundle, upload
from pixelmill.emr.certificates import make_certificates
from pixelmill.emr.cluster_request import cluster_request
from pixelmill.emr.job import Job
from pixelmill.emr.quotas import cluster_needs
from pixelmill.emr.record import Launch, save_launch
from pixelmill.emr.releases import print_end_of_support
from pixelmill.emr.reservation import refuse_second_launch, reserved
from pixelmill.emr.security import (
    certificates_place,
    ensure_security_configuration,
    security_content,
)
from pixelmill.errors import InputError


def launch_cluster(job: Job, project: Path, echo: Callable[[str], None]) -> Launch:
    """Upload the project, create the cluster with the run as its step, and write it down.

    Args:
        job: Job to run.
        project: Root of the project.
        echo: Callback that prints a line for the user.

    Returns:
        The record of the launch.

    Raises:
        InputError: If anything is wrong with account, settings or project; nothing is left
            running then.
    """
    cluster_request(job)  # refuses impossible settings before AWS is asked
    check_bucket(job.settings, job.region)
    check_images(job.images, job.region, echo)
    check_cluster_account(job.settings, job.region)
    check_quotas(cluster_needs(job.settings), job.region, echo)
    print_end_of_support(job.settings.release, echo)
    with reserved(job, echo):
        refuse_second_launch(job)
        files = make_bundle(project, job.environment())
        upload(files, job.folder)
        ensure_certificates(job)
        emr = open_client("emr", job.region)
        ensure_security_configuration(emr, security_content(job))
        return _created(emr, job, cluster_request(job, digest_of(files[SUMS])))


def ensure_certificates(job: Job) -> None:
    """Make the certificates of this region and year, where nobody did and none are given.

    Raises:
        InputError: If those that are there are not the ones that a launch made.
    """
    if job.settings.certificates is not None:
        return
    s3, place = open_client("s3", job.region), certificates_place(job)
    if not is_unchanged_on_s3(s3, place):
        with explained("the certificates cannot be uploaded"):
            upload_with_digest(s3, io.BytesIO(make_certificates(job.region)), place)


def recorded(job: Job, **known: Any) -> Launch:
    """Return the record of a launch.

    Args:
        job: Launched job.
        known: Launch with its target, owner and run.
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
