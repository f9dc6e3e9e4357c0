"""`kedro emr`: one module for each command, found by looking at the package."""

import click

from pixelmill.aws.command_group import CommandGroup


@click.group(name="emr", cls=CommandGroup, package=__name__)
def emr() -> None:
    """Plan, launch, watch and stop a cluster of Amazon EMR."""
