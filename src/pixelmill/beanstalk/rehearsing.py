"""`deploy --dry-run`: all requests of a first deployment in order, none of them sent."""

from collections.abc import Callable
from dataclasses import replace

from pixelmill.aws.clients import region_of
from pixelmill.aws.digests import digest_of
from pixelmill.aws.rehearsal import NotThere, Rehearsal
from pixelmill.beanstalk.bundle import make_bundle
from pixelmill.beanstalk.deploying import LABEL, Order, deploy
from pixelmill.beanstalk.environment import WaitPolicy

ACCOUNT = "000000000000"
STACK = "64bit Amazon Linux 2023 v0.0.0 running Docker"


def rehearse(order: Order, echo: Callable[[str], None]) -> None:
    """Show the requests of a deployment.

    Account, platform and all that AWS would answer are assumed: that nothing is there yet, and that
    all is well.

    Args:
        order: Order of the deployment.
        echo: Callback that prints the lines of a request.

    Raises:
        InputError: The deployment is refused before anything is sent.
    """
    settings = order.settings
    echo(
        f"# Nothing is sent. Assumed: account {ACCOUNT}, platform '{STACK}', nothing is there yet; "
        "the API key is shown as ***"
    )
    version = digest_of(make_bundle(order.project))[:LABEL]
    ready = {
        "EnvironmentName": settings.name,
        "Status": "Ready",
        "VersionLabel": version,
        "CNAME": f"{settings.name}.{region_of(settings)}.elasticbeanstalk.com",
    }
    answers = _answers(settings.instances, ready)
    hidden = () if order.key is None else (order.key,)
    with Rehearsal(echo, answers, hidden).running():
        deploy(replace(order, wait_policy=WaitPolicy(every=0, answer=0)), lambda _: None)


def _answers(instances: list[str], ready: dict[str, str]) -> dict[str, object]:
    offers = [{"InstanceType": name} for name in instances]
    return {
        "sts:GetCallerIdentity": {"Account": ACCOUNT},
        "ec2:DescribeInstanceTypeOfferings": {"InstanceTypeOfferings": offers},
        "servicequotas:GetServiceQuota": {"Quota": {"Value": 1e6}},
        "acm:DescribeCertificate": {"Certificate": {"Status": "ISSUED"}},
        "elasticbeanstalk:ListAvailableSolutionStacks": {"SolutionStacks": [STACK]},
        "elasticbeanstalk:DescribeEnvironments": lambda shown: {
            "Environments": [ready] if "elasticbeanstalk:CreateEnvironment" in shown else []
        },
        "s3:ListObjectsV2": {"KeyCount": 1},
        "s3:GetObject": NotThere("NoSuchKey"),
        "s3:HeadObject": NotThere("404"),
        "iam:GetRole": NotThere("NoSuchEntity"),
        "iam:GetInstanceProfile": NotThere("NoSuchEntity"),
    }
