"""What every figure is of: the day, the CPU and the command."""

import sys
from datetime import UTC, datetime

from pixelmill.classifier.manifest import cpu_model


def today() -> str:
    """Return the date in UTC, such as 2026-11-29."""
    return datetime.now(UTC).date().isoformat()


def print_header() -> None:
    """Print the date, the model of the CPU, and the command line."""
    print(today(), cpu_model(), *sys.argv)
