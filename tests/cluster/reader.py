"""Loads a feature table again and again, as another process does while a run goes on.

python -m tests.cluster.reader URI prints a line of JSON for each look, the paths of all rows,
until its input closes. It starts no second Spark.
"""

import json
import select
import sys

from pixelmill.datasets.feature_table import FeatureTable
from pixelmill.datasets.small_tables import small_rows
from pixelmill.spark.stored_table import StoredTable

SECONDS = 1.0  # between two looks


def main(uri: str) -> None:
    """Looks every second.

    Args:
        uri: Of the table.
    """
    table = FeatureTable(filepath=uri, empty_when_missing=True)
    over = False
    while not over:  # and once more when it is: the last look comes after the input closed
        over = bool(select.select([sys.stdin], [], [], SECONDS)[0])
        paths = [path for chunk in chunks_of(table.load()) for path in chunk["path"].to_pylist()]
        sys.stdout.write(json.dumps(paths) + "\n")
        sys.stdout.flush()


def chunks_of(table):
    """Reads the paths as the nodes read a table of few rows: chunk by chunk, for these are many."""
    for folder in table.folders:
        yield small_rows(StoredTable([folder], table.ddl, lambda: table), ["path"])


if __name__ == "__main__":
    main(*sys.argv[1:])
