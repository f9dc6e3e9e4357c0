"""Commands of Kedro one after another in one process, so that their runs share a Spark session.

python -m tests.cluster.commands reads a line of JSON for each, the storage and the arguments, and
writes a line with the exit status when it has ended.
"""

import json
import os
import sys
from pathlib import Path

from kedro.framework.cli.cli import KedroCLI

from tests.aws_models import read_once
from tests.configuration import parsed_once, resolved_once

ENDED = "--- ended with status "


def main() -> None:
    """Runs them until the input closes."""
    with read_once(), parsed_once(), resolved_once():
        for line in sys.stdin:
            storage, arguments = json.loads(line)
            os.environ["PIXELMILL_STORAGE"] = storage
            status = _status_of(arguments)
            sys.stdout.write(f"\n{ENDED}{status}\n")
            sys.stdout.flush()


def _status_of(arguments: list[str]) -> int:
    try:
        KedroCLI(Path.cwd()).main(arguments)
    except SystemExit as end:
        return int(end.code or 0)
    return 0


if __name__ == "__main__":
    main()
