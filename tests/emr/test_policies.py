"""The least policies: the commands get through with them, and nothing is in them for nothing.

moto checks the actions of every service and the resources of S3. It does not check resources and
conditions of other services, iam:PassRole, nor what EMR does with the roles that it is given.
"""

from importlib import resources

import boto3
import pytest
from botocore.exceptions import ClientError

from pixelmill.emr.chosen_run import ChosenRun
from pixelmill.emr.commands.status import look
from pixelmill.emr.launching import launch_cluster
from pixelmill.emr.run_logs import RunLogs
from pixelmill.emr.serverless_launching import launch_serverless
from pixelmill.emr.status_page import status_lines
from pixelmill.emr.stopping import stop
from pixelmill.progress_record import ProgressWriter
from pixelmill.storage import open_storage
from pixelmill.storage.lease import Lease
from tests.conftest import ROOT
from tests.emr.iam import acting_as, actions, allows, policy, recorded_requests
from tests.emr.jobs import job
from tests.emr.launched import ACCOUNT, REGION, STORAGE, set_job

PAGE = ROOT / "docs" / "emr.md"
PETS = ChosenRun(STORAGE, "pets")
# What AWS asks for beside the requests themselves, or moto does not check.
ASKED_BY_AWS_ALONE = {
    "ec2:CreateNetworkInterface",
    "elasticmapreduce:AddTags",
    "elasticmapreduce:PutAutoTerminationPolicy",
    "elasticmapreduce:PutManagedScalingPolicy",
    "emr-serverless:StartApplication",
    "emr-serverless:TagResource",
    "iam:PassRole",
}
# Parts of large uploads; a security configuration that is there already; an answer that was lost.
SELDOM = {
    "elasticmapreduce:DescribeSecurityConfiguration",
    "elasticmapreduce:ListClusters",
    "s3:AbortMultipartUpload",
}


@pytest.fixture
def acting(aws, monkeypatch, s3_endpoint):
    """Acts as a user who has some of the project's policies."""

    def act(*names):
        return acting_as(monkeypatch, s3_endpoint, *map(policy, names))

    return act


@pytest.fixture
def subnet(aws):
    """A subnet of the account, as a setting of the cluster."""
    found = aws("ec2").describe_subnets()["Subnets"][0]
    return f"subnets=[{found['SubnetId']}]"


def refused(client, name, **arguments):
    with pytest.raises(ClientError) as error:
        getattr(client, name)(**arguments)
    return error.value.response["Error"]["Code"] in ("AccessDenied", "403")


def test_a_cluster_is_launched_watched_and_ended(acting, subnet):
    with acting("launcher") as asked:
        launch = launch_cluster(job(subnet), ROOT, print)
        assert status_lines(look(PETS))
        RunLogs(launch).driver(10)
        assert launch.owner in stop(launch)
    needless = actions(policy("launcher")) - asked - ASKED_BY_AWS_ALONE - SELDOM
    assert needless == set()


def test_a_job_of_emr_serverless_is_launched_watched_and_ended(acting, s3, subnet):
    s3.put_object(Bucket="photos", Key="mill/_emr/environment.tar.gz", Body=b"")
    given = job("release=emr-7.9.0", subnet)
    environment = f"{STORAGE}/_emr/environment.tar.gz"
    with acting("launcher", "launcher-serverless") as asked:
        launch = launch_serverless(given, ROOT, environment, lambda _: None)
        assert status_lines(look(PETS))
        set_job(launch.owner, "RUNNING", "STARTED")
        assert launch.owner in stop(launch)
    needless = actions(policy("launcher-serverless")) - asked - ASKED_BY_AWS_ALONE
    assert needless == set()


def test_a_launcher_may_not_touch_tables_images_or_buckets(acting, s3):
    for key in ("mill/04_feature/pets/part-0.parquet", "other/secret", "mill/_emr/pets/x"):
        s3.put_object(Bucket="photos", Key=key, Body=b"x")
    with acting("launcher"):
        s3 = boto3.Session().client("s3", REGION)
        place = {"Bucket": "photos", "Key": "mill/04_feature/pets/part-0.parquet"}
        assert refused(s3, "delete_object", **place)
        assert refused(s3, "put_object", **place)
        assert refused(s3, "get_object", Bucket="photos", Key="other/secret")
        assert refused(s3, "delete_bucket", Bucket="photos")
        assert refused(s3, "create_bucket", Bucket="more")
        s3.delete_object(Bucket="photos", Key="mill/_emr/pets/x")


def test_nodes_read_images_and_write_below_the_prefix_alone(acting, s3):
    s3.create_bucket(Bucket="pictures")
    s3.put_object(Bucket="pictures", Key="cat/1.jpg", Body=b"x")
    s3.put_object(Bucket="photos", Key="other/secret", Body=b"x")
    with acting("node-role"):
        run_writes()
        s3 = boto3.Session().client("s3", REGION)
        assert refused(s3, "delete_object", Bucket="pictures", Key="cat/1.jpg")
        assert refused(s3, "put_object", Bucket="pictures", Key="cat/2.jpg")
        assert refused(s3, "get_object", Bucket="photos", Key="other/secret")
        assert refused(s3, "put_object", Bucket="photos", Key="other/secret")
        assert refused(s3, "delete_bucket", Bucket="photos")


