"""The options of an environment.

Names and values: Elastic Beanstalk's guide, "General options for all environments".
"""

from collections.abc import Iterator
from typing import NamedTuple

from pixelmill.beanstalk.record import Deployment
from pixelmill.beanstalk.settings import KEY_VARIABLE, ServiceSettings

PROPERTIES = "aws:elasticbeanstalk:application:environment"
SECRETS = "aws:elasticbeanstalk:application:environmentsecrets"
HEALTH_PATH = "/health/ready"
TLS_POLICY = "ELBSecurityPolicy-TLS13-1-2-2021-06"
# The role by which Elastic Beanstalk updates platforms; AWS makes it where the account has none.
UPDATES_ROLE = "AWSServiceRoleForElasticBeanstalkManagedUpdates"
# A load balancer keeps idle connections for 60 seconds, and answers 502 where the service has
# closed one that it uses: User Guide for Application Load Balancers, "HTTP 502: Bad gateway".
KEEP_ALIVE_SECONDS = 75
BUILD_SECONDS = 1200  # for a small machine to build the image


class Option(NamedTuple):
    """An option of an environment.

    Attributes:
        namespace: Namespace of the option.
        name: Name in the namespace.
        value: Value as text.
    """

    namespace: str
    name: str
    value: str

    def setting(self) -> dict[str, str]:
        """Return the option in the form of a request."""
        return {"Namespace": self.namespace, "OptionName": self.name, "Value": self.value}


def environment_options(
    settings: ServiceSettings, deployment: Deployment, index: str | None, key: str | None
) -> list[Option]:
    """Return all options of an environment.

    Args:
        settings: Service settings.
        deployment: The same, with its model.
        index: S3 URI of the index; None if there is none.
        key: API key; None where a secret holds it, or none is asked for.
    """
    values: dict[str, dict[str, object]] = {
        **_machines(settings, deployment),
        **_running(settings, deployment),
        **(_balanced(settings) if settings.balanced else _single()),
        **_network(settings),
    }
    found = [
        Option(namespace, name, _text(value))
        for namespace, group in values.items()
        for name, value in group.items()
    ]
    return [*found, *_properties(settings, deployment, index, key)]


def _machines(settings: ServiceSettings, deployment: Deployment) -> dict[str, dict[str, object]]:
    # RootVolumeType and DisableIMDSv1 have Elastic Beanstalk make launch templates: new accounts
    # have no launch configurations.
    least, most = settings.machines
    return {
        "aws:autoscaling:launchconfiguration": {
            "IamInstanceProfile": deployment.names.instance_role,
            "RootVolumeType": "gp3",
            "RootVolumeSize": settings.disk,
            "DisableIMDSv1": True,
        },
        "aws:ec2:instances": {
            "InstanceTypes": ",".join(settings.instances),
            "SupportedArchitectures": "x86_64",
        },
        "aws:autoscaling:asg": {"MinSize": least, "MaxSize": most},
    }


def _running(settings: ServiceSettings, deployment: Deployment) -> dict[str, dict[str, object]]:
    return {
        "aws:elasticbeanstalk:environment": _environment(settings, deployment),
        "aws:elasticbeanstalk:application": {"Application Healthcheck URL": HEALTH_PATH},
        "aws:elasticbeanstalk:healthreporting:system": {"SystemType": "enhanced"},
        "aws:elasticbeanstalk:cloudwatch:logs": {
            "StreamLogs": True,
            "DeleteOnTerminate": False,
            "RetentionInDays": settings.log_days,
        },
        **_updates(settings.updates),
    }


def _updates(start: str | None) -> dict[str, dict[str, object]]:
    group = "aws:elasticbeanstalk:managedactions"
    if start is None:
        return {group: {"ManagedActionsEnabled": False}}
    return {
        group: {
            "ManagedActionsEnabled": True,
            "PreferredStartTime": start,
            "ServiceRoleForManagedUpdates": UPDATES_ROLE,
        },
        f"{group}:platformupdate": {"UpdateLevel": "minor"},
    }


def _environment(settings: ServiceSettings, deployment: Deployment) -> dict[str, object]:
    kind: dict[str, object] = {"EnvironmentType": "SingleInstance"}
    if settings.balanced:
        kind = {"EnvironmentType": "LoadBalanced", "LoadBalancerType": "application"}
    return kind | {"ServiceRole": deployment.names.service_role}


def _single() -> dict[str, dict[str, object]]:
    # A second machine is made ready before the first goes: no request is lost.
    return {
        "aws:elasticbeanstalk:command": {"DeploymentPolicy": "Immutable", "Timeout": BUILD_SECONDS}
    }


def _balanced(settings: ServiceSettings) -> dict[str, dict[str, object]]:
    listener: dict[str, dict[str, object]] = {}
    if settings.certificate is not None:
        listener = {
            "aws:elbv2:listener:443": {
                "Protocol": "HTTPS",
                "SSLCertificateArns": settings.certificate,
                "SSLPolicy": TLS_POLICY,
            },
            "aws:elbv2:listener:default": {"ListenerEnabled": False},
        }
    return {
        "aws:elasticbeanstalk:command": {
            "DeploymentPolicy": "RollingWithAdditionalBatch",
            "BatchSizeType": "Fixed",
            "BatchSize": 1,
            "Timeout": BUILD_SECONDS,
        },
        "aws:autoscaling:updatepolicy:rollingupdate": {
            "RollingUpdateEnabled": True,
            "RollingUpdateType": "Health",
        },
        "aws:elasticbeanstalk:environment:process:default": {
            "Port": 80,
            "Protocol": "HTTP",
            "HealthCheckPath": HEALTH_PATH,
            "MatcherHTTPCode": 200,
            "DeregistrationDelay": 40,
        },
        "aws:autoscaling:trigger": {
            "MeasureName": "TargetResponseTime",
            "Statistic": "Average",
            "Unit": "Seconds",
            "Period": 1,
            "EvaluationPeriods": 3,
            "BreachDuration": 3,
            "UpperThreshold": settings.slow_seconds,
            "LowerThreshold": settings.fast_seconds,
        },
        **listener,
    }


def _network(settings: ServiceSettings) -> dict[str, dict[str, object]]:
    if settings.vpc is None:
        return {}
    subnets = ",".join(settings.subnets)
    within: dict[str, object] = {"VPCId": settings.vpc, "AssociatePublicIpAddress": True}
    if subnets:
        within |= {"Subnets": subnets} | ({"ELBSubnets": subnets} if settings.balanced else {})
    return {"aws:ec2:vpc": within}


def _properties(
    settings: ServiceSettings, deployment: Deployment, index: str | None, key: str | None
) -> Iterator[Option]:
    own = {"keep_alive_seconds": KEEP_ALIVE_SECONDS} if settings.balanced else {}
    serve = own | settings.serve
    limits = ",".join(f"{name}={_text(value)}" for name, value in serve.items())
    given = {
        "AWS_REGION": deployment.region,
        "PIXELMILL_MODEL": deployment.model,
        "PIXELMILL_INDEX": index or "none",  # the machines may read no other folder
        "PIXELMILL_SERVE": limits or None,
        KEY_VARIABLE: key,
    }
    for name, value in given.items():
        if value is not None:
            yield Option(PROPERTIES, name, value)
    if settings.api_key is not None:
        yield Option(SECRETS, KEY_VARIABLE, settings.api_key)


def _text(value: object) -> str:
    if isinstance(value, list):
        return f"[{','.join(value)}]"
    return str(value).lower() if isinstance(value, bool) else str(value)
