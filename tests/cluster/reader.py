"""Loads a feature table again and again, as another process does while a run goes on.

python -m tests.cluster.reader URI JARS prints a line of JSON for each look, the paths of all
rows, until its input closes.
"""

import json
import select
import sys

from pixelmill.datasets.feature_table import FeatureTable
from pixelmill.parameters import SparkParameters
from pixelmill.spark.session import configure
from tests.spark_session import INTERPRETED

SECONDS = 3.0  # between two looks, each of which costs about one of a core


def main(uri: str, jars: str) -> None:
    """Looks every few seconds.

    Args:
        uri: Of the table.
        jars: Folder of the connector to S3.
    """
    settled = SparkParameters(
        master="local[1]", driver_memory="1g", s3a_jars=jars, properties=INTERPRETED
    )
    configure(settled, on_s3=True)
    table = FeatureTable(filepath=uri, empty_when_missing=True)
    over = False
    while not over:  # and once more when it is: the last look comes after the input closed
        over = bool(select.select([sys.stdin], [], [], SECONDS)[0])
        paths = [row.path for row in table.load().select("path").collect()]
        sys.stdout.write(json.dumps(paths) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main(*sys.argv[1:])
