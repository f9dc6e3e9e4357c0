"""The plan as tables for a terminal."""

from collections.abc import Iterator, Sequence
from shlex import quote
from typing import TYPE_CHECKING

from pixelmill.aws.plan_output import (
    assumed_reasons,
    assumed_values,
    hours_and_minutes,
    plain_table,
    print_sections,
)
from pixelmill.aws.price_table import Speed, price_table
from pixelmill.emr.planning.alternatives import Option
from pixelmill.emr.planning.assumptions import Assumptions, reasons
from pixelmill.emr.planning.plan import Plan

if TYPE_CHECKING:
    from rich.console import RenderableType
    from rich.table import Table

PARTS = {
    "on_demand": "instances on demand",
    "spot": "spot instances",
    "emr_fee": "EMR's fee",
    "serverless": "EMR Serverless",
    "ebs": "disks (EBS)",
    "s3_requests": "S3 requests",
    "s3_storage": "S3, features for a month",
}


def print_plan(plan: Plan, assumed: Assumptions, *, explain: bool) -> None:
    """Print all of it, at most 100 columns wide.

    Args:
        plan: Plan to print.
        assumed: Assumptions of the plan.
        explain: Whether to print the reasons of that too.
    """
    print_sections(_sections(plan, assumed, explain))


def dollars(amount: float) -> str:
    """Return an amount of money."""
    return f"${amount:,.2f}" if amount < 1000 else f"${amount:,.0f}"


def _sections(
    plan: Plan, assumed: Assumptions, explain: bool
) -> Iterator[tuple[str, "RenderableType"]]:
    yield f"The work: {plan.work.images:,} images in {plan.prices.region}", _work(plan)
    yield f"As set: {_workers(plan)}", _bill(plan)
    yield _title_of_options(plan), _options(plan)
    if plan.best is not None:
        yield "The cheapest that meets the deadline", _best(plan.best, plan.chosen)
    if plan.advice:
        yield "Before the launch", _bullets(plan.advice)
    yield "Quotas that the account needs (launch asks Service Quotas)", _quotas(plan)
    yield "Where the figures are from", _sources(plan)
    if explain:
        yield "How fast a vCPU is, against a core of the reference", _speeds()
        yield "Assumptions (--assume NAME=VALUE changes one)", assumed_reasons(assumed, reasons())
    else:
        yield (
            "Assumptions (--explain says why, --assume NAME=VALUE changes one)",
            assumed_values(assumed, reasons()),
        )


def _title_of_options(plan: Plan) -> str:
    if plan.deadline is None:
        return "Alternatives (▸ as set)"
    deadline = hours_and_minutes(plan.deadline)
    return f"The cheapest of each kind within {deadline} (▸ as set; what takes longer in brackets)"


def _work(plan: Plan) -> "Table":
    from rich.markup import escape

    table = plain_table()
    work, inputs = plan.work, plan.inputs
    network = f"{work.network_seconds * 1e3:.1f} ms network ({work.precision or 'no precision'})"
    rows = {
        "images": (f"{work.images:,}", inputs["images"].source),
        "mean size": (f"{work.image_bytes / 1000:,.0f} kB", inputs["image_bytes"].source),
        "a feature": (f"{work.floats:,} floats", inputs["floats"].source),
        "core time": (
            f"{(work.network_seconds + work.plain_seconds) * 1e3:.1f} ms an image",
            f"{network}, {work.plain_seconds * 1e3:.1f} ms the rest; {inputs['profile'].source}",
        ),
    }
    for name, (value, source) in rows.items():
        table.add_row(name, value, f"[dim]{escape(source)}[/dim]")
    return table


def _workers(plan: Plan) -> str:
    named = [f"1 {plan.cluster.primary.instance.name} (driver)"]
    for group in plan.cluster.workers:
        counts = {"on demand": group.on_demand, "spot": group.spot}
        named += [f"{n} {group.instance.name} {how}" for how, n in counts.items() if n]
    return " + ".join(named)


