"""`kedro beanstalk plan`: machines and cost of the service, before anything is created."""

import json
from pathlib import Path

import click

from pixelmill.aws.clients import region_of
from pixelmill.aws.option_types import FiniteFloat
from pixelmill.beanstalk.chosen import with_settings
from pixelmill.beanstalk.planning.plan import load_assumptions, make_plan
from pixelmill.beanstalk.planning.rates import aws_rates, table_rates
from pixelmill.beanstalk.planning.table import print_plan
from pixelmill.beanstalk.settings import load_settings

REQUESTS = 10_000.0


@click.command()
@click.option(
    "--requests",
    type=FiniteFloat(min=1, max=1e10),
    default=REQUESTS,
    show_default=True,
    help="Requests a day.",
)
@with_settings
@click.option("--assume", multiple=True, help="An assumption: images_a_second=50.")
@click.option("--aws-prices", is_flag=True, help="Ask AWS for today's prices.")
@click.option("--explain", is_flag=True, help="Explain every assumption.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON, for scripts.")
def command(
    requests: float,
    changes: tuple[str, ...],
    assume: tuple[str, ...],
    aws_prices: bool,
    explain: bool,
    as_json: bool,
) -> None:
    """Show what the service costs a month, with and without load balancer."""
    settings, assumed = load_settings(Path.cwd(), changes), load_assumptions(assume)
    ask = aws_rates if aws_prices else table_rates
    rates = ask(settings.instances[0], region_of(settings))
    plan = make_plan(settings, rates, requests, assumed)
    if as_json:
        click.echo(json.dumps(plan.as_json() | {"assumptions": assumed.model_dump()}, indent=2))
    else:
        print_plan(plan, assumed, explain=explain)
