"""The requests of EMR Serverless."""

import re

import boto3
import pytest
from botocore.validate import ParamValidator

from pixelmill.emr.serverless_request import application_request, job_request
from pixelmill.errors import InputError
from pixelmill.spark.session import ALWAYS
from tests.emr.jobs import ARGUMENTS, VERSIONS, job

ROLE = "arn:aws:iam::123456789012:role/pixelmill-serverless"
ENVIRONMENT = "s3://photos/environment.tar.gz"
FOLDER = "s3://photos/mill/_emr/pets/20260101T000000Z-0000"


def properties(*changes):
    request = job_request(job(*changes), "app", ROLE, ENVIRONMENT)
    (found,) = request["configurationOverrides"]["applicationConfiguration"]
    return found["properties"]


@pytest.mark.parametrize("operation", ["CreateApplication", "StartJobRun"])
def test_every_field_is_one_that_the_api_knows(operation):
    changed = job("subnets=[subnet-1]", "kms_key=arn:aws:kms:us-east-1:123456789012:key/1")
    requests = {
        "CreateApplication": application_request(changed),
        "StartJobRun": job_request(changed, "app", ROLE, ENVIRONMENT),
    }
    service = boto3.client("emr-serverless", "us-east-1").meta.service_model
    shape = service.operation_model(operation).input_shape
    report = ParamValidator().validate({"clientToken": "t", **requests[operation]}, shape)
    assert not report.has_errors(), report.generate_report()


@pytest.mark.parametrize("dataset", ["pets", "häuser", "собаки", "x" * 200])
def test_tags_are_some_that_the_api_takes(dataset):
    request = job_request(job(dataset=dataset), "app", ROLE, ENVIRONMENT)
    service = boto3.client("emr-serverless", "us-east-1").meta.service_model
    for shape, texts in {"TagKey": request["tags"], "TagValue": request["tags"].values()}.items():
        found = service.shape_for(shape).metadata
        assert all(len(text) <= found["max"] for text in texts)
        assert all(re.fullmatch(found["pattern"], text) for text in texts)
    assert request["tags"]["project"] == "pixelmill"
    assert ("pixelmill:dataset" in request["tags"]) == dataset.isascii()


def test_tags_that_the_api_does_not_take_are_refused():
    with pytest.raises(InputError, match="takes no tag team=Töne: write tags with the letters"):
        application_request(job("tags.team=Töne"))


def test_the_application_stops_itself_and_has_a_limit():
    request = application_request(job("serverless.workers=9", "idle_minutes=5"))
    assert request["autoStopConfiguration"] == {"enabled": True, "idleTimeoutMinutes": 5}
    assert request["maximumCapacity"] == {"cpu": "40 vCPU", "memory": "160 GB", "disk": "200 GB"}


def test_launches_with_the_same_settings_share_an_application():
    assert application_request(job()) == application_request(job(id="another", dataset="digits"))
    assert application_request(job())["name"] != application_request(job("idle_minutes=5"))["name"]


def test_the_job_runs_the_project_in_the_archives():
    request = job_request(job(), "app", ROLE, ENVIRONMENT)
    assert request["jobDriver"]["sparkSubmit"] == {
        "entryPoint": f"{FOLDER}/serverless_entry.py",
        "entryPointArguments": ["3.11", "4.1", *ARGUMENTS],
    }
    assert properties()["spark.archives"] == (
        f"{ENVIRONMENT}#environment,{FOLDER}/project.tar.gz#project"
    )
    monitoring = request["configurationOverrides"]["monitoringConfiguration"]
    assert monitoring == {"s3MonitoringConfiguration": {"logUri": f"{FOLDER}/logs/"}}
    assert request["executionTimeoutMinutes"] > 24 * 60


def test_driver_and_executors_have_python_code_and_storage():
    found = properties()
    for place in ("spark.emr-serverless.driverEnv.", "spark.executorEnv."):
        assert found[f"{place}PYSPARK_PYTHON"] == "./environment/bin/python"
        assert found[f"{place}PYTHONPATH"] == "./project/src"
        assert found[f"{place}PIXELMILL_STORAGE"] == "s3://photos/mill"
    assert found.items() >= ALWAYS.items()
    assert all(isinstance(value, str) for value in found.values())


@pytest.mark.parametrize("python", ["3.12.4", "3.10.1"])
def test_a_python_that_the_image_lacks_is_refused_with_the_request(python):
    with pytest.raises(InputError, match=r"EMR Serverless has Python 3\.11 and 3\.13 with emr-sp"):
        application_request(job(versions=VERSIONS | {"python": python}))


def test_security_groups_without_a_subnet_are_refused():
    with pytest.raises(InputError, match=r"serverless\.security_groups are for workers in subnets"):
        application_request(job("serverless.security_groups=[sg-1]"))
    application_request(job("serverless.security_groups=[sg-1]", "subnets=[subnet-1]"))


def test_a_worker_is_as_large_as_the_settings_say():
    found = properties("serverless.vcpus=8", "serverless.memory=48")
    for part in ("driver", "executor"):
        sizes = [found[f"spark.{part}.{name}"] for name in ("memory", "memoryOverhead")]
        assert sum(int(size.removesuffix("m")) for size in sizes) == 48 * 1024
        assert found[f"spark.{part}.cores"] == "8"


@pytest.mark.parametrize(("workers", "first"), [(1, "1"), (2, "2"), (3, "3"), (50, "3")])
def test_a_job_never_asks_for_more_executors_than_the_application_may_have(workers, first):
    found = properties(f"serverless.workers={workers}")
    assert found["spark.dynamicAllocation.maxExecutors"] == str(workers)
    assert found["spark.dynamicAllocation.initialExecutors"] == first
    assert found["spark.executor.instances"] == first
