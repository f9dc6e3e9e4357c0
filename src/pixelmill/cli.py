"""Kedro's `run`, with one sentence instead of a stack trace where the input is at fault."""

from typing import Any

import click
from kedro.framework.cli.project import run as kedro_run
from kedro.framework.cli.utils import _split_params
from omegaconf import OmegaConf

from pixelmill.emr.commands import emr
from pixelmill.explanation import explanation


class RunCommand(click.Command):
    """A command that tells the user what to mend, and keeps stack traces for our own mistakes."""

    def invoke(self, ctx: click.Context) -> Any:
        """Runs the command; a problem that the user can mend ends it with status 1."""
        try:
            return super().invoke(ctx)
        except Exception as problem:
            sentence = explanation(problem)
            if sentence is None:
                raise
            raise click.ClickException(sentence) from problem


def _merged_params(ctx: click.Context, param: click.Parameter, value: Any) -> Any:
    """`--params` on top of the parameters of the recipe that `--config` names."""
    recipe = (ctx.default_map or {}).get("params") or {}
    return OmegaConf.to_container(OmegaConf.merge(recipe, _parsed(ctx, param, value)))


def _parsed(ctx: click.Context, param: click.Parameter, value: Any) -> Any:
    """As Kedro reads `--params`, but a list keeps its commas: `modelling.features=[a,b]`."""
    if isinstance(value, dict):
        return value
    items = split_outside_brackets(value or "")
    lists = [item.strip() for item in items if "=[" in item or "={" in item]
    plain = ",".join(item for item in items if item.strip() not in lists)
    return OmegaConf.merge(_split_params(ctx, param, plain), OmegaConf.from_dotlist(lists))


def split_outside_brackets(text: str) -> list[str]:
    """The parts of a text between the commas that no bracket encloses.

    Example:
        >>> split_outside_brackets("a=1,b=[[x,y],[z]],c={d: 1, e: 2}")
        ['a=1', 'b=[[x,y],[z]]', 'c={d: 1, e: 2}']
    """
    parts, depth = [""], 0
    for character in text:
        depth += (character in "[{") - (character in "]}")
        if character == "," and depth == 0:
            parts.append("")
        else:
            parts[-1] += character
    return parts


def _options() -> list[click.Parameter]:
    options = list(kedro_run.params)
    for option in options:
        if option.name == "params":
            option.callback = _merged_params
        option.is_eager = option.name == "config"
    return options


run = RunCommand(name="run", params=_options(), callback=kedro_run.callback, help=kedro_run.help)


@click.group(name="pixelmill")
def cli() -> None:
    """The project's own commands."""


cli.add_command(run)
cli.add_command(emr)
