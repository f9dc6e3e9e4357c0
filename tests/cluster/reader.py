"""Reads a feature table again and again, as another process does while a run goes on.

python -m tests.cluster.reader URI prints a line of JSON for each look, the paths of all rows,
until its input closes. It reads chunk by chunk and starts no second Spark.
"""

import json
import select
import sys

from pixelmill.datasets.chunks import chunk_folders
from pixelmill.datasets.completeness import current_fingerprint
from pixelmill.datasets.small_tables import small_rows
from pixelmill.spark.stored_table import StoredTable
from pixelmill.tables import FEATURES

SECONDS = 2.0  # between two looks


def main(uri: str) -> None:
    """Looks every other second.

    Args:
        uri: URI of the table.
    """
    over = False
    while not over:  # and once more when it is: the last look comes after the input closed
        over = bool(select.select([sys.stdin], [], [], SECONDS)[0])
        fingerprint = current_fingerprint(uri)
        folders = chunk_folders(f"{uri}/{fingerprint}") if fingerprint else []
        paths = [path for folder in folders for path in paths_in(folder)]
        sys.stdout.write(json.dumps(paths) + "\n")
        sys.stdout.flush()


def paths_in(chunk):
    rows = small_rows(StoredTable([chunk], FEATURES, needs_spark), ["path"])
    return rows["path"].to_pylist()


def needs_spark():
    raise AssertionError("a chunk is a few files, which need no Spark")


if __name__ == "__main__":
    main(*sys.argv[1:])
