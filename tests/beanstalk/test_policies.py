"""The least policies: of the machines, of Elastic Beanstalk, and of whoever deploys."""

import json
from importlib import resources

import pytest

from pixelmill.beanstalk.deploying import Order, deploy
from pixelmill.beanstalk.environment import WaitPolicy
from pixelmill.beanstalk.logs import cloudwatch_ends
from pixelmill.beanstalk.policies import instance_policy, service_policy, trust
from pixelmill.beanstalk.record import Deployment, now
from pixelmill.beanstalk.settings import load_settings
from pixelmill.beanstalk.stopping import stop
from tests.conftest import ROOT
from tests.emr.iam import acting_as, actions, allows

DEPLOYER = (resources.files("pixelmill.beanstalk") / "deployer_policy.json").read_text()

REGION, ACCOUNT = "us-east-1", "123456789012"
MODEL = "s3://photos/mill/_beanstalk/pets/models/0123"
SECRET = f"arn:aws:secretsmanager:{REGION}:{ACCOUNT}:secret:key-AbCdEf"


@pytest.fixture
def deployment():
    return Deployment(
        name="pets",
        region=REGION,
        account=ACCOUNT,
        folder="s3://photos/mill/_beanstalk/pets",
        started=now(),
        changed=now(),
    )


def test_a_machine_reads_its_model_and_nothing_else_of_the_bucket(deployment):
    policy = instance_policy(deployment, [MODEL])
    objects = MODEL.replace("s3://", "arn:aws:s3:::")
    assert allows(policy, "s3:GetObject", f"{objects}/manifest.json")
    assert not allows(policy, "s3:GetObject", "arn:aws:s3:::photos/mill/04_feature/x")
    assert not allows(policy, "s3:PutObject", f"{objects}/manifest.json")
    assert not allows(policy, "s3:DeleteObject", f"{objects}/manifest.json")
    bucket, prefix = "arn:aws:s3:::photos", MODEL.removeprefix("s3://photos/")
    assert allows(policy, "s3:ListBucket", bucket, s3__prefix=f"{prefix}/")
    assert not allows(policy, "s3:ListBucket", bucket, s3__prefix="mill/")
    assert not allows(policy, "s3:ListBucket", bucket)


def test_a_machine_writes_its_own_logs_and_reports_its_own_health(deployment):
    policy = instance_policy(deployment, [MODEL])
    groups = f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:/aws/elasticbeanstalk"
    assert allows(policy, "logs:PutLogEvents", f"{groups}/pets/var/log/a.log:log-stream:i-0")
    assert not allows(policy, "logs:PutLogEvents", f"{groups}/other/var/log/a.log:log-stream:i-0")
    environments = f"arn:aws:elasticbeanstalk:{REGION}:{ACCOUNT}:environment"
    tell = "elasticbeanstalk:PutInstanceStatistics"
    assert allows(policy, tell, f"{environments}/pets/pets")
    assert not allows(policy, tell, f"{environments}/other/other")


@pytest.mark.parametrize(
    ("secret", "action", "resource"),
    [
        (SECRET, "secretsmanager:GetSecretValue", SECRET),
        (f"{SECRET}:key", "secretsmanager:GetSecretValue", SECRET),
        (
            f"arn:aws:ssm:{REGION}:{ACCOUNT}:parameter/pets/key",
            "ssm:GetParameter",
            f"arn:aws:ssm:{REGION}:{ACCOUNT}:parameter/pets/key",
        ),
    ],
)
def test_a_machine_reads_the_secret_that_holds_the_key(deployment, secret, action, resource):
    policy = instance_policy(deployment, [MODEL], secret)
    assert allows(policy, action, resource)
    assert not allows(policy, action, f"{resource}2")
    assert not {found for found in actions(instance_policy(deployment, [])) if "secret" in found}


@pytest.mark.parametrize(
    ("region", "partition"),
    [("us-gov-west-1", "aws-us-gov"), ("cn-north-1", "aws-cn"), ("ap-southeast-7", "aws")],
)
def test_policies_name_resources_of_the_partition(deployment, region, partition):
    elsewhere = deployment.model_copy(update={"region": region})
    found = instance_policy(elsewhere, [MODEL])["Statement"]
    named = {arn.split(":")[1] for each in found for arn in each["Resource"] if arn != "*"}
    assert named == {partition}


def test_machines_in_china_are_those_of_its_own_ec2():
    assert trust("ec2", "aws-cn")["Statement"][0]["Principal"] == {
        "Service": "ec2.amazonaws.com.cn"
    }
    assert trust("ec2", "aws-us-gov") == trust("ec2")


def test_elastic_beanstalk_only_looks():
    changing = {action for action in actions(service_policy()) if ":Describe" not in action}
    assert changing == {"ec2:AssociateAddress", "ec2:GetConsoleOutput"}
    guarded = trust("elasticbeanstalk")
    assert allows(guarded, "sts:AssumeRole", sts__ExternalId="elasticbeanstalk")
    assert not allows(guarded, "sts:AssumeRole", sts__ExternalId="other")


def test_the_page_shows_the_policy_for_deploying():
    page = (ROOT / "docs" / "service.md").read_text(encoding="utf-8")
    assert f"```json\n{DEPLOYER.strip()}\n```" in page


def test_deploying_needs_these_permissions_and_no_more(
    aws, s3_endpoint, project, model, monkeypatch, quotas
):
    """moto checks actions, and resources of S3 alone; it knows no iam:PassRole."""
    monkeypatch.chdir(project)
    aws("logs").create_log_group(logGroupName="/aws/elasticbeanstalk/pets/std.log")
    given = json.loads(DEPLOYER.replace("BUCKET", "photos").replace("PREFIX", "mill"))
    # Of AdministratorAccess-AWSElasticBeanstalk; who one is may be asked without permission.
    others = {"Action": ["sts:GetCallerIdentity"], "Resource": "*", "Effect": "Allow"}
    documents = (given, {"Version": given["Version"], "Statement": [others]})
    settings = load_settings(project, [f"model={model}", "name=pets"])
    wait_policy = WaitPolicy(every=0, answer=5)
    order = Order(settings, project, None, without_key=False, wait_policy=wait_policy)
    with acting_as(monkeypatch, s3_endpoint, *documents) as asked:
        done = deploy(order, lambda _: None)
        list(cloudwatch_ends(done, 5, everything=True))
        stop(done, lambda _: None, wait_policy, logs=True)
    with_a_certificate_or_a_log = {"acm:DescribeCertificate", "logs:GetLogEvents"}
    told_by_iam_alone = {"iam:PassRole", "iam:TagRole", "iam:TagInstanceProfile"}
    of_s3_alone = {"s3:PutObjectTagging"}
    unused = actions(given) - asked - with_a_certificate_or_a_log - told_by_iam_alone - of_s3_alone
    assert unused == set()
