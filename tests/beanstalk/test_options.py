"""The options of an environment, and the settings that they come from."""

import pytest

from pixelmill.beanstalk.options import environment_options
from pixelmill.beanstalk.record import Deployment, now
from pixelmill.beanstalk.settings import check_key, load_settings
from pixelmill.errors import InputError
from tests.conftest import ROOT

CERTIFICATE = "arn:aws:acm:us-east-1:123456789012:certificate/0123"
SECRET = "arn:aws:ssm:us-east-1:123456789012:parameter/key"
DEPLOYED = Deployment(
    name="pets",
    region="us-east-1",
    account="123456789012",
    folder="s3://photos/mill/_beanstalk/pets",
    started=now(),
    changed=now(),
    model="s3://photos/models/pets",
)


@pytest.fixture(autouse=True)
def _storage(monkeypatch):
    monkeypatch.setenv("PIXELMILL_STORAGE", "s3://photos/mill/")


def options(*changes, key=None, index=None):
    """Values by namespace and name, of the project's own settings with some changed."""
    settings = load_settings(ROOT, changes)
    return {
        (option.namespace, option.name): option.value
        for option in environment_options(settings, DEPLOYED, index, key)
    }


def test_one_machine_has_no_load_balancer_and_takes_no_request_twice():
    found = options()
    assert found["aws:elasticbeanstalk:environment", "EnvironmentType"] == "SingleInstance"
    assert not [name for name, _ in found if "elbv2" in name or "trigger" in name]
    assert found["aws:elasticbeanstalk:command", "DeploymentPolicy"] == "Immutable"
    assert found["aws:autoscaling:asg", "MaxSize"] == "1"


def test_a_balanced_service_scales_by_latency_and_has_a_health_check():
    found = options("balanced=true", "least=3", "most=5", "slow_seconds=0.8")
    assert found["aws:elasticbeanstalk:environment", "LoadBalancerType"] == "application"
    trigger = "aws:autoscaling:trigger"
    assert found[trigger, "MeasureName"] == "TargetResponseTime"
    assert (found[trigger, "Unit"], found[trigger, "UpperThreshold"]) == ("Seconds", "0.8")
    minutes = (int(found[trigger, name]) for name in ("Period", "EvaluationPeriods"))
    assert int(found[trigger, "BreachDuration"]) == next(minutes) * next(minutes)
    process = "aws:elasticbeanstalk:environment:process:default"
    assert found[process, "HealthCheckPath"] == "/health/ready"
    assert [found["aws:autoscaling:asg", name] for name in ("MinSize", "MaxSize")] == ["3", "5"]


def test_a_certificate_makes_https_and_closes_http():
    found = options("balanced=true", f"certificate={CERTIFICATE}")
    assert found["aws:elbv2:listener:443", "SSLCertificateArns"] == CERTIFICATE
    assert found["aws:elbv2:listener:default", "ListenerEnabled"] == "false"


def test_a_secret_is_named_and_its_value_known_to_nobody():
    found = options(f"api_key={SECRET}")
    names = "aws:elasticbeanstalk:application:environmentsecrets"
    assert found[names, "PIXELMILL_API_KEY"] == SECRET
    assert not [name for group, name in found if group.endswith(":environment") and "KEY" in name]


def test_the_service_gets_its_limits_and_its_index():
    found = options("serve={max_images: 4, urls: true}", index="s3://photos/indexes/1")
    group = "aws:elasticbeanstalk:application:environment"
    assert found[group, "PIXELMILL_SERVE"] == "max_images=4,urls=true"
    assert found[group, "PIXELMILL_INDEX"] == "s3://photos/indexes/1"
    assert found[group, "PIXELMILL_MODEL"] == DEPLOYED.model
    assert options()[group, "PIXELMILL_INDEX"] == "none"
    listed = options("serve={hosts: [a.org, b.org], urls: true}")[group, "PIXELMILL_SERVE"]
    assert listed == "hosts=[a.org,b.org],urls=true"


def test_a_balanced_service_keeps_connections_longer_than_its_load_balancer():
    group = "aws:elasticbeanstalk:application:environment"
    found = options("balanced=true", "serve={max_images: 4}")
    assert found[group, "PIXELMILL_SERVE"] == "keep_alive_seconds=75,max_images=4"
    assert (group, "PIXELMILL_SERVE") not in options()


def test_logs_are_kept_for_some_days_and_platforms_are_updated():
    found = options("log_days=30", "updates=null")
    assert found["aws:elasticbeanstalk:cloudwatch:logs", "RetentionInDays"] == "30"
    assert found["aws:elasticbeanstalk:managedactions", "ManagedActionsEnabled"] == "false"
    group = "aws:elasticbeanstalk:managedactions:platformupdate"
    assert options()[group, "UpdateLevel"] == "minor"


def test_a_network_of_ones_own_is_used_by_machines_and_load_balancer():
    own = ("vpc=vpc-1", "subnets=[subnet-1,subnet-2]", "balanced=true")
    found = options(*own)
    assert found["aws:ec2:vpc", "Subnets"] == found["aws:ec2:vpc", "ELBSubnets"]
    assert ("aws:ec2:vpc", "ELBSubnets") not in options(*own[:2])


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ("name=P", "name is 'P'"),
        ("certificate=" + CERTIFICATE, "the load balancer holds it: set balanced to true"),
        ("least=9", "least is 9 and most is 4"),
        ("fast_seconds=2", "machines would come and go"),
        ("instances=[c7g.large]", "has an ARM processor"),
        ("serve={max_imagez: 1}", "serve.max_imagez"),
        ("subnets=[subnet-1]", "name their VPC too"),
        ("log_days=8", "log_days is 8"),
        ("updates=Someday", "updates is 'Someday'"),
        ("updates=Sun:24:00", "updates is 'Sun:24:00'"),
        ("nmae=x", "nmae"),
    ],
)
def test_an_impossible_setting_is_one_sentence(change, sentence):
    with pytest.raises(InputError) as caught:
        load_settings(ROOT, [change])
    assert sentence in str(caught.value)
    assert str(caught.value).startswith("conf/beanstalk/service.yml: ")


@pytest.mark.parametrize(
    "key", ["short", "with a blank in it 123", "dollar$0123456789abc", "a" * 257]
)
def test_a_key_that_would_not_arrive_as_it_is_is_refused(key):
    with pytest.raises(InputError, match="openssl rand -hex 24"):
        check_key(key)
    check_key("0123456789abcdef-._~!@%&()*+,/:;<=>?[]^{|}")
