"""`kedro beanstalk stop`: remove everything that `deploy` created."""

import click

from pixelmill.beanstalk.chosen import choose_deployment, with_settings
from pixelmill.beanstalk.environment import EVERY, WaitPolicy
from pixelmill.beanstalk.stopping import stop


@click.command()
@with_settings
@click.option("--logs", is_flag=True, help="Remove the logs in CloudWatch too.")
@click.option("--yes", is_flag=True, help="Do not ask for confirmation.")
@click.option("--every", type=EVERY, default=WaitPolicy().every, hidden=True)
def command(changes: tuple[str, ...], logs: bool, yes: bool, every: float) -> None:
    """Remove the service and all that was made for it."""
    deployment = choose_deployment(changes)
    question = f"End {deployment.name} in {deployment.region}, and remove all that was made for it?"
    if not yes and not click.confirm(question, default=False):
        click.echo("nothing was stopped")
        return
    try:
        stays = stop(deployment, click.echo, WaitPolicy(every=every), logs=logs)
    except KeyboardInterrupt:
        click.echo("\nnot all was removed: another kedro beanstalk stop goes on from there")
        raise
    click.echo("what stays:")
    for what in stays:
        click.echo(f"  {what}")
