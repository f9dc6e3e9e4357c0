"""`kedro beanstalk status`: print the state of the service."""

import click

from pixelmill.beanstalk.chosen import choose_deployment
from pixelmill.beanstalk.status import status_lines


@click.command()
@click.option(
    "--set",
    "changes",
    multiple=True,
    metavar="NAME=VALUE",
    help="Setting of conf/beanstalk/service.yml: name=pets.",
)
def command(changes: tuple[str, ...]) -> None:
    """Show health, version, URL, machines and events of the service."""
    for line in status_lines(choose_deployment(changes)):
        click.echo(line)
