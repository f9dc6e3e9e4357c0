"""What must be right in the account; each wrong is one sentence."""

from contextlib import contextmanager

import boto3
import pytest
import requests

from pixelmill.emr.account import check_bucket, check_cluster_account, check_images
from pixelmill.emr.job import POLICY_TAG
from pixelmill.errors import InputError
from tests.emr.iam import acting_as, policy
from tests.emr.jobs import job

REGION = "us-east-1"


def check(*changes):
    settings = job(*changes).settings
    check_bucket(settings, REGION)
    check_cluster_account(settings, REGION, print)


@pytest.fixture
def subnet(aws):
    """Id of a subnet with the tag that EMR's policy asks for."""
    found = aws("ec2").describe_subnets()["Subnets"][0]["SubnetId"]
    aws("ec2").create_tags(Resources=[found], Tags=[{"Key": POLICY_TAG, "Value": "true"}])
    return found


def test_a_good_account_passes(aws, subnet, capsys):
    check(f"subnets=[{subnet}]")
    assert aws("emr").list_clusters()["Clusters"] == []
    assert capsys.readouterr().out == ""


def test_subnets_without_the_tag_of_emrs_policy_are_named(aws, subnet, capsys):
    ids = {each["SubnetId"] for each in aws("ec2").describe_subnets()["Subnets"]} - {subnet}
    check()
    line = capsys.readouterr().out
    assert set(line.partition(":")[0].split(", ")) == ids
    assert f"--tags Key={POLICY_TAG},Value=true" in line


def test_without_a_default_subnet_one_must_be_named(aws, subnet):
    for each in aws("ec2").describe_subnets()["Subnets"]:
        aws("ec2").delete_subnet(SubnetId=each["SubnetId"])
    with pytest.raises(InputError, match="no default subnet in us-east-1, and subnets is empty"):
        check()


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ("storage=s3://no-such-bucket-here/x", "there is no bucket 'no-such-bucket-here'"),
        ("release=emr-spark-9.9.0", "EMR has no release 'emr-spark-9.9.0' in us-east-1"),
        ("task.instances=[c99.4xlarge]", "no instance type 'c99.4xlarge' in us-east-1.*task"),
        ("subnets=[subnet-0123456789abcdef0]", "there is no subnet 'subnet-0123456789abcdef0'"),
    ],
)
def test_what_does_not_exist_is_refused(aws, change, sentence):
    with pytest.raises(InputError, match=sentence):
        check(change)


def test_a_bucket_of_another_region_is_refused_with_its_region(aws):
    boto3.client("s3", "eu-west-1").create_bucket(
        Bucket="irish", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"}
    )
    with pytest.raises(InputError, match=r"in eu-west-1 .* us-east-1.*: give --set region=eu-west"):
        check("storage=s3://irish/x")


def test_a_bucket_of_somebody_else_is_refused(aws, s3_endpoint, monkeypatch):
    iam = aws("iam")
    iam.create_user(UserName="nobody")
    key = iam.create_access_key(UserName="nobody")["AccessKey"]
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", key["AccessKeyId"])
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", key["SecretAccessKey"])
    with enforced(s3_endpoint), pytest.raises(InputError, match="somebody else's, or they lack"):
        check()


def test_without_credentials_nothing_is_tried(aws, monkeypatch):
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    with pytest.raises(InputError, match=r"'photos' cannot be used: no AWS credentials .*log in"):
        check()


def test_public_access_must_be_blocked(aws, s3_endpoint):
    requests.post(f"{s3_endpoint}/moto-api/reset", timeout=10)
    boto3.client("s3", REGION).create_bucket(Bucket="photos")
    with pytest.raises(InputError, match="EMR does not block public access in us-east-1: switch"):
        check()


def test_disks_must_be_encrypted_by_the_account_or_by_a_key(aws):
    aws("ec2").disable_ebs_encryption_by_default()
    with pytest.raises(InputError, match="disks of the cluster would not be encrypted: switch"):
        check()
    check("kms_key=arn:aws:kms:us-east-1:123456789012:key/1")


def test_a_region_that_does_not_exist_is_reported_in_one_sentence(aws, monkeypatch):
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    with pytest.raises(InputError, match=r"AWS does not answer .*: check the network and the reg"):
        check_bucket(job().settings, "us-nowhere-1")


@contextmanager
def enforced(endpoint):
    """Has moto ask IAM for every request."""
    address = f"{endpoint}/moto-api/reset-auth"
    requests.post(address, data=b"0", timeout=10)
    try:
        yield
    finally:
        requests.post(address, data=b"inf", timeout=10)


def test_images_in_a_bucket_that_is_not_there_are_refused(aws):
    with pytest.raises(InputError, match="there is no bucket 'no-such-bucket-here': check"):
        check_images("s3://no-such-bucket-here/pets", REGION, print)


def test_images_of_another_region_are_reported_and_others_are_not(aws, capsys):
    boto3.client("s3", "eu-west-1").create_bucket(
        Bucket="far", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"}
    )
    for images in (None, "s3://photos/pets"):
        check_images(images, REGION, print)
    assert capsys.readouterr().out == ""
    check_images("s3://far/pets", REGION, print)
    assert (
        f"the images are in eu-west-1 and the run would be in {REGION}" in capsys.readouterr().out
    )


def test_images_that_only_nodes_may_read_are_no_reason_to_refuse(aws, s3_endpoint, monkeypatch):
    with acting_as(monkeypatch, s3_endpoint, policy("prices")):
        check_images("s3://photos/pets", REGION, print)
