"""`kedro beanstalk status`: print the state of the service."""

import click

from pixelmill.beanstalk.chosen import choose_deployment, with_settings
from pixelmill.beanstalk.status import status_lines


@click.command()
@with_settings
def command(changes: tuple[str, ...]) -> None:
    """Show health, version, URL, machines and events of the service."""
    for line in status_lines(choose_deployment(changes)):
        click.echo(line)
