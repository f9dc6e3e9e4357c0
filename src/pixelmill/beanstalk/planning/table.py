"""The plan of a service as tables for a terminal."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from pixelmill.aws.plan_output import (
    assumed_reasons,
    assumed_values,
    plain_table,
    print_sections,
)
from pixelmill.beanstalk.planning.plan import Assumptions, Choice, Plan, images_of, reasons

if TYPE_CHECKING:
    from rich.console import RenderableType
    from rich.table import Table

PARTS = {
    "machines": "machines on demand",
    "surplus": "CPU beyond what they earn",
    "disks": "disks (EBS gp3)",
    "balancer": "load balancer, hours",
    "capacity": "load balancer, capacity units",
    "addresses": "public IPv4 addresses",
    "transfer": "data to the internet",
    "storage": "S3, storage and requests",
    "logs": "CloudWatch Logs",
}


def print_plan(plan: Plan, assumed: Assumptions, *, explain: bool) -> None:
    """Print all of it, at most 100 columns wide.

    Args:
        plan: Plan to print.
        assumed: Assumptions of the plan.
        explain: Whether to print the reasons of that too.
    """
    print_sections(_sections(plan, assumed, explain))


def _sections(
    plan: Plan, assumed: Assumptions, explain: bool
) -> Iterator[tuple[str, "RenderableType"]]:
    yield (
        f"{plan.requests:,.0f} requests a day in {plan.rates.region}, on {plan.rates.machine.name}",
        _load(plan, assumed),
    )
    yield "A month, US dollars without tax", _bill(plan)
    if plan.advice:
        yield "Before the deployment", "\n".join(f"· {sentence}" for sentence in plan.advice)
    yield "Where the prices are from", _sources(plan)
    if explain:
        yield "Assumptions (--assume NAME=VALUE changes one)", assumed_reasons(assumed, reasons())
    else:
        yield (
            "Assumptions (--explain says why, --assume NAME=VALUE changes one)",
            assumed_values(assumed, reasons()),
        )


def _load(plan: Plan, assumed: Assumptions) -> "Table":
    machine = plan.rates.machine
    table = plain_table(right=(1,))
    table.add_row("images a second", f"{plan.mean:,.2f}", "mean of the day")
    table.add_row("", f"{plan.peak:,.2f}", "busiest hour")
    stated = f"{assumed.images_a_second:g} for a core of the reference x {machine.speed:.2g}"
    table.add_row(
        "one machine answers",
        f"{images_of(machine, assumed):,.1f}",
        f"{machine.vcpus} vCPUs, {stated} x {assumed.utilisation:.0%}",
    )
    return table


def _bill(plan: Plan) -> "Table":
    alone, balanced = plan.choices
    table = plain_table(right=(1, 2))
    table.add_row("", "[dim]one machine[/dim]", "[dim]load balancer[/dim]")
    table.add_row("machines, mean", _machines(alone), _machines(balanced))
    table.add_row("machines, busiest hour", f"{alone.needed}", f"{balanced.needed}")
    for part, amount in alone.cost.parts.items():
        other = balanced.cost.parts[part]
        if amount or other:
            table.add_row(PARTS[part], _dollars(amount), _dollars(other))
    totals = (f"[bold]{_dollars(choice.cost.total)}[/bold]" for choice in plan.choices)
    table.add_row("[bold]a month[/bold]", *totals)
    return table


def _machines(choice: Choice) -> str:
    return f"{choice.machines:g}" if choice.machines % 1 == 0 else f"{choice.machines:.1f}"


def _dollars(amount: float) -> str:
    return f"${amount:,.2f}" if amount else "-"


def _sources(plan: Plan) -> "Table":
    table = plain_table()
    for part, source in plan.rates.sources.items():
        age = f"{source.age} days old" if source.age < 60 else f"{source.age // 30} months old"
        table.add_row(part, f"{source.date}", f"[dim]{age}; {source.where}[/dim]")
    return table
