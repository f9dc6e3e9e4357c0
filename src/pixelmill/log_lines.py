"""Format of log messages: beside a live bar in a terminal, else as whole lines."""

import logging
import sys

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
