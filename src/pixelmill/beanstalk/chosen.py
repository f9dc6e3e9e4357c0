"""The service that a command refers to, by its settings."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import click

from pixelmill.aws.clients import account_id, region_of
from pixelmill.beanstalk.record import Deployment, deployment_folder, find_deployment
from pixelmill.beanstalk.settings import FILE, load_settings
from pixelmill.errors import InputError


def with_settings(function: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command the option `--set`, its argument `changes`."""
    explanation = f"Setting of {FILE.path}: name=pets."
    option = click.option("--set", "changes", multiple=True, metavar="NAME=VALUE", help=explanation)
    return option(function)


def choose_deployment(changes: Sequence[str]) -> Deployment:
    """Return the service that the settings name.

    Args:
        changes: Settings given with `--set`; only name, region and storage are used here.

    Raises:
        InputError: None was deployed, or AWS refuses to say.
    """
    settings = load_settings(Path.cwd(), changes)
    region = region_of(settings)
    place = settings.bucket_and_prefix
    folder = deployment_folder(place, settings.name, region, account_id(region))
    found = find_deployment(folder, region)
    if found is None:
        raise InputError(
            f"no service '{settings.name}' was deployed to {region} with its record in {folder}: "
            "kedro beanstalk deploy does, and --set name=…, region=… or storage=… names another"
        )
    return found
