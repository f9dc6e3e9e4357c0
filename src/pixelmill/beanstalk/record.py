"""The record of a deployment: written before anything is created, read by all other commands.

All names follow from that of the service: the record leads to everything that is made.
"""

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from pixelmill.aws.clients import error_code, explained, open_client
from pixelmill.errors import InputError
from pixelmill.storage.locations import split_s3

NAME = "deployment.json"
FOLDER = "_beanstalk"
TAG = "pixelmill-service"
MISSING = {"404", "NoSuchKey", "NoSuchBucket", "NotFound"}


class Deployment(BaseModel):
    """A service on Elastic Beanstalk.

    Attributes:
        name: Name of both the application and the environment.
        region: AWS region.
        account: The twelve digits of its account.
        folder: S3 URI of everything that was uploaded for it, and of this record.
        started: Time of the first deployment, UTC.
        changed: Time of the last deployment, UTC.
        version: Label of the version that the last deployment asked for.
        model: S3 URI of its model.
        read: S3 URIs of the folders that its machines may read: of the last deployment that came to
            its end too, since machines of both run side by side, and AWS may go back to the last.
        options: Namespace and name of every option that was set, without its value.
        has_key: Whether the service asks for an API key.
        is_complete: Whether the last deployment came to its end.
        settings: The settings, as JSON.
    """

    model_config = ConfigDict(frozen=True)

    name: str
    region: str
    account: str
    folder: str
    started: datetime
    changed: datetime
    version: str = ""
    model: str = ""
    read: list[str] = Field(default_factory=list)
    options: list[tuple[str, str]] = Field(default_factory=list)
    has_key: bool = False
    is_complete: bool = False
    settings: dict[str, Any] = Field(default_factory=dict)

    @property
    def names(self) -> "Names":
        """The names of what it is made of."""
        return Names(self.name, self.region)


@dataclass(frozen=True)
class Names:
    """Names of the resources of a service; IAM's hold for all regions, so they name theirs.

    Attributes:
        service: Name of the service.
        region: AWS region.
    """

    service: str
    region: str

    @property
    def instance_role(self) -> str:
        """Role of the machines, and their instance profile."""
        return f"{self.service}-{self.region}-instance"

    @property
    def service_role(self) -> str:
        """Role of Elastic Beanstalk."""
        return f"{self.service}-{self.region}-service"

    @property
    def log_prefix(self) -> str:
        """Beginning of the names of all log groups."""
        return f"/aws/elasticbeanstalk/{self.service}/"


def own_bucket(region: str, account: str) -> str:
    """Return the bucket that Elastic Beanstalk keeps for an account and region."""
    return f"elasticbeanstalk-{region}-{account}"


def deployment_folder(storage: str | None, name: str, region: str, account: str) -> str:
    """Return the folder of everything that is uploaded for a service.

    Args:
        storage: Bucket and prefix; None is Elastic Beanstalk's own bucket.
        name: Service name.
        region: AWS region.
        account: AWS account.
    """
    place = storage or f"s3://{own_bucket(region, account)}/pixelmill"
    return f"{place}/{FOLDER}/{name}"


def save_deployment(deployment: Deployment) -> None:
    """Write what the other commands need to know.

    Raises:
        InputError: S3 refuses it.
    """
    bucket, prefix = split_s3(deployment.folder)
    content = json.dumps(json.loads(deployment.model_dump_json()), indent=2).encode()
    with explained(f"{deployment.folder}/{NAME} cannot be written"):
        open_client("s3", deployment.region).put_object(
            Bucket=bucket, Key=f"{prefix}/{NAME}", Body=content, ContentType="application/json"
        )


def find_deployment(folder: str, region: str) -> Deployment | None:
    """Return the deployment recorded in a folder, or None.

    Args:
        folder: Folder returned by `deployment_folder`.
        region: Region of the service.

    Raises:
        InputError: S3 cannot be read, or the record is damaged.
    """
    bucket, prefix = split_s3(folder)
    s3 = open_client("s3", region)
    with explained(f"{folder}/{NAME} cannot be read"):
        try:
            content = s3.get_object(Bucket=bucket, Key=f"{prefix}/{NAME}")["Body"].read()
        except s3.exceptions.ClientError as error:
            if error_code(error) in MISSING:
                return None
            raise
    try:
        return Deployment.model_validate_json(content)
    except ValidationError as problem:
        raise InputError(
            f"{folder}/{NAME} is damaged ({problem.error_count()} fields): delete it, and the "
            "environment in the AWS console if one runs"
        ) from None


def now() -> datetime:
    """Return the current time, UTC, in whole seconds."""
    return datetime.now(UTC).replace(microsecond=0)
