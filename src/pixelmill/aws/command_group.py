"""A group of commands, one module each, imported when its command is called."""

import pkgutil
from importlib import import_module
from typing import Any

import click

from pixelmill.errors import InputError

INTERRUPTED = 130  # exit status of a program that Ctrl-C ended


class CommandGroup(click.Group):
    """The modules of a package, each of which has a `command`.

    Args:
        package: Name of the package.
        given: What click gives a group.
    """

    def __init__(self, *, package: str, **given: Any) -> None:
        super().__init__(**given)
        self._package = package

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 (click's signature)
        """Return the names of the modules."""
        path = import_module(self._package).__path__
        return sorted(found.name for found in pkgutil.iter_modules(path))

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Return the `command` of a module."""
        if cmd_name not in self.list_commands(ctx):
            return None
        found: click.Command = import_module(f"{self._package}.{cmd_name}").command
        return found

    def invoke(self, ctx: click.Context) -> Any:
        """Run a command; a problem that the user can fix ends it with one sentence."""
        try:
            return super().invoke(ctx)
        except KeyboardInterrupt:
            click.echo("\ninterrupted", err=True)
            ctx.exit(INTERRUPTED)
        except InputError as problem:
            raise click.ClickException(str(problem)) from problem
