"""The record of a launch: written by `launch`, read by all other commands."""

from datetime import datetime
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from pixelmill.errors import InputError
from pixelmill.storage import open_storage

NAME = "launch.json"


class Launch(BaseModel):
    """One run on AWS.

    Attributes:
        target: Target of the launch.
        owner: Id of the cluster, or of the application of EMR Serverless.
        run: Id of the step, or of the job run.
        dataset: Name of the data set.
        storage: Bucket and prefix of all tables.
        region: AWS region.
        account: Account that it runs in; '' in records of 0.1.0.
        release: Release label of EMR.
        started: Time of the launch, UTC.
        arguments: Arguments of `kedro run`.
        logs: S3 URI of the folder that its logs go to.
        versions: Versions of Python, Spark and pixelmill on the laptop that launched the run.
        settings: The cluster's settings, as JSON.
    """

    model_config = ConfigDict(frozen=True)

    target: Literal["cluster", "serverless"]
    owner: str
    run: str
    dataset: str
    storage: str
    region: str
    account: str = ""
    release: str
    started: datetime
    arguments: list[str] = Field(default_factory=list)
    logs: str
    versions: dict[str, str] = Field(default_factory=dict)
    settings: dict[str, Any] = Field(default_factory=dict)


def launch_folder(storage: str, dataset: str) -> str:
    """Return the folder of a data set's launches."""
    return f"{storage.rstrip('/')}/_emr/{dataset}"


def save_launch(launch: Launch) -> None:
    """Write what the other commands need to know."""
    folder = open_storage(launch_folder(launch.storage, launch.dataset))
    folder.write_bytes(NAME, launch.model_dump_json(indent=2).encode())


def load_launch(storage: str, dataset: str) -> Launch:
    """Return the latest launch of a data set.

    Raises:
        InputError: If there is none, or it cannot be read.
    """
    launch = find_launch(storage, dataset)
    if launch is None:
        raise InputError(
            f"nothing was launched for the data set '{dataset}' in {storage}: "
            f"kedro emr launch --params dataset={dataset} does"
        )
    return launch


def find_launch(storage: str, dataset: str) -> Launch | None:
    """Return the latest launch of a data set, or None.

    Raises:
        InputError: If the storage cannot be read, or the record is damaged.
    """
    folder = open_storage(launch_folder(storage, dataset))
    if folder.find_files([NAME]) == [None]:
        return None
    try:
        return Launch.model_validate_json(folder.read_bytes(NAME))
    except ValidationError as problem:
        raise InputError(
            f"{folder.root}/{NAME} is damaged ({problem.error_count()} fields): "
            "delete it, and end the cluster in the AWS console if one runs"
        ) from None
