"""Typed settings of a deployed service: `conf/beanstalk/service.yml`."""

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, ValidationError, model_validator

from pixelmill.aws.instance_types import refuse_arm
from pixelmill.aws.settings_file import SettingsFile, read_settings
from pixelmill.errors import InputError
from pixelmill.parameters import Count, Parameters, ServingParameters
from pixelmill.storage import is_s3

FILE = SettingsFile("conf/beanstalk/service.yml", "a service")
KEY_VARIABLE = "PIXELMILL_API_KEY"
# Elastic Beanstalk's guide, "General options", aws:elasticbeanstalk:cloudwatch:logs.
LogDays = Literal[1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1827, 3653]
UPDATE_TIME = r"^(Mon|Tue|Wed|Thu|Fri|Sat|Sun):([01]\d|2[0-3]):[0-5]\d$"
Seconds = Annotated[float, Field(gt=0, le=600, allow_inf_nan=False)]


class ServiceSettings(Parameters):
    """A service on Elastic Beanstalk.

    Attributes:
        name: Name of application and environment, with which all other names begin.
        storage: Bucket and prefix of what is uploaded; a folder or null is the bucket that Elastic
            Beanstalk keeps for the account.
        region: AWS region; null uses that of the AWS profile.
        model: Exported classifier, a folder or an S3 URI.
        index: Features of its images with their index; null means none.
        balanced: Whether there are several machines behind a load balancer.
        least: Fewest machines of a balanced service.
        most: Maximum number of machines of a balanced service.
        certificate: ARN of the certificate for HTTPS; null is HTTP.
        instances: Instance types, the preferred first.
        disk: GB of EBS a machine.
        slow_seconds: Mean seconds an answer above which a machine is added.
        fast_seconds: Mean seconds an answer below which a machine is taken away.
        api_key: ARN of the secret that holds the API key; null takes it from the environment.
        serve: Parameters of the service that are not its defaults.
        log_days: Days that CloudWatch keeps logs.
        updates: Day and time (UTC) at which AWS installs newer platforms; null is never.
        vpc: Id of a VPC; null is the default one.
        subnets: Ids of its subnets.
        tags: Tags of every resource.
    """

    name: Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]{2,30}[a-z0-9]$")] = "pixelmill"
    storage: str | None = None
    region: str | None = None
    model: str | None = None
    index: str | None = None
    balanced: bool = False
    least: Count = 2
    most: Count = 4
    certificate: Annotated[str, Field(pattern=r"^arn:aws[\w-]*:acm:[\w-]+:\d+:\S+$")] | None = None
    instances: Annotated[list[str], Field(min_length=1, max_length=10)]
    disk: Annotated[int, Field(ge=10, le=16_384)] = 20
    slow_seconds: Seconds = 1.0
    fast_seconds: Seconds = 0.25
    api_key: (
        Annotated[str, Field(pattern=r"^arn:aws[\w-]*:(secretsmanager|ssm):[\w-]+:\d+:\S+$")] | None
    ) = None
    serve: dict[str, str | int | float | bool | list[str]] = Field(default_factory=dict)
    log_days: LogDays = 14
    updates: Annotated[str, Field(pattern=UPDATE_TIME)] | None = None
    vpc: str | None = None
    subnets: list[str] = Field(default_factory=list)
    tags: dict[str, str] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _is_possible(self) -> "ServiceSettings":
        if self.least > self.most:
            raise ValueError(
                f"least is {self.least} and most is {self.most}: most must not be less"
            )
        if self.fast_seconds >= self.slow_seconds:
            raise ValueError(
                f"fast_seconds is {self.fast_seconds:g} and slow_seconds is {self.slow_seconds:g}: "
                "machines would come and go; make fast_seconds the smaller one"
            )
        if self.certificate is not None and not self.balanced:
            raise ValueError(
                "certificate: the load balancer holds it: set balanced to true, or take it away"
            )
        if self.subnets and self.vpc is None:
            raise ValueError("subnets: name their VPC too, vpc=vpc-…")
        return self

    @model_validator(mode="after")
    def _serves_within_known_limits(self) -> "ServiceSettings":
        try:
            ServingParameters.model_validate(self.serve)
        except ValidationError as problem:
            found = problem.errors()[0]
            name = ".".join(["serve", *(str(part) for part in found["loc"])])
            raise ValueError(f"{name}: {found['msg'].removeprefix('Value error, ')}") from problem
        for name, value in self.serve.items():
            values = value if isinstance(value, list) else [value]
            if not all(re.fullmatch(r"[^,$\s]*", str(one)) for one in values):
                raise ValueError(f"serve.{name}: give a value without commas, blanks and $")
        return self

    @model_validator(mode="after")
    def _has_machines_for_the_packages(self) -> "ServiceSettings":
        for name in self.instances:
            try:
                refuse_arm(name)
            except InputError as problem:
                raise ValueError(f"instances: {problem}") from problem
        return self

    @property
    def machines(self) -> tuple[int, int]:
        """Fewest and most machines."""
        return (self.least, self.most) if self.balanced else (1, 1)

    @property
    def bucket_and_prefix(self) -> str | None:
        """The storage where it is on S3, without a slash at its end; None where it is not."""
        return self.storage.rstrip("/") if self.storage and is_s3(self.storage) else None


def load_settings(project: Path, changes: Sequence[str] = ()) -> ServiceSettings:
    """Read the settings.

    Args:
        project: Root of the project.
        changes: `name=value` as the command line gives them, `balanced=true`.

    Raises:
        InputError: The file is missing or a value is impossible.
    """
    return read_settings(project, FILE, changes, ServiceSettings)


def check_key(key: str | None) -> None:
    """Refuse an API key that does not reach the service as it is.

    Elastic Beanstalk writes properties to a file that Docker Compose reads, line by line, and
    doubles each `$` in it.

    Raises:
        InputError: The key has other characters, or is too short.
    """
    if key is not None and not re.fullmatch(r"[\x21\x25-\x26\x28-\x5b\x5d-\x7e]{16,256}", key):
        raise InputError(
            f"{KEY_VARIABLE} must have 16 to 256 letters, digits and signs without blanks, quotes, "
            "$, # and backslashes: `openssl rand -hex 24` makes one"
        )
