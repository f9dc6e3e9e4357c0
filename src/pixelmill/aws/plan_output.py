"""Output of a plan in a terminal: titles, and tables or sentences below them."""

from collections.abc import Iterable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.console import RenderableType

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
