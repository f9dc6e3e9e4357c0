"""The arguments of `kedro run` that a launch takes, checked on the laptop before all else."""

import os
from dataclasses import dataclass
from pathlib import Path, PurePath
from typing import Any

import click

from pixelmill.emr.settings import ClusterSettings
from pixelmill.errors import InputError
from pixelmill.grid import check_grid
from pixelmill.parameters import ProjectParameters
from pixelmill.storage import is_s3
from pixelmill.strategies import find_strategy
from pixelmill.validation import validate_parameters

UPLOADED = ("conf", "recipes")


@dataclass(frozen=True)
class RunArguments:
    """A run, as the command line asks for it.

    Attributes:
        dataset: Name of the data set.
        arguments: Of `kedro run` on the cluster.
    """

    dataset: str
    arguments: list[str]


def read_run(
    context: click.Context, arguments: list[str], project: Path, settings: ClusterSettings
) -> RunArguments:
    """Reads the arguments as `kedro run` itself does, and checks the run's parameters.

    Args:
        context: Of the command that was called; its root knows the project's `run`.
        arguments: As they were typed.
        project: Root of the project.
        settings: Of the cluster; its storage is set.

    Raises:
        InputError: For an impossible parameter, and for what is on the laptop's disk alone.
        click.UsageError: For what `kedro run` does not know.
    """
    given = _parsed(context, arguments)
    _check_places(given, project)
    parameters = _parameters(project, settings, given["params"] or {})
    find_strategy(parameters.modelling)
    check_grid(parameters.modelling)
    _check_files(parameters)
    return RunArguments(parameters.dataset, arguments)


def _parsed(context: click.Context, arguments: list[str]) -> dict[str, Any]:
    root = context.find_root()
    command = root.command
    run = command.get_command(root, "run") if isinstance(command, click.Group) else None
    if run is None:
        raise InputError("there is no `kedro run` here: call this in the project's folder")
    parsed = run.make_context("run", list(arguments), parent=root)
    typed, _, _ = run.make_parser(parsed).parse_args(list(arguments))
    # Kedro has the content of the recipe in the place of its name by now.
    return parsed.params | {"config": typed.get("config")}


def _check_places(given: dict[str, Any], project: Path) -> None:
    if given["env"] not in (None, "emr"):
        raise InputError(
            f"--env {given['env']} cannot be launched: a cluster runs with conf/emr; leave it out"
        )
    if given["conf_source"]:
        raise InputError(
            "--conf-source cannot be launched: the project's own conf/ travels to the cluster"
        )
    recipe = given["config"]
    if recipe is not None and not _travels(PurePath(recipe), project):
        raise InputError(
            f"--config {recipe} does not travel to the cluster: put the file into recipes/ and "
            "name it from there, recipes/NAME.yml"
        )


def _travels(recipe: PurePath, project: Path) -> bool:
    inside = not recipe.is_absolute() and recipe.parts[0] in UPLOADED and ".." not in recipe.parts
    return inside and (project / recipe).is_file()


def _parameters(
    project: Path, settings: ClusterSettings, runtime: dict[str, Any]
) -> ProjectParameters:
    from kedro.framework.project import settings as kedro_settings

    # conf/emr names the storage by this variable, on the laptop as on the cluster.
    os.environ["PIXELMILL_STORAGE"] = settings.bucket_and_prefix
    loader = kedro_settings.CONFIG_LOADER_CLASS(
        conf_source=str(project / kedro_settings.CONF_SOURCE),
        env="emr",
        runtime_params=runtime,
        **kedro_settings.CONFIG_LOADER_ARGS,
    )
    return validate_parameters(loader["parameters"])


def _check_files(parameters: ProjectParameters) -> None:
    for name, place in {"images": parameters.images, "model": parameters.model}.items():
        if place is not None and not is_s3(place):
            raise InputError(
                f"{name} is {place}, which is not on S3: a cluster reads S3 alone; copy it there "
                f"(aws s3 cp --recursive) and give --params {name}=s3://…"
            )
    weights = parameters.featurization.weights
    if weights not in ("imagenet", "random") and not is_s3(weights):
        raise InputError(
            f"featurization.weights is {weights}, which is not on S3: copy the file there and "
            "give --params featurization.weights=s3://…"
        )
