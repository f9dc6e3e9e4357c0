"""`kedro beanstalk logs`: print the logs of the service."""

import click

from pixelmill.beanstalk.chosen import choose_deployment, with_settings
from pixelmill.beanstalk.environment import EVERY, WaitPolicy
from pixelmill.beanstalk.logs import cloudwatch_ends, machine_tails

LINES = 50


@click.command()
@with_settings
@click.option(
    "--lines",
    type=click.IntRange(1, 10_000),
    default=LINES,
    show_default=True,
    help="Lines from the end of each log.",
)
@click.option("--all", "everything", is_flag=True, help="All logs, not the service's alone.")
@click.option("--tail", is_flag=True, help="Ask the machines, where CloudWatch has nothing.")
@click.option("--every", type=EVERY, default=WaitPolicy().every, hidden=True)
def command(
    changes: tuple[str, ...], lines: int, everything: bool, tail: bool, every: float
) -> None:
    """Show the logs of the service."""
    deployment = choose_deployment(changes)
    found = (
        machine_tails(deployment, WaitPolicy(every=every))
        if tail
        else cloudwatch_ends(deployment, lines, everything=everything)
    )
    is_empty = True
    for title, end in found:
        is_empty = False
        click.secho(f"--- {title}", bold=True)
        click.echo("\n".join(end))
    if is_empty:
        click.echo(
            "CloudWatch has no log of the service yet: --all shows the others, --tail asks the "
            "machines"
        )
