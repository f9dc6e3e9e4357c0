"""Which images have no valid row, and which rows are out of date."""

from datetime import UTC, datetime

import pyarrow as pa
import pytest

from pixelmill.featurization.missing import find_missing
from pixelmill.featurizers import decoder_state
from pixelmill.parameters import FeaturizationParameters

NOW = decoder_state(FeaturizationParameters())
STORED = [
    ([], {"a"}, set()),
    ([("a", 1, None, NOW)], set(), set()),
    ([("a", 1, None, "decoder 0")], set(), set()),
    ([("a", 2, None, NOW)], {"a"}, {"a"}),
    ([("a", 1, "not an image", NOW)], set(), set()),
    ([("a", 1, "not an image", "decoder 0")], {"a"}, {"a"}),
    ([("a", 1, "not an image", None)], {"a"}, {"a"}),
    ([("a", 1, "unreadable, vanished", NOW)], {"a"}, {"a"}),
    ([("a", 1, None, NOW), ("a", 1, None, NOW)], {"a"}, {"a"}),
    ([("a", 1, None, NOW), ("b", 1, None, NOW)], set(), {"b"}),
]


def compared(paths, stored, place=lambda table: table):
    """Paths of the images to do and of the rows to take out."""
    when = pa.array([datetime(2024, 1, 1, tzinfo=UTC)], pa.timestamp("us", "UTC"))
    index = pa.table({"path": paths, "size": pa.array([1] * len(paths), pa.int64())})
    types = {"path": pa.string(), "size": pa.int64(), "error": pa.string(), "decoder": pa.string()}
    rows = pa.Table.from_pylist([dict(zip(types, row, strict=True)) for row in stored],
                                pa.schema(types))  # fmt: skip
    index, rows = (
        place(table.append_column("modified", when.take(pa.array([0] * len(table), pa.int32()))))
        for table in (index, rows)
    )
    found = find_missing(index, rows, FeaturizationParameters())
    return [
        {row["path"] for row in
         (table.to_pylist() if isinstance(table, pa.Table) else table.collect())}
        for table in found
    ]  # fmt: skip


@pytest.mark.parametrize(("stored", "missing", "stale"), STORED)
def test_what_is_missing_and_what_is_stale(stored, missing, stale):
    assert compared(["a"], stored) == [missing, stale]


def test_spark_finds_missing_what_the_driver_finds(spark):
    """All of these cases at once, each for images of its own."""
    paths = [f"a{case}" for case in range(len(STORED))]
    stored = [
        (f"{path}{case}", *row) for case, (rows, _, _) in enumerate(STORED) for path, *row in rows
    ]
    found = compared(paths, stored, spark.createDataFrame)
    assert found == compared(paths, stored)
    assert all(found)
