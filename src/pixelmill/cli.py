"""Kedro's `run`, with one sentence instead of a stack trace where the input is at fault."""

import logging
from typing import Any

import click
from kedro.framework.cli.project import run as kedro_run
from omegaconf import OmegaConf

from pixelmill.emr.commands import emr
from pixelmill.errors import InputError
from pixelmill.explanation import explanation
from pixelmill.parameters.command_line import params_option
from pixelmill.parameters.conditions import without_overruled
from pixelmill.parameters.recipes import read_recipe
from pixelmill.untrusted_text import LONGEST_LINE, safe_text

ROUNDS = 5  # of a run that finds something damaged, each time something else

logger = logging.getLogger(__name__)


class RunCommand(click.Command):
    """A command that tells the user what to mend, and keeps stack traces for our own mistakes."""

    def invoke(self, ctx: click.Context) -> Any:
        """Runs the command; a problem that the user can mend ends it with status 1.

        A run that met something damaged, which now counts no longer, begins again.
        """
        try:
            return self._invoke(ctx, ROUNDS)
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
    """`--config` names a recipe, whose options stand behind those that are typed."""
    if value:
        try:
            ctx.default_map = {**(ctx.default_map or {}), **read_recipe(value)}
        except InputError as problem:
            raise click.ClickException(safe_text(str(problem), LONGEST_LINE)) from problem
    return value


def _merged_params(ctx: click.Context, param: click.Parameter, value: Any) -> Any:
    """`--params` on top of the parameters of the recipe that `--config` names."""
    typed = params_option(ctx, param, value)
    recipe = without_overruled((ctx.default_map or {}).get("params") or {}, typed)
    return OmegaConf.to_container(OmegaConf.merge(recipe, typed))


def _options() -> list[click.Parameter]:
    options = list(kedro_run.params)
    for option in options:
        if option.name == "params":
            option.callback = _merged_params
        if option.name == "config":
            option.callback = _read_config
        option.is_eager = option.name == "config"
    return options


run = RunCommand(name="run", params=_options(), callback=kedro_run.callback, help=kedro_run.help)


@click.group(name="pixelmill")
def cli() -> None:
    """The project's own commands."""


cli.add_command(run)
cli.add_command(emr)
