"""`kedro emr`: one module for each command, found by looking at the package."""

import pkgutil
from importlib import import_module
from typing import Any

import click

from pixelmill.errors import InputError


class Commands(click.Group):
    """The modules of this package; each is imported when its command is asked for."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 (click's signature)
        """The names of the modules."""
        return sorted(found.name for found in pkgutil.iter_modules(__path__))

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The `command` of a module."""
        if cmd_name not in self.list_commands(ctx):
            return None
        found: click.Command = import_module(f"{__name__}.{cmd_name}").command
        return found

    def invoke(self, ctx: click.Context) -> Any:
        """Runs a command; a problem that the user can mend ends it with one sentence."""
        try:
            return super().invoke(ctx)
        except InputError as problem:
            raise click.ClickException(str(problem)) from problem


@click.group(name="emr", cls=Commands)
def emr() -> None:
    """Plan, launch, watch and stop a cluster of Amazon EMR."""
