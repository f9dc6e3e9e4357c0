"""Output of a plan in a terminal: titles, and tables or sentences below them."""

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from pixelmill.aws.assumptions import Reason
from pixelmill.parameters import Parameters

if TYPE_CHECKING:
    from rich.console import RenderableType
    from rich.table import Table

WIDTH = 100  # columns at most


def print_sections(sections: Iterable[tuple[str, "RenderableType"]]) -> None:
    """Print sections one below the other.

    Args:
        sections: Title and content of each.
    """
    from rich.console import Console

    console = Console(highlight=False)
    if not console.is_terminal or console.width > WIDTH:
        console.width = WIDTH
    for title, content in sections:
        console.print(f"\n[bold]{title}[/bold]")
        console.print(content)
    console.print()


def plain_table(columns: int = 3, right: Sequence[int] = ()) -> "Table":
    """Return an empty table without lines or headings.

    Args:
        columns: Number of columns.
        right: Positions of those that are aligned to the right.
    """
    from rich.table import Table

    table = Table(box=None, show_header=False, pad_edge=False, padding=(0, 2, 0, 0))
    for column in range(columns):
        table.add_column(justify="right" if column in right else "left", overflow="fold")
    return table


def assumed_values(assumed: Parameters, reasons: Mapping[str, Reason]) -> "RenderableType":
    """Return assumptions with their units, several beside each other.

    Args:
        assumed: Assumptions of the plan.
        reasons: Unit and reason of each.
    """
    from rich.columns import Columns

    return Columns(
        [
            f"[dim]{name} {value:g} {reasons[name].unit}[/dim]"
            for name, value in assumed.model_dump().items()
        ],
        padding=(0, 3, 0, 0),
    )


def assumed_reasons(assumed: Parameters, reasons: Mapping[str, Reason]) -> "Table":
    """Return assumptions with their units and reasons, each in a row.

    Args:
        assumed: Assumptions of the plan.
        reasons: Unit and reason of each.
    """
    table = plain_table(right=(1,))
    for name, reason in reasons.items():
        value = f"{getattr(assumed, name):g} {reason.unit}".strip()
        table.add_row(name, value, f"[dim]{reason.why}[/dim]")
    return table


def hours_and_minutes(hours: float) -> str:
    """Return a duration in words.

    Example:
        >>> hours_and_minutes(1.5), hours_and_minutes(0.1), hours_and_minutes(30)
        ('1 h 30', '6 min', '30 h')
    """
    minutes = round(hours * 60)
    if minutes < 60:
        return f"{max(1, minutes)} min"
    if minutes >= 24 * 60:
        return f"{hours:,.0f} h"
    return f"{minutes // 60} h {minutes % 60:02}" if minutes % 60 else f"{minutes // 60} h"
