"""`kedro emr plan`: nodes, hours and cost of a run, before anything is launched."""

import json
import math
import re
from pathlib import Path
from typing import Any

import click

from pixelmill.aws.option_types import FiniteFloat
from pixelmill.emr.chosen_run import run_parameters
from pixelmill.emr.planning.alternatives import Planner
from pixelmill.emr.planning.assumptions import Assumptions, load_assumptions
from pixelmill.emr.planning.plan import Plan, make_plan
from pixelmill.emr.planning.prices import Prices, load_prices
from pixelmill.emr.planning.quantities import (
    USUAL_BYTES,
    USUAL_FLOATS,
    Quantity,
    count_images,
    measure_sample,
)
from pixelmill.emr.planning.table import print_plan
from pixelmill.emr.planning.work import FoundProfile, find_profile, work_of
from pixelmill.emr.settings import ClusterSettings, PlannedSettings, load_settings
from pixelmill.errors import InputError
from pixelmill.parameters import ProjectParameters
from pixelmill.parameters.command_line import params_option
from pixelmill.storage import is_s3, split_location
from pixelmill.summary import shown_path

LOCAL = "data"
SIZE = FiniteFloat(min=0, min_open=True, max=1e9)  # kB
LENGTH = click.IntRange(min=1, max=10**6)
_DURATION = re.compile(r"(?:(\d+(?:\.\d+)?)h)?(?:(\d+)(?:m|min))?")


def hours_of(text: str) -> float:
    """Return the hours of `6h`, `1.5h`, `90m` or `1h30m`.

    Raises:
        InputError: For anything else, and for no time at all.
    """
    found = _DURATION.fullmatch(text.replace(" ", ""))
    hours = float(found[1] or 0) + float(found[2] or 0) / 60 if found else 0.0
    if not 0 < hours < math.inf:
        raise InputError(f"--deadline {text}: give hours or minutes, as 6h, 90m or 1h30m")
    return hours


@click.command()
@click.option("--images", type=int, help="Number of images; counted where it is not given.")
@click.option(
    "--params",
    callback=params_option,
    default="",
    help="Parameters as for kedro run: dataset=pets.",
)
@click.option("--profile", help="profile.json of a run on a sample, a file or an S3 URI.")
@click.option("--image-kb", type=SIZE, help="Mean size of an image, in kB.")
@click.option("--floats", type=LENGTH, help="Floats of a feature.")
@click.option("--deadline", help="6h, 90m: finds the cheapest cluster that meets it.")
@click.option(
    "--set", "changes", multiple=True, help="Setting of conf/emr/cluster.yml: task.spot=20."
)
@click.option("--assume", multiple=True, help="An assumption: utilisation=0.8.")
@click.option("--aws-prices", is_flag=True, help="Ask AWS for today's prices.")
@click.option("--explain", is_flag=True, help="Explain every assumption.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON, for scripts.")
def command(as_json: bool, explain: bool, **options: Any) -> None:
    """Show nodes, hours and cost of a run, and the alternatives."""
    assumed = load_assumptions(options.pop("assume"))
    plan = _plan(assumed, **options)
    if as_json:
        click.echo(json.dumps(plan.as_json() | {"assumptions": assumed.model_dump()}, indent=2))
    else:
        print_plan(plan, assumed, explain=explain)


def _plan(
    assumed: Assumptions,
    *,
    changes: tuple[str, ...],
    deadline: str | None,
    aws_prices: bool,
    **given: Any,
) -> Plan:
    settings = load_settings(Path.cwd(), changes, PlannedSettings)
    hours = None if deadline is None else hours_of(deadline)
    storage = settings.storage or LOCAL
    parameters = run_parameters(Path.cwd(), storage, given["params"])
    found = _profile(storage, parameters.dataset, given["profile"])
    profile, featurization = found.profile, parameters.featurization
    inputs = _inputs(found, storage, parameters, given)
    work = work_of(
        profile,
        assumed,
        images=int(inputs["images"].value),
        image_bytes=inputs["image_bytes"].value,
        floats=int(inputs["floats"].value),
        chunk_size=featurization.chunk_size,
        reads_in_flight=featurization.reads_in_flight,
    )
    planner = Planner(work, settings, _prices(settings, aws_prices), assumed)
    return make_plan(planner, inputs, hours)


def _profile(storage: str, dataset: str, named: str | None) -> FoundProfile:
    """Return the profile that is named, or that of the last run: on S3, or of a sample on this
    machine.
    """
    if named is not None:
        folder, name = split_location(named)
        return find_profile([folder], name)
    storages = [storage, LOCAL] if is_s3(storage) else [storage]
    return find_profile(storages, f"08_reporting/{dataset}/profile.json")


def _inputs(
    found: FoundProfile, storage: str, parameters: ProjectParameters, given: dict[str, Any]
) -> dict[str, Quantity]:
    images, listed_bytes = count_images(given["images"], parameters, storage)
    profile, sample = found.profile, measure_sample(found.storage, parameters.dataset)
    features = f"{shown_path(found.storage)}/04_feature/{parameters.dataset}"
    sample_source = f"mean of the features in {features}"
    sizes = [
        (given["image_kb"] and given["image_kb"] * 1000, "--image-kb"),
        (listed_bytes, images.source),
        (sample.image_bytes, sample_source),
        (USUAL_BYTES, "assumed; set it with --image-kb"),
    ]
    lengths = [
        (given["floats"], "--floats"),
        (sample.floats, sample_source),
        (USUAL_FLOATS, "of efficientnet_lite0; --floats gives another"),
    ]
    return {
        "images": images,
        "image_bytes": _first(sizes),
        "floats": _first(lengths),
        "profile": Quantity(
            profile.images,
            f"{shown_path(found.place)}, {profile.images:,} images, {found.measured}",
        ),
    }


def _first(candidates: list[tuple[float | None, str]]) -> Quantity:
    return next(Quantity(value, source) for value, source in candidates if value)


def _prices(settings: ClusterSettings, aws_prices: bool) -> Prices:
    from pixelmill.aws.clients import region_of

    region = region_of(settings)
    if not aws_prices:
        return load_prices(region)
    from pixelmill.emr.planning.price_list import ask_aws

    fleets = (settings.primary, settings.core, settings.task)
    return ask_aws(region, [name for fleet in fleets for name in fleet.instances])
