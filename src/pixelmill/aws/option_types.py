"""Number types of command-line options that refuse NaN, which click's ranges accept."""

import math
from typing import Any

import click


class FiniteFloat(click.FloatRange):
    """A number in a range; neither NaN nor infinite."""

    name = "number"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> float:
        """Read the number, or fail as click's own types do."""
        number: float = super().convert(value, param, ctx)
        if not math.isfinite(number):
            self.fail(f"{value} is not a finite number.", param, ctx)
        return number
