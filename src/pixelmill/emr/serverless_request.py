"""Requests of EMR Serverless, an application and its job, built without calling AWS."""

import hashlib
import json
import re
from typing import Any

from pixelmill.emr.job import Job
from pixelmill.emr.releases import check_image_python
from pixelmill.emr.settings import ServerlessSettings
from pixelmill.emr.spark_properties import ExecutorSize, resilience, session_properties, sized
from pixelmill.errors import InputError

ENTRY = "serverless_entry.py"
PROJECT = "project.tar.gz"
PYTHON = "./environment/bin/python"  # archives are unpacked in the folder that a worker starts in
SOURCES = "./project/src"
DISK = 20  # GB a worker
FIRST_EXECUTORS = 3  # EMR Serverless's default, which fewer workers than these cannot hold
TAG = re.compile(r"[A-Za-z0-9 /_.:=+@-]{0,256}")  # EMR Serverless's TagValue; EC2 takes any letters
LONGEST = 7 * 24 * 60  # minutes that a job run may take; AWS's default is half a day


def check_job(job: Job) -> None:
    """Refuse what EMR Serverless could not run, before anything is asked of AWS.

    Args:
        job: Job to run.

    Raises:
        InputError: For a Python that the image lacks, security groups without a subnet, and tags
            that only other services take.
    """
    check_image_python(job.settings.release, job.python)
    for name, value in job.settings.tags.items():
        if not (name and TAG.fullmatch(name) and TAG.fullmatch(value)):
            raise InputError(
                f"EMR Serverless takes no tag {name}={value}: write tags with the letters A to Z, "
                "digits, spaces and / _ . : = + @ -"
            )
    if job.settings.serverless.security_groups and not job.settings.subnets:
        raise InputError(
            "serverless.security_groups are for workers in subnets, and subnets is empty: give "
            "--set 'subnets=[subnet-…]' too, or leave the groups out"
        )


def application_request(job: Job) -> dict[str, Any]:
    """Return the arguments of CreateApplication.

    Its name follows from its content: launches with the same settings share an application, which
    costs nothing while no job runs.

    Args:
        job: Job to run.

    Raises:
        InputError: For what EMR Serverless could not run.
    """
    check_job(job)
    settings, serverless = job.settings, job.settings.serverless
    workers = serverless.workers + 1  # the driver
    request: dict[str, Any] = {
        "releaseLabel": settings.release,
        "type": "SPARK",
        "architecture": "X86_64",
        "autoStartConfiguration": {"enabled": True},
        "autoStopConfiguration": {"enabled": True, "idleTimeoutMinutes": settings.idle_minutes},
        "maximumCapacity": {
            "cpu": f"{workers * serverless.vcpus} vCPU",
            "memory": f"{workers * serverless.memory} GB",
            "disk": f"{workers * DISK} GB",
        },
        "tags": settings.tags,
    }
    if settings.subnets:
        request["networkConfiguration"] = {
            "subnetIds": settings.subnets,
            "securityGroupIds": serverless.security_groups,
        }
    if settings.kms_key is not None:
        request["diskEncryptionConfiguration"] = {"encryptionKeyArn": settings.kms_key}
    content = hashlib.sha256(json.dumps(request, sort_keys=True).encode()).hexdigest()
    return {"name": f"pixelmill-{content[:16]}", **request}


def job_request(job: Job, application: str, role: str, environment: str) -> dict[str, Any]:
    """Return the arguments of StartJobRun.

    Args:
        job: Job to run.
        application: Application id.
        role: ARN of the role of the job.
        environment: S3 URI of the archive of the Python environment.
    """
    return {
        "applicationId": application,
        "name": job.name,
        "executionRoleArn": role,
        "executionTimeoutMinutes": LONGEST,
        "jobDriver": {
            "sparkSubmit": {
                "entryPoint": f"{job.folder}/{ENTRY}",
                "entryPointArguments": [job.python, job.spark, *job.arguments],
            }
        },
        "configurationOverrides": {
            "applicationConfiguration": [
                {"classification": "spark-defaults", "properties": _properties(job, environment)}
            ],
            "monitoringConfiguration": {"s3MonitoringConfiguration": {"logUri": f"{job.logs}/"}},
        },
        # The name of a data set may have letters that no tag has.
        "tags": {name: value for name, value in job.tags.items() if TAG.fullmatch(value)},
    }


def worker_size(serverless: ServerlessSettings) -> ExecutorSize:
    """Return what an executor takes of a worker: all of it.

    Args:
        serverless: Size of the workers.
    """
    return sized(serverless.vcpus, serverless.memory * 1024)


def worker_properties(serverless: ServerlessSettings) -> dict[str, str]:
    """Spark's properties that follow from the workers; `plan` divides chunks by them.

    Args:
        serverless: Size and number of the workers.
    """
    first = str(min(FIRST_EXECUTORS, serverless.workers))
    return {
        **resilience(),
        **worker_size(serverless).properties(),
        "spark.executor.instances": first,
        "spark.dynamicAllocation.initialExecutors": first,
        "spark.dynamicAllocation.maxExecutors": str(serverless.workers),
    }


def _properties(job: Job, environment: str) -> dict[str, str]:
    serverless = job.settings.serverless
    both = job.environment() | {"PYSPARK_PYTHON": PYTHON, "PYTHONPATH": SOURCES}
    driver = both | {"PYSPARK_DRIVER_PYTHON": PYTHON}
    half = serverless.memory * 1024 // 2
    return {
        # The JVM of the driver starts before the project can say what it wants.
        **session_properties(),
        **worker_properties(serverless),
        "spark.driver.cores": str(serverless.vcpus),
        "spark.driver.memory": f"{half}m",
        "spark.driver.memoryOverhead": f"{half}m",
        "spark.archives": f"{environment}#environment,{job.folder}/{PROJECT}#project",
        **{f"spark.emr-serverless.driverEnv.{name}": value for name, value in driver.items()},
        **{f"spark.executorEnv.{name}": value for name, value in both.items()},
    }
