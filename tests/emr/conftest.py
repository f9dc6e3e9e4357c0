"""What the tests of the cluster share: AWS, served on loopback."""

import boto3
import pytest

REGION = "us-east-1"


@pytest.fixture
def aws(s3, monkeypatch):
    """An AWS account that is empty but for the bucket 'photos', and protected as a launch asks.

    Returns:
        A function that opens a client of one of its services.
    """
    monkeypatch.setenv("AWS_REGION", REGION)
    monkeypatch.setenv("AWS_DEFAULT_REGION", REGION)

    def client(service):
        return boto3.client(service, REGION)

    client("ec2").enable_ebs_encryption_by_default()
    client("emr").put_block_public_access_configuration(
        BlockPublicAccessConfiguration={"BlockPublicSecurityGroupRules": True}
    )
    return client
