"""Format of log messages: beside a live bar in a terminal, else as whole lines."""

import logging
import os
import sys
from pathlib import Path

import yaml
from kedro.framework.project import LOGGING
from rich.logging import RichHandler

LINE = logging.Formatter("[%(asctime)s] %(levelname)-7s %(message)s", "%H:%M:%S")


class LineHandler(logging.Handler):
    """Writes each message as one line, however long, to whatever is standard output then."""

    def emit(self, record: logging.LogRecord) -> None:
        """Write a message."""
        try:
            sys.stdout.write(f"{self.format(record)}\n")
            sys.stdout.flush()
        except (OSError, ValueError):  # closed
            self.handleError(record)


def use_project_logging(project: Path) -> None:
    """Log as `conf/logging.yml` says, which Kedro looks for in the working directory alone.

    Args:
        project: Folder of the project; a package has no such file.
    """
    file = project / "conf" / "logging.yml"
    is_found = "KEDRO_LOGGING_CONFIG" in os.environ or Path("conf/logging.yml").exists()
    if file.exists() and not is_found:
        LOGGING.configure(yaml.safe_load(file.read_text(encoding="utf-8")))


def write_whole_lines() -> None:
    """Keep messages outside a terminal whole: Kedro's handler breaks them at 80 columns."""
    root = logging.getLogger()
    for handler in [*root.handlers]:
        if isinstance(handler, RichHandler) and not sys.stdout.isatty():
            lines = LineHandler(handler.level)
            lines.setFormatter(LINE)
            root.addHandler(lines)
            root.removeHandler(handler)


def show_nodes() -> None:
    """Log each node, and each dataset that is loaded or saved, as Kedro does by itself."""
    for name in ("kedro", "kedro.io", "kedro.pipeline.node"):
        logging.getLogger(name).setLevel(logging.INFO)
    logging.getLogger("pixelmill.incremental").setLevel(logging.DEBUG)  # why each of them runs
