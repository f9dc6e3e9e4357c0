"""What the tests of the cluster share: AWS, served on loopback."""

import json
from functools import cache

import pytest
from moto.backends import get_backend
from moto.core import DEFAULT_ACCOUNT_ID
from moto.servicequotas.models import ServiceQuotasBackend
from moto.servicequotas.responses import ServiceQuotasResponse

from pixelmill.emr import bundle
from tests.conftest import aws_client

REGION = "us-east-1"
PLENTY = 100_000  # vCPUs


@pytest.fixture(scope="session", autouse=True)
def built_once():
    """Has the wheel of a project built once, and not again by every launch."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(bundle, "build_wheel", cache(bundle.build_wheel))
        yield


@pytest.fixture
def quotas(monkeypatch):
    """AWS's default quotas by code; of those that are not in it there is plenty.

    moto knows quotas of VPC alone, and not the operation for defaults.
    """
    defaults = {}

    def answer(response):
        code = json.loads(response.body)["QuotaCode"]
        return json.dumps({"Quota": {"QuotaCode": code, "Value": defaults.get(code, PLENTY)}})

    operation = "get_aws_default_service_quota"
    monkeypatch.setattr(ServiceQuotasResponse, operation, answer, raising=False)
    return defaults


@pytest.fixture
def applied_quotas(monkeypatch):
    """Quotas that an account was given, by code; of the others moto says that there is none."""
    applied, unknown = {}, ServiceQuotasBackend.get_service_quota

    def find(backend, service_code, quota_code):
        if quota_code in applied:
            return {"QuotaCode": quota_code, "Value": applied[quota_code]}
        return unknown(backend, service_code, quota_code)

    monkeypatch.setattr(ServiceQuotasBackend, "get_service_quota", find)
    return applied


@pytest.fixture
def aws(s3, quotas, monkeypatch):
    """An AWS account that is empty but for the bucket 'photos', and protected as a launch asks.

    Returns:
        A function that opens a client of one of its services.
    """
    monkeypatch.setenv("AWS_REGION", REGION)
    monkeypatch.setenv("AWS_DEFAULT_REGION", REGION)

    def client(service):
        return aws_client(service, REGION)

    ec2, emr = (get_backend(name)[DEFAULT_ACCOUNT_ID][REGION] for name in ("ec2", "emr"))
    ec2.enable_ebs_encryption_by_default()
    emr.put_block_public_access_configuration(True, None)
    return client