def _bill(plan: Plan) -> "Table":
    chosen = plan.chosen
    took = chosen.duration
    table = plain_table(3, right=(1,))
    times = {
        "start of the cluster": took.start,
        "list and compare": took.index,
        "features": took.images,
        "between chunks": took.chunks,
    }
    for name, seconds in times.items():
        table.add_row(name, hours_and_minutes(seconds / 3600), "")
    pace = f"{chosen.pace.images_per_second:,.0f} images a second on {chosen.vcpus} vCPUs"
    table.add_row("[bold]time[/bold]", f"[bold]{hours_and_minutes(chosen.hours)}[/bold]", pace)
    table.add_row("", "", "")
    for part, amount in chosen.cost.parts.items():
        if amount:
            share = amount / chosen.cost.total
            table.add_row(PARTS[part], dollars(amount), f"{'█' * round(20 * share)} {share:.0%}")
    a_million = chosen.cost.total / plan.work.images * 1e6
    total = dollars(chosen.cost.total)
    table.add_row("[bold]cost[/bold]", f"[bold]{total}[/bold]", f"{dollars(a_million)} a million")
    if plan.scaled.nodes > chosen.nodes:
        most = dollars(plan.scaled.cost.total)
        table.add_row(f"with {plan.scaled.nodes} nodes", most, _most(plan))
    return table


def _most(plan: Plan) -> str:
    """Return the estimate of the run where managed scaling adds nodes early."""
    time = hours_and_minutes(plan.scaled.hours)
    return f"{time}; the most that managed scaling may come to (most_nodes)"


def _quotas(plan: Plan) -> "Table":
    table = plain_table(4, right=(1,))
    for need in plan.quotas:
        beyond = f", {need.most} at most" if need.most > need.start else ""
        table.add_row(
            f"vCPUs {need.quota.what}",
            f"{need.start}{beyond}",
            f"a new account has {need.quota.default}",
            f"[dim]{need.quota.service} {need.quota.code}[/dim]",
        )
    return table


def _options(plan: Plan) -> "Table":
    from rich import box
    from rich.table import Table

    table = Table(
        box=box.SIMPLE_HEAD,
        show_edge=False,
        pad_edge=False,
        padding=(0, 1, 0, 0),
        header_style="dim",
    )
    table.add_column("workers", no_wrap=True)
    for name in ("nodes", "vCPUs", "images/s", "time", "cost", "machines", "EMR", "disk, S3"):
        table.add_column(name, justify="right", no_wrap=True)
    rows = sorted([plan.chosen, *plan.others], key=lambda option: option.cost.total)
    for option in rows:
        late = plan.deadline is not None and option.hours > plan.deadline
        style = "bold" if option is plan.chosen else None
        table.add_row(*_row(option, plan.chosen, late), style=style)
    return table


def _row(option: Option, chosen: Option, late: bool) -> list[str]:
    cost, time = option.cost, hours_and_minutes(option.hours)
    return [
        f"{'▸' if option is chosen else ' '} {option.name} {option.bought}",
        f"{option.nodes}",
        f"{option.vcpus}",
        f"{option.pace.images_per_second:,.0f}",
        f"({time})" if late else time,
        dollars(cost.total),
        dollars(cost.on_demand + cost.spot + cost.serverless),
        dollars(cost.emr_fee) if cost.emr_fee else "-",
        dollars(cost.ebs + cost.s3_requests + cost.s3_storage),
    ]


def _best(best: Option, chosen: Option) -> str:
    from rich.markup import escape

    spot = f", {best.spot} of them spot" if best.spot else ""
    named = f"{best.nodes} x {best.name}{spot}"
    what = f"{named}: {hours_and_minutes(best.hours)}, {dollars(best.cost.total)}."
    if best is chosen:
        return f"{what} It is what is set."
    launch = "kedro emr launch" + (" --serverless" if best.bought == "serverless" else "")
    lines = [launch, *(f"  --set {quote(change)}" for change in best.changes)]
    return escape(f"{what}\n" + " \\\n".join(lines))


def _bullets(sentences: Sequence[str]) -> "Table":
    table = plain_table(2)
    for sentence in sentences:
        table.add_row("·", sentence)
    return table


def _sources(plan: Plan) -> "Table":
    table = plain_table(3)
    for part, source in plan.prices.sources.items():
        age = f"{source.age} days old" if source.age < 60 else f"{source.age // 30} months old"
        where = f"[dim]{age}; {source.where}[/dim]"
        table.add_row(part.replace("_", " "), f"{source.date}", where)
    return table


def _speeds() -> "Table":
    table = plain_table(5, right=(1, 2, 3))
    table.show_header = True
    for column, name in zip(
        table.columns, ("", "network bfloat16", "network float32", "the rest", ""), strict=True
    ):
        column.header = f"[dim]{name}[/dim]"
    alike: dict[tuple[Speed, str], list[str]] = {}
    for name, family in price_table().families.items():
        alike.setdefault((family.speed, family.why), []).append(name)
    for (speed, why), names in alike.items():
        numbers = (f"{value:g}" for value in (speed.bfloat16, speed.float32, speed.plain))
        table.add_row(", ".join(names), *numbers, f"[dim]{why}[/dim]")
    return table
