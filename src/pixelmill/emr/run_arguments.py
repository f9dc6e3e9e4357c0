"""Arguments of `kedro run` that a launch passes on, checked on the laptop first."""

import os
from dataclasses import dataclass
from pathlib import Path, PurePath
from typing import Any

import click

from pixelmill.emr.bundle import configuration_files
from pixelmill.emr.settings import ClusterSettings
from pixelmill.errors import InputError
from pixelmill.featurizers import find_featurizer, needs_download
from pixelmill.parameters import FeaturizationParameters, ProjectParameters
from pixelmill.selection import FILTERS, find_runner, taken_parameters
from pixelmill.storage import is_s3
from pixelmill.validation import validate_parameters


@dataclass(frozen=True)
class RunArguments:
    """A run, as the command line asks for it.

    Attributes:
        dataset: Name of the data set.
        arguments: Arguments of `kedro run` on the cluster.
        images: S3 URI of its images; None for the embedded sample.
    """

    dataset: str
    arguments: list[str]
    images: str | None


def read_run(
    context: click.Context,
    arguments: list[str],
    project: Path,
    settings: ClusterSettings,
    *,
    serverless: bool = False,
) -> RunArguments:
    """Read the arguments as `kedro run` itself does, and check the run's parameters.

    Args:
        context: Context of the called command; its root knows the project's `run`.
        arguments: Arguments as they were typed.
        project: Root of the project.
        settings: Cluster settings, with the storage set.
        serverless: Whether the run is to go to EMR Serverless.

    Raises:
        InputError: For an impossible parameter, and for what cannot be reached from there: files
            on the laptop's disk, and for EMR Serverless without subnets the internet.
        click.UsageError: For what `kedro run` does not know.
    """
    given = _parsed(context, arguments)
    _check_places(given, project)
    parameters = _checked(project, settings, given)
    find_featurizer(parameters.featurization)
    _check_files(parameters)
    if serverless and not settings.subnets and _makes_features(given):
        _refuse_download(parameters.featurization)
    return RunArguments(parameters.dataset, arguments, parameters.images)


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
    spark = (given["params"] or {}).get("spark")
    if isinstance(spark, dict) and spark.get("master") is not None:
        raise InputError(
            f"spark.master is {spark['master']}, and a cluster brings its own: leave it out"
        )
    recipe = given["config"]
    if recipe is not None and not _travels(PurePath(recipe), project):
        raise InputError(
            f"--config {recipe} does not travel to the cluster: put the file into recipes/ and "
            "name it from there, recipes/NAME.yml"
        )


def _travels(recipe: PurePath, project: Path) -> bool:
    return project / recipe in configuration_files(project)


def _checked(project: Path, settings: ClusterSettings, given: dict[str, Any]) -> ProjectParameters:
    """Check a run as `kedro run` does before its first node, and return its parameters."""
    from kedro.framework.project import settings as kedro_settings

    # conf/emr names the storage by this variable, on the laptop as on the cluster.
    os.environ["PIXELMILL_STORAGE"] = settings.bucket_and_prefix
    runtime = given["params"] or {}
    pipeline = given.get("pipeline")
    options = {
        "runner": find_runner(given),
        "pipeline_names": [pipeline] if pipeline else given.get("pipelines"),
        **{name: given.get(name) for name in (*FILTERS, "load_versions")},
    }
    create = kedro_settings.SESSION_CLASS.create
    with create(project_path=project, env="emr", runtime_params=runtime) as session:
        session.check(**options)
        loaded = session.load_context().config_loader["parameters"]
    return validate_parameters(loaded, runtime, taken_parameters)


def _makes_features(given: dict[str, Any]) -> bool:
    """Return whether the run computes features; unknown for chosen nodes."""
    if any(given.get(choice) for choice in FILTERS):
        return False
    pipelines = given.get("pipelines") or given.get("pipeline") or ["__default__"]
    return bool({"__default__", "featurization"} & set(pipelines))


def _refuse_download(featurization: FeaturizationParameters) -> None:
    if needs_download(featurization):
        raise InputError(
            f"Keras downloads the weights of {featurization.featurizer}, and EMR Serverless "
            "reaches no internet without subnets: copy a weights file to S3 and give --params "
            "featurization.weights=s3://…, or set subnets with a NAT gateway and "
            "serverless.security_groups"
        )


def _check_files(parameters: ProjectParameters) -> None:
    read = {"images": parameters.images, "model": parameters.model, "query": parameters.query}
    for name, place in read.items():
        if place is not None and not is_s3(place):
            raise InputError(
                f"{name} is {place}, which is not on S3: a cluster reads S3 alone; copy it there "
                f"(aws s3 cp --recursive) and give --params {name}=s3://…"
            )
    collection = parameters.ingestion.downloads.applied_to(parameters.collection)
    written = {
        "collection.folder": collection.folder,
        "ingestion.sample_folder": parameters.ingestion.sample_folder,
    }
    for name, place in written.items():
        if not is_s3(place):
            raise InputError(
                f"{name} is {place}, which is not on S3: what is written there goes with the "
                f"nodes; leave it out, or give --params {name}=s3://…"
            )
    weights = parameters.featurization.weights
    if weights not in ("imagenet", "random") and not is_s3(weights):
        raise InputError(
            f"featurization.weights is {weights}, which is not on S3: copy the file there and "
            "give --params featurization.weights=s3://…"
        )
