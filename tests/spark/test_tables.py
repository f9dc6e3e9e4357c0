"""What the driver does to tables in memory is what Spark does to DataFrames."""

import pyarrow as pa
import pyarrow.compute as pc
import pytest

from pixelmill.spark.tables import (
    add_columns,
    append_rows,
    as_spark,
    count_by,
    join_by_path,
    largest_by_path,
    rows_where,
)

LEFT = pa.table({"path": ["c", "a", None, "b"], "size": [3, 1, 0, None]})
RIGHT = pa.table({"path": ["b", "d", "a"], "scores": [[0.5], None, [1.5, 2.5]]})


def rows_of(table):
    rows = table.to_pylist() if isinstance(table, pa.Table) else table.toArrow().to_pylist()
    return sorted(rows, key=repr)


@pytest.mark.parametrize("how", ["left", "inner", "left_anti", "full_outer"])
def test_tables_are_joined_as_in_spark(spark, how):
    in_memory = join_by_path(LEFT, RIGHT, how)
    assert isinstance(in_memory, pa.Table)
    assert rows_of(in_memory) == rows_of(join_by_path(LEFT, as_spark(RIGHT), how))


def test_rows_are_counted_chosen_and_appended_as_in_spark(spark):
    more = append_rows(LEFT, LEFT.slice(1, 2))

    def marks(batch):
        return {"big": pc.greater(batch["size"], 0), "name": pc.utf8_upper(batch["path"])}

    def every_step(table):
        marked = add_columns(table, "big boolean, name string", marks)
        return [
            rows_of(count_by(marked, ["name", "big"])),
            rows_of(rows_where(marked, "big").select(["path"])),
            rows_of(largest_by_path(table, ["size"])),
        ]

    assert rows_of(append_rows(as_spark(LEFT), LEFT.slice(1, 2))) == rows_of(more)
    assert every_step(more) == every_step(as_spark(more))
