"""A table that Spark opens at its first use."""

import subprocess
import sys

import pyarrow as pa
import pytest

from pixelmill.datasets.parquet_table import write_parquet

SELECT = """
import sys
from pyspark.sql import functions as sf
from pixelmill.datasets.parquet_table import read_parquet
from pixelmill.parameters import SparkParameters
from pixelmill.spark.session import configure
configure(SparkParameters(master="local[1]"))
table = read_parquet(sys.argv[1:], "path string")
print(table.select(sf.upper("path")).collect()[0][0])
"""


@pytest.mark.spark
def test_a_method_with_columns_opens_it_before_they_are_made(tmp_path):
    write_parquet(pa.table({"path": ["a"]}), str(tmp_path / "table"))
    command = [sys.executable, "-c", SELECT, str(tmp_path / "table")]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.stdout == "A\n", done.stderr
