"""Create a cluster and submit the run to it."""

import io
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from pixelmill.aws.clients import account_id, explained, open_client
from pixelmill.aws.digests import SUMS, digest_of, is_unchanged_on_s3, upload_with_digest
from pixelmill.aws.quotas import check_quotas
from pixelmill.emr.account import check_bucket, check_cluster_account, check_images
from pixelmill.emr.bundle import make_bundle, upload
from pixelmill.emr.certificates import make_certificates
from pixelmill.emr.cluster_request import cluster_request
from pixelmill.emr.creation import create, signals_held
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

ALIVE = ["STARTING", "BOOTSTRAPPING", "RUNNING", "WAITING"]


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
    check_cluster_account(job.settings, job.region, echo)
    check_quotas(cluster_needs(job.settings), job.region, echo)
    print_end_of_support(job.settings.release, echo)
    with reserved(job, echo):
        refuse_second_launch(job)
        files = make_bundle(project, job.environment())
        upload(files, job.folder)
        ensure_certificates(job)
        ensure_security_configuration(open_client("emr", job.region), security_content(job))
        return _created(job, cluster_request(job, digest_of(files[SUMS])), echo)


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
        known: Account of the launch, its target, owner and run.
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


def _created(job: Job, request: dict[str, Any], echo: Callable[[str], None]) -> Launch:
    emr, account, cluster = open_client("emr", job.region), account_id(job.region), None
    # Of a second request, where only the answer to the first was lost, there would be two clusters.
    asked_once = open_client("emr", job.region, attempts=1)
    try:
        with signals_held():
            cluster = create(
                f"the cluster '{job.name}'",
                lambda: asked_once.run_job_flow(**request)["JobFlowId"],
                lambda: _find_cluster(emr, job.name),
            )
            with explained(f"the cluster {cluster} cannot be asked for its step"):
                step = emr.list_steps(ClusterId=cluster)["Steps"][0]["Id"]
            launch = recorded(job, account=account, target="cluster", owner=cluster, run=step)
            save_launch(launch)
    except BaseException:
        # A cluster that no command could find again, or that nobody wants, must not go on.
        if cluster is not None:
            with explained(f"the cluster {cluster} cannot be ended: end it in the AWS console"):
                emr.terminate_job_flows(JobFlowIds=[cluster])
            echo(f"the cluster {cluster} was ended again")
        raise
    return launch


def _find_cluster(emr: Any, name: str) -> str | None:
    """Return the id of the cluster of a name, which no two launches share."""
    pages = emr.get_paginator("list_clusters").paginate(ClusterStates=ALIVE)
    clusters = (each for page in pages for each in page["Clusters"])
    return next((str(each["Id"]) for each in clusters if each["Name"] == name), None)
