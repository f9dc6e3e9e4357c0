"""`kedro beanstalk deploy`: create the service on Elastic Beanstalk, or update it."""

import os
from pathlib import Path

import click

from pixelmill.aws.command_group import INTERRUPTED
from pixelmill.beanstalk.chosen import with_settings
from pixelmill.beanstalk.deploying import Order, deploy
from pixelmill.beanstalk.environment import EVERY, WaitPolicy, find_environment, url_of
from pixelmill.beanstalk.record import Deployment
from pixelmill.beanstalk.rehearsing import rehearse
from pixelmill.beanstalk.settings import KEY_VARIABLE, ServiceSettings, load_settings


@click.command()
@click.option("--model", help="Exported classifier, a folder or an S3 URI.")
@click.option("--index", help="Features of its images with their index, for /similar.")
@with_settings
@click.option("--no-api-key", "without_key", is_flag=True, help="Stop asking for an API key.")
@click.option("--dry-run", is_flag=True, help="Print every request in its order; send none.")
@click.option("--every", type=EVERY, default=WaitPolicy().every, hidden=True)
@click.pass_context
def command(
    context: click.Context,
    model: str | None,
    index: str | None,
    changes: tuple[str, ...],
    without_key: bool,
    dry_run: bool,
    every: float,
) -> None:
    """Put an exported classifier on AWS Elastic Beanstalk.

    The key in PIXELMILL_API_KEY, if any, is asked of every client.
    """
    given = [f"{name}={value}" for name, value in (("model", model), ("index", index)) if value]
    settings = load_settings(Path.cwd(), [*changes, *given])
    key = (os.environ.get(KEY_VARIABLE) or None) if settings.api_key is None else None
    order = Order(settings, Path.cwd(), key, without_key, WaitPolicy(every=every))
    if dry_run:
        rehearse(order, click.echo)
        return
    _warn(settings, key)
    try:
        deployed = deploy(order, click.echo)
    except KeyboardInterrupt:
        click.echo(
            "\nwhat AWS was asked for goes on: kedro beanstalk status shows it, stop removes it"
        )
        context.exit(INTERRUPTED)
    _print_deployment(deployed)


def _warn(settings: ServiceSettings, key: str | None) -> None:
    is_open = key is None and settings.api_key is None
    if is_open:
        click.echo(
            f"everybody who knows the URL may use the service: {KEY_VARIABLE} or api_key asks for "
            "a key",
            err=True,
        )
    elif settings.certificate is None:
        click.echo(
            "the API key and the photos travel unencrypted: name a certificate for HTTPS", err=True
        )


def _print_deployment(deployment: Deployment) -> None:
    from pixelmill.aws.clients import open_client

    beanstalk = open_client("elasticbeanstalk", deployment.region)
    found = find_environment(beanstalk, deployment.name) or {}
    click.echo(f"{deployment.name} serves {deployment.model} at {url_of(deployment, found)}")
