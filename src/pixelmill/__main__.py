"""`python -m pixelmill` and the command `pixelmill`: run the packaged project."""

from pathlib import Path
from typing import Any

from kedro.framework.cli.utils import find_run_command
from kedro.framework.project import configure_project


def main(*args: Any, **kwargs: Any) -> Any:
    """Runs the project's own `run` command with the arguments of the command line."""
    package = Path(__file__).parent.name
    configure_project(package)
    return find_run_command(package)(*args, **kwargs)


if __name__ == "__main__":
    main()
