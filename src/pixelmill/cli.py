"""The project's commands: Kedro's `run` with one-line errors, `serve`, `emr` and `beanstalk`."""

import logging
import os
import signal
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from kedro.framework.cli.project import run as kedro_run
from omegaconf import OmegaConf

from pixelmill.beanstalk.commands import beanstalk
from pixelmill.emr.commands import emr
from pixelmill.errors import InputError
from pixelmill.explanation import explanation
from pixelmill.log_lines import show_nodes
from pixelmill.parameters.command_line import params_option
from pixelmill.parameters.conditions import without_overruled
from pixelmill.parameters.recipes import read_recipe
from pixelmill.selection import check_environment, find_runner, taken_parameters
from pixelmill.untrusted_text import LONGEST_LINE, safe_text

if TYPE_CHECKING:
    from pixelmill.parameters import ProjectParameters, ServingParameters

ROUNDS = 5  # of a run that finds something damaged, each time something else
INTERRUPTED_STATUS = 128 + signal.SIGINT  # as in a shell

logger = logging.getLogger(__name__)


class RunCommand(click.Command):
    """A command that reports what to fix, and keeps stack traces for our own mistakes."""

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command; a problem that the user can fix ends it with status 1.

        A run that met something damaged, which now counts no longer, begins again.
        """
        try:
            find_runner(ctx.params)
            return self._invoke(ctx, ROUNDS)
        except KeyboardInterrupt:  # the session has reported it
            raise click.exceptions.Exit(INTERRUPTED_STATUS) from None
        except Exception as problem:
            sentence = explanation(problem)
            if sentence is None:
                raise
            raise click.ClickException(safe_text(sentence, LONGEST_LINE)) from problem

    def _invoke(self, ctx: click.Context, rounds: int) -> Any:
        from pixelmill.datasets.damage import DamageSetAsideError

        try:
            return super().invoke(ctx)
        except DamageSetAsideError as problem:
            if rounds == 1:
                raise
            logger.warning("%s. The run begins again.", problem)
        return self._invoke(ctx, rounds - 1)


def _read_config(ctx: click.Context, _: click.Parameter, value: str | None) -> str | None:
    """Read the recipe that `--config` names; options that are typed take precedence."""
    if value:
        try:
            ctx.default_map = {**(ctx.default_map or {}), **read_recipe(value)}
        except InputError as problem:
            raise click.ClickException(safe_text(str(problem), LONGEST_LINE)) from problem
    return value


def _merged_params(ctx: click.Context, param: click.Parameter, value: Any) -> Any:
    """Return the parameters of the recipe that `--config` names, overridden by `--params`."""
    typed = params_option(ctx, param, value)
    recipe = without_overruled((ctx.default_map or {}).get("params") or {}, typed)
    return OmegaConf.to_container(OmegaConf.merge(recipe, typed))


HELP = {
    "params": "Parameters of this run, as name=value with commas between them; those of a group as "
    "group.name=value. Example: dataset=pets,images=/photos,splitting.test_fraction=0.2. "
    "All names are in conf/base/parameters.",
    "config": "Recipe: a YAML file with 'pipelines' and 'params' below 'run'. Options that are "
    "typed override it.",
    "runner": "SequentialRunner, the default, or ThreadRunner, which runs independent nodes at the "
    "same time and leaves none out.",
    "runner_params": "Arguments of the runner. Example: --runner ThreadRunner --runner-params "
    "max_workers=4.",
    "is_async": "Refused: these pipelines save chunk by chunk.",
    "load_versions": "Version of a dataset that your own catalog declares as versioned.",
}
"""Where Kedro's own text does not hold for this project."""


def _options() -> list[click.Parameter]:
    options = list(kedro_run.params)
    for option in options:
        if isinstance(option, click.Option):
            option.help = HELP.get(option.name or "", option.help)
        if option.name == "params":
            option.callback = _merged_params
        if option.name == "config":
            option.callback = _read_config
        option.is_eager = option.name == "config"
    return options


def _verbose(ctx: click.Context, _: click.Parameter, value: bool) -> None:
    if value and not ctx.resilient_parsing:
        show_nodes()


VERBOSE = click.Option(
    ["--verbose"],
    is_flag=True,
    expose_value=False,
    callback=_verbose,
    help="Log each node and dataset, not only one line for each pipeline.",
)
OF_THE_RUNNER = {"runner", "is_async", "runner_params", "only_missing_outputs", "load_versions"}

