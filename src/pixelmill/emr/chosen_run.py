"""The run that a command refers to: its parameters, and the options that name it."""

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import click

from pixelmill.emr.settings import load_settings
from pixelmill.parameters import ProjectParameters
from pixelmill.parameters.command_line import params_option
from pixelmill.selection import taken_parameters
from pixelmill.storage import use_endpoint
from pixelmill.validation import validate_parameters

Function = TypeVar("Function", bound=Callable[..., Any])


@dataclass(frozen=True)
class ChosenRun:
    """A data set of a storage.

    Attributes:
        storage: Bucket and prefix of all tables.
        dataset: Name of the data set.
    """

    storage: str
    dataset: str


def of_a_run(function: Function) -> Function:
    """Give a command the options `--params` and `--set`, its arguments `params` and `changes`."""
    params = click.option(
        "--params",
        callback=params_option,
        default="",
        help="Parameters as for kedro run: dataset=pets.",
    )
    changes = click.option(
        "--set",
        "changes",
        multiple=True,
        help="Setting of conf/emr/cluster.yml: storage=s3://bucket/prefix.",
    )
    return params(changes(function))


def choose_run(params: dict[str, Any], changes: Sequence[str]) -> ChosenRun:
    """Return the run that the options name, in the project of the current folder.

    Args:
        params: Parameters given with `--params`; only `dataset` and `s3.endpoint` are used here.
        changes: Settings given with `--set`.

    Raises:
        InputError: If the settings cannot be read, or name no storage; for a parameter that does
            not exist.
    """
    project = Path.cwd()
    storage = load_settings(project, changes).bucket_and_prefix
    return ChosenRun(storage, run_parameters(project, storage, params).dataset)


def run_parameters(project: Path, storage: str, given: dict[str, Any]) -> ProjectParameters:
    """Return the parameters that a run with `--env emr` has, and use its endpoint of S3.

    Args:
        project: Root of the project.
        storage: Folder, or bucket and prefix, of all tables.
        given: Parameters given with `--params`.

    Raises:
        InputError: A parameter does not exist, is impossible, or would be ignored.
    """
    from kedro.framework.project import settings

    # conf/emr names the storage by this variable, on the laptop as on the cluster.
    os.environ["PIXELMILL_STORAGE"] = storage
    loader = settings.CONFIG_LOADER_CLASS(
        conf_source=str(project / settings.CONF_SOURCE),
        env="emr",
        runtime_params=given,
        **settings.CONFIG_LOADER_ARGS,
    )
    parameters = validate_parameters(loader["parameters"], given, taken_parameters)
    use_endpoint(parameters.s3.endpoint)
    return parameters
