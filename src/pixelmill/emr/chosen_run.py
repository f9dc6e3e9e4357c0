"""The run that `status`, `logs` and `stop` refer to, and its options."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import click
from omegaconf import OmegaConf

from pixelmill.emr.settings import load_settings
from pixelmill.parameters.command_line import params_option
from pixelmill.storage import use_endpoint

GLOBALS = "conf/base/globals.yml"
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
        "--params", callback=params_option, default="", help="As of kedro run: dataset=pets."
    )
    changes = click.option(
        "--set", "changes", multiple=True, help="A cluster setting: storage=s3://bucket/prefix."
    )
    return params(changes(function))


def choose_run(params: dict[str, Any], changes: Sequence[str]) -> ChosenRun:
    """Return the run that the options name, in the project of the current folder.

    Args:
        params: Parameters given with `--params`; only `dataset` and `s3.endpoint` are used here.
        changes: Settings given with `--set`.

    Raises:
        InputError: If the settings cannot be read, or name no storage.
    """
    project = Path.cwd()
    settings = load_settings(project, changes)
    use_endpoint(params.get("s3", {}).get("endpoint"))
    dataset = params.get("dataset") or OmegaConf.load(project / GLOBALS).dataset
    return ChosenRun(settings.bucket_and_prefix, str(dataset))