@pytest.mark.parametrize(
    "name",
    [
        "pets/20260101T000000Z-0000/bootstrap.sh",
        "pets/20260101T000000Z-0000/project.tar.gz",
        "pets/launch.json",
        "environments/python3.11-0123456789abcdef.tar.gz",
        "certificates/us-east-1-2026.zip",
        "logs/20260101T000000Z-0000/bootstrap.sh",
        "wheels/numpy.whl",
    ],
)
def test_nodes_write_nothing_that_a_launch_runs(acting, s3, name):
    key = f"mill/_emr/{name}"
    s3.put_object(Bucket="photos", Key=key, Body=b"x")
    with acting("node-role"):
        s3 = boto3.Session().client("s3", REGION)
        assert refused(s3, "put_object", Bucket="photos", Key=key)
        assert refused(s3, "delete_object", Bucket="photos", Key=key)
        assert s3.get_object(Bucket="photos", Key=key)["Body"].read() == b"x"
        log = "mill/_emr/pets/20260101T000000Z-0000/logs/j-1/steps/s-1/stderr.gz"
        s3.put_object(Bucket="photos", Key=log, Body=b"x")
        assert refused(s3, "delete_object", Bucket="photos", Key=log)


def test_what_a_run_asks_of_s3_meets_the_conditions(acting, s3, monkeypatch):
    s3.create_bucket(Bucket="pictures")
    s3.put_object(Bucket="pictures", Key="cat/1.jpg", Body=b"x")
    with recorded_requests(monkeypatch) as asked, acting("node-role"):
        run_writes()
    listed = {prefix for action, _, prefix in asked if action == "s3:ListBucket"}
    assert len(listed) > 1
    for action, resource, prefix in asked:
        context = {} if prefix is None else {"s3__prefix": prefix}
        if action != "s3:HeadBucket":  # asks for the region, and takes a refusal for an answer
            assert allows(policy("node-role"), action, resource, **context), (action, prefix)


@pytest.mark.parametrize(
    ("prefix", "allowed"),
    [("mill", True), ("mill/", True), ("mill/02_x", True), ("other/", False), ("millx/", False)],
)
def test_nodes_list_below_the_prefix_alone(prefix, allowed):
    bucket, role = "arn:aws:s3:::photos", policy("node-role")
    assert allows(role, "s3:ListBucket", bucket, s3__prefix=prefix) is allowed
    assert not allows(role, "s3:ListBucket", bucket)
    assert allows(role, "s3:ListBucket", "arn:aws:s3:::pictures", s3__prefix="anything")


@pytest.mark.parametrize("name", ["trust-emr", "trust-serverless"])
def test_a_service_takes_a_role_for_the_own_account_alone(name):
    source = {"aws__SourceArn": f"arn:aws:elasticmapreduce:{REGION}:{ACCOUNT}:cluster/j-1"}
    trust = policy(name)
    assert allows(trust, "sts:AssumeRole", aws__SourceAccount=ACCOUNT, **source)
    assert not allows(trust, "sts:AssumeRole", aws__SourceAccount="999999999999", **source)
    assert not allows(trust, "sts:AssumeRole")


@pytest.mark.parametrize(
    ("name", "action", "resource", "key", "needs_tag"),
    [
        ("launcher", "elasticmapreduce:RunJobFlow", "*", "elasticmapreduce__RequestTag/", True),
        (
            "launcher",
            "elasticmapreduce:TerminateJobFlows",
            "elasticmapreduce:us-east-1:123456789012:cluster/j-1",
            "elasticmapreduce__ResourceTag/",
            True,
        ),
        (
            "launcher",
            "elasticmapreduce:PutManagedScalingPolicy",
            "elasticmapreduce:us-east-1:123456789012:cluster/j-1",
            "elasticmapreduce__ResourceTag/",
            False,  # asked for while the cluster is created
        ),
        (
            "launcher-serverless",
            "emr-serverless:CreateApplication",
            "*",
            "aws__RequestTag/",
            True,
        ),
        (
            "launcher-serverless",
            "emr-serverless:StopApplication",
            "emr-serverless:us-east-1:123456789012:/applications/00f1",
            "aws__ResourceTag/",
            True,
        ),
    ],
)
def test_a_launcher_acts_on_what_has_the_projects_tag(name, action, resource, key, needs_tag):
    arn = resource if resource == "*" else f"arn:aws:{resource}"
    tag = f"{key}project"
    assert allows(policy(name), action, arn, **{tag: job().tags["project"]})
    assert not allows(policy(name), action, arn, **{tag: "other"})
    assert allows(policy(name), action, arn) is not needs_tag


def run_writes():
    """What a run asks of S3: images listed and read, tables, progress and lease written."""
    images = open_storage("s3://pictures")
    [image] = images.list_files()
    assert images.read(image.path).data == b"x"
    lease = Lease(STORAGE, "pets", renewed_every=0.2)
    lease.acquire()
    ProgressWriter(STORAGE, "pets").finish("finished")
    lease.release()
    tables = open_storage(STORAGE)
    tables.write_bytes("04_feature/pets/part-0.parquet", b"x")
    assert {"04_feature/pets/part-0.parquet", "08_reporting/pets/progress.json"} <= {
        file.path for file in tables.list_files()
    }


def test_prices_are_asked_with_a_policy_of_their_own():
    assert actions(policy("prices")) == {"ec2:DescribeSpotPriceHistory", "pricing:GetProducts"}


def test_the_page_shows_every_policy_as_it_is():
    page = PAGE.read_text(encoding="utf-8")
    for file in (resources.files("pixelmill.emr") / "policies").iterdir():
        assert f"```json\n{file.read_text().strip()}\n```" in page, file.name
