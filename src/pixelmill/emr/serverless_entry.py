"""Entry point of an EMR Serverless job: `kedro run --env emr` in the uploaded project.

    serverless_entry.py PYTHON SPARK [ARGUMENTS OF kedro run]

PYTHON and SPARK are the laptop's versions, 3.11 and 4.1; those here are compared with them.
"""

import os
import sys


def main() -> None:
    """Compare the versions, then run the project."""
    from kedro.framework.cli.cli import main as kedro
    from pyspark.sql import SparkSession

    from pixelmill.emr.versions import check_versions
    from pixelmill.errors import InputError

    python, spark, *arguments = sys.argv[1:]
    try:
        check_versions(SparkSession.builder.getOrCreate(), python, spark)
    except InputError as problem:
        sys.exit(f"Error: {problem}")
    os.chdir("project")
    sys.argv = ["kedro", "run", "--env", "emr", *arguments]
    kedro()


if __name__ == "__main__":
    main()
