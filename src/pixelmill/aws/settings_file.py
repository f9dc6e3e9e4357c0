"""Typed settings of what runs on AWS: a YAML file, overridden by the command line."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

from omegaconf import OmegaConf
from omegaconf.errors import OmegaConfBaseException
from pydantic import ValidationError

from pixelmill.errors import InputError
from pixelmill.parameters import Parameters

S3_PREFIX = r"^s3://[a-z0-9][a-z0-9.-]{1,61}[a-z0-9](/.*)?$"
Settings = TypeVar("Settings", bound=Parameters)


class SettingsFile(NamedTuple):
    """A file of settings.

    Attributes:
        path: Relative to the project.
        subject: Subject of the file, such as "a cluster".
    """

    path: str
    subject: str


def read_settings(
    project: Path, file: SettingsFile, changes: Sequence[str], kind: type[Settings]
) -> Settings:
    """Read settings.

    Args:
        project: Root of the project.
        file: Settings file.
        changes: `name=value` as the command line gives them, `task.spot=20`.
        kind: Model of the settings.

    Raises:
        InputError: If the file is missing or a value is impossible.
    """
    try:
        found = OmegaConf.load(project / file.path)
        given = OmegaConf.to_container(
            OmegaConf.merge(found, OmegaConf.from_dotlist(list(changes))), resolve=True
        )
    except FileNotFoundError:
        raise InputError(
            f"there is no {file.path} in {project}: it says what {file.subject} is"
        ) from None
    except OmegaConfBaseException as problem:
        raise InputError(f"{file.path} cannot be read: {str(problem).splitlines()[0]}") from None
    return _validated(given, file, kind)


def _validated(given: Any, file: SettingsFile, kind: type[Settings]) -> Settings:
    try:
        return kind.model_validate(given)
    except ValidationError as problem:
        error = problem.errors()[0]
        name = ".".join(str(part) for part in error["loc"]) or file.subject.split()[-1]
        if name == "storage":
            raise InputError(
                f"{file.path}: storage is {error['input']!r}, which names no bucket on S3: export "
                "PIXELMILL_STORAGE as a bucket and a prefix, s3://my-bucket/pixelmill"
            ) from None
        message = error["msg"].removeprefix("Value error, ")
        value = "" if error["type"] == "value_error" else f" is {error['input']!r}"
        raise InputError(f"{file.path}: {name}{value}: {message}") from None
