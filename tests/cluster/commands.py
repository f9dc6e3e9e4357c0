"""Commands of Kedro one after another in one process, so that their runs share a Spark session.

python -m tests.cluster.commands '[["run", "--env", "emr"], ["run"]]' ends at the first that fails,
with its exit status.
"""

import json
import sys
from pathlib import Path

from kedro.framework.cli.cli import KedroCLI


def main(commands: str) -> None:
    """Runs them.

    Args:
        commands: JSON of a list for each command, its arguments.

    Raises:
        SystemExit: Where one fails.
    """
    for command in json.loads(commands):
        try:
            KedroCLI(Path.cwd()).main(command)
        except SystemExit as end:
            if end.code:
                raise


if __name__ == "__main__":
    main(*sys.argv[1:])
