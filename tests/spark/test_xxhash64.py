"""The hash of the driver is Spark's."""

from hypothesis import given, settings
from hypothesis import strategies as st
from pyspark.sql import functions as sf

from pixelmill.spark.xxhash64 import xxhash64

longs = st.integers(-(2**63), 2**63 - 1)
strings = st.one_of(st.text(), st.text("ab/é漢😀", min_size=20, max_size=90))


@settings(max_examples=3, deadline=None)
@given(st.lists(st.tuples(st.none() | longs, st.none() | strings), min_size=60, max_size=60))
def test_strings_and_numbers_hash_as_in_spark(spark, rows):
    table = spark.createDataFrame(rows, "number long, name string")
    found = [row[0] for row in table.select(sf.xxhash64("number", "name")).collect()]
    assert found == [xxhash64(*row) for row in rows]