run = RunCommand(
    name="run",
    params=[*_options(), VERBOSE],
    callback=kedro_run.callback,
    help="Run the pipelines, but for the nodes that are up to date.",
)


def _plan(
    env: str | None,
    conf_source: str | None,
    params: dict[str, Any],
    pipeline: str | None,
    pipelines: list[str],
    config: str | None,  # noqa: ARG001 (read by its callback)
    **selection: Any,
) -> None:
    from kedro.framework.project import settings

    names = [pipeline] if pipeline else list(pipelines or [])
    given = {"env": env, "conf_source": conf_source, "runtime_params": params}
    with settings.SESSION_CLASS.create(**given) as session:
        for line in session.plan(pipeline_names=names, **selection):
            click.echo(safe_text(line, LONGEST_LINE))


plan = RunCommand(
    name="plan",
    params=[option for option in _options() if option.name not in OF_THE_RUNNER],
    callback=_plan,
    help="Show which nodes `kedro run` with the same options would run, and why.",
)


@click.command(name="serve")
@click.option(
    "--params",
    callback=params_option,
    default="",
    help="Parameters as for kedro run: dataset=pets.",
)
@click.option(
    "--index",
    help="Folder of features with a neighbour index, or `none`; by default the data set's.",
)
@click.option("--host", envvar="PIXELMILL_HOST", default="127.0.0.1", show_default=True)
@click.option(
    "--port",
    envvar="PIXELMILL_PORT",
    default=9797,
    show_default=True,
    type=click.IntRange(0, 65_535),
)
@click.option("--env", default="local", show_default=True, help="Kedro configuration environment.")
def serve(params: dict[str, Any], index: str | None, host: str, port: int, env: str) -> None:
    """Serve an exported classifier over HTTP; by default the last one of the data set.

    \b
    kedro serve --params dataset=pets
    kedro serve --params model=s3://bucket/06_models/pets/export,serving.max_images=8
    """
    try:
        arguments = serving_arguments(params, index, env)
    except InputError as problem:
        raise click.ClickException(safe_text(str(problem), LONGEST_LINE)) from problem
    command = [sys.executable, "-m", "pixelmill.serving", *arguments]
    # The service takes the place of this process, and with it Kedro's memory.
    os.execv(sys.executable, [*command, "--host", host, "--port", str(port)])  # noqa: S606


def serving_arguments(params: dict[str, Any], index: str | None, env: str) -> list[str]:
    """Arguments of `pixelmill-serve` as the project's configuration and `--params` have them.

    Args:
        params: Parameters of the command line.
        index: Features with an index; None is the data set's.
        env: Environment of the configuration.

    Raises:
        InputError: A parameter is unknown or impossible.
    """
    from kedro.framework.project import settings

    from pixelmill.storage import use_endpoint
    from pixelmill.validation import validate_parameters

    source = str(Path.cwd() / settings.CONF_SOURCE)
    check_environment(source, env)
    loader = settings.CONFIG_LOADER_CLASS(
        conf_source=source,
        env=env,
        runtime_params=params,
        **settings.CONFIG_LOADER_ARGS,
    )
    parameters = validate_parameters(loader["parameters"], params, taken_parameters)
    use_endpoint(parameters.s3.endpoint)
    own = f"{loader['globals']['storage']}/06_models/{parameters.dataset}/export"
    arguments = [parameters.model or own, *_changes(parameters.serving)]
    arguments += ["--index", index] if index else []
    return arguments + _trust(parameters)


def _changes(serving: "ServingParameters") -> Iterator[str]:
    defaults = type(serving)()
    for name, value in serving:
        if value != getattr(defaults, name):
            text = f"[{','.join(value)}]" if isinstance(value, tuple) else value
            yield from ("--set", f"{name}={'null' if text is None else text}")


def _trust(parameters: "ProjectParameters") -> list[str]:
    digest = parameters.model_sha256
    return ["--trusted"] * parameters.trusted + (["--sha256", digest] if digest else [])


@click.group(name="pixelmill")
def cli() -> None:
    """The project's own commands."""


cli.add_command(run)
cli.add_command(plan)
cli.add_command(serve)
cli.add_command(emr)
cli.add_command(beanstalk)
