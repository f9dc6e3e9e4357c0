"""Least-privilege IAM policies of the roles of a service."""

from typing import Any

from pixelmill.aws.clients import partition_of
from pixelmill.beanstalk.record import Deployment, own_bucket
from pixelmill.storage.locations import split_s3

VERSION = "2012-10-17"
READ_SECRET = {"secretsmanager": "secretsmanager:GetSecretValue", "ssm": "ssm:GetParameter"}


def trust(service: str, partition: str = "aws") -> dict[str, Any]:
    """Return the trust policy of a role.

    Args:
        service: `ec2` or `elasticbeanstalk`.
        partition: Partition of the account.
    """
    # In China EC2 has a name of its own, and Elastic Beanstalk that of all partitions.
    suffix = ".cn" if (service, partition) == ("ec2", "aws-cn") else ""
    allowed: dict[str, Any] = {
        "Effect": "Allow",
        "Principal": {"Service": f"{service}.amazonaws.com{suffix}"},
        "Action": "sts:AssumeRole",
    }
    if service == "elasticbeanstalk":
        # Of Elastic Beanstalk's guide, "Managing Elastic Beanstalk service roles".
        allowed["Condition"] = {"StringEquals": {"sts:ExternalId": "elasticbeanstalk"}}
    return {"Version": VERSION, "Statement": [allowed]}


def service_policy() -> dict[str, Any]:
    """Return what Elastic Beanstalk may do by itself: see how machines and load balancer are.

    It is AWSElasticBeanstalkEnhancedHealth, of the AWS Managed Policy Reference, without
    queues and notifications.
    """
    looking = [
        "autoscaling:DescribeAutoScalingGroups",
        "autoscaling:DescribeAutoScalingInstances",
        "autoscaling:DescribeNotificationConfigurations",
        "autoscaling:DescribeScalingActivities",
        "ec2:AssociateAddress",
        "ec2:DescribeAddresses",
        "ec2:DescribeInstanceStatus",
        "ec2:DescribeInstances",
        "ec2:DescribeSecurityGroups",
        "ec2:GetConsoleOutput",
        "elasticloadbalancing:DescribeInstanceHealth",
        "elasticloadbalancing:DescribeLoadBalancers",
        "elasticloadbalancing:DescribeTargetHealth",
    ]
    return {"Version": VERSION, "Statement": [_allow("SeeHealth", looking, ["*"])]}


def instance_policy(
    deployment: Deployment, read: list[str], secret: str | None = None
) -> dict[str, Any]:
    """Return what a machine may do: read model, index and bundle, write logs and its health.

    Args:
        deployment: The service.
        read: S3 URIs of folders that the service reads.
        secret: ARN of its API key; None if there is none.
    """
    region, account, name = deployment.region, deployment.account, deployment.name
    arn = f"arn:{partition_of(region)}"
    logs = f"{arn}:logs:{region}:{account}:log-group:{deployment.names.log_prefix}*"
    bundles = f"{arn}:s3:::{own_bucket(region, account)}/resources/environments"
    beanstalk = f"{arn}:elasticbeanstalk:{region}:{account}"
    statements = [
        *_reading(read, arn),
        _allow("ReadTheBundle", ["s3:GetObject"], [f"{bundles}/*"]),
        _allow("WriteLogsThatAreAskedFor", ["s3:PutObject"], [f"{bundles}/logs/*"]),
        _allow(
            "WriteLogs",
            ["logs:CreateLogStream", "logs:DescribeLogStreams", "logs:PutLogEvents"],
            [logs],
        ),
        _allow("FindLogs", ["logs:DescribeLogGroups"], ["*"]),
        _allow(
            "TellHealth",
            ["elasticbeanstalk:PutInstanceStatistics"],
            [f"{beanstalk}:application/{name}", f"{beanstalk}:environment/{name}/{name}"],
        ),
    ]
    if secret is not None:
        action = READ_SECRET[secret.split(":")[2]]
        statements.append(_allow("ReadTheKey", [action], [_whole_secret(secret)]))
    return {"Version": VERSION, "Statement": statements}


def _reading(folders: list[str], arn: str) -> list[dict[str, Any]]:
    places = [split_s3(folder) for folder in folders]
    objects = [f"{arn}:s3:::{bucket}/{prefix}/*" for bucket, prefix in places]
    listing = [
        _allow(f"List{number}", ["s3:ListBucket"], [f"{arn}:s3:::{bucket}"])
        | {"Condition": {"StringLike": {"s3:prefix": [prefix, f"{prefix}/*"]}}}
        for number, (bucket, prefix) in enumerate(places)
    ]
    return [_allow("ReadModelAndIndex", ["s3:GetObject"], objects), *listing]


def _whole_secret(arn: str) -> str:
    """Return the secret that an ARN with the name of a JSON key behind it belongs to."""
    return ":".join(arn.split(":")[:7]) if ":secretsmanager:" in arn else arn


def _allow(sid: str, actions: list[str], resources: list[str]) -> dict[str, Any]:
    return {"Sid": sid, "Effect": "Allow", "Action": actions, "Resource": resources}
