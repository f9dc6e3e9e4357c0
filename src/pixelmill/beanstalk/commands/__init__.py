"""`kedro beanstalk`: one module for each command, found by looking at the package."""

import click

from pixelmill.aws.command_group import CommandGroup


@click.group(name="beanstalk", cls=CommandGroup, package=__name__)
def beanstalk() -> None:
    """Plan, deploy, watch and stop the service on AWS Elastic Beanstalk."""
