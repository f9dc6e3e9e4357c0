"""Operations on tables: in Spark tasks or, for small tables, in memory.

A rule on rows is written once, over Arrow batches: Spark calls it in its tasks, and for a table in
memory it is called directly.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, TypeAlias, TypeGuard, cast

from pixelmill.spark.session import get_session

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    import pyarrow as pa

    from pixelmill.spark.types import ArrowTable, DataFrame, Table

    Batch: TypeAlias = pa.RecordBatch | ArrowTable
    Rule: TypeAlias = Callable[[Batch], Mapping[str, pa.Array]]


def is_in_memory(table: Table) -> TypeGuard[ArrowTable]:
    """Return whether a table is one of Arrow.

    Args:
        table: A DataFrame or an Arrow table.
    """
    import pyarrow as pa

    return isinstance(table, pa.Table)


def as_spark(table: Table) -> DataFrame:
    """Return a table as a DataFrame.

    Args:
        table: A DataFrame or an Arrow table.
    """
    return get_session().createDataFrame(table) if is_in_memory(table) else table


def join_by_path(
    table: Table, other: Table, how: Literal["left", "full_outer", "inner", "left_anti"] = "left"
) -> Table:
    """Join two tables by their paths, in memory where both are there.

    Args:
        table: Column `path` and others.
        other: Column `path`, never the same twice, and others.
        how: Kind of join, as Spark names it.

    Returns:
        The rows; in memory in the order of `table`.
    """
    if is_in_memory(table) and is_in_memory(other):
        return _joined(table, other.combine_chunks(), how)
    return as_spark(table).join(as_spark(other), "path", how)


def append_rows(table: Table, other: Table) -> Table:
    """Append the rows of another table, in memory where both are there.

    Args:
        table: Any columns.
        other: The same columns.
    """
    if is_in_memory(table) and is_in_memory(other):
        import pyarrow as pa

        return pa.concat_tables([table, other.select(table.column_names)])
    return as_spark(table).unionByName(as_spark(other))


def add_columns(table: Table, added: str, rule: Rule) -> Table:
    """Add columns that a rule finds, row by row.

    Args:
        table: Any columns.
        added: Names and types of the new columns, as Spark's DDL writes them.
        rule: Gives these columns of a batch, in the Arrow types that Spark reads as these.
    """
    if is_in_memory(table):
        return _with_columns(table, rule)
    from pyspark.sql.types import StructType

    def add(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        for batch in batches:
            yield _with_columns(batch, rule)

    fields = [*table.schema.fields, *cast(StructType, StructType.fromDDL(added)).fields]
    return table.mapInArrow(add, StructType(fields))


def rows_where(table: Table, column: str) -> Table:
    """Return the rows in which a column is true.

    Args:
        table: Any columns.
        column: Name of a column of booleans.
    """
    return table.filter(table[column]) if is_in_memory(table) else table.where(f"`{column}`")


def count_by(table: Table, columns: Sequence[str]) -> ArrowTable:
    """Count the rows of each combination of values, in one Spark job where Spark is needed.

    Args:
        table: These columns and others.
        columns: Names of the columns.

    Returns:
        A row for each combination that occurs: the columns, and `rows`.
    """
    if not is_in_memory(table):
        from pixelmill.spark import functions as sf

        return table.groupBy(*columns).agg(sf.count(sf.lit(1)).alias("rows")).toArrow()
    counted = table.group_by(list(columns)).aggregate([([], "count_all")])
    return counted.rename_columns([*columns, "rows"])


def largest_by_path(table: Table, columns: Sequence[str]) -> Table:
    """Count the rows of each path, and find their largest values.

    Args:
        table: Column `path` and others.
        columns: Names of the columns whose values are compared.

    Returns:
        `path`, `rows`, and each of the columns.
    """
    if is_in_memory(table):
        largest = [(name, "max") for name in columns]
        found = table.group_by("path").aggregate([([], "count_all"), *largest])
        return found.rename_columns(["path", "rows", *columns])
    from pixelmill.spark import functions as sf

    values = [sf.max(name).alias(name) for name in columns]
    return table.groupBy("path").agg(sf.count(sf.lit(1)).alias("rows"), *values)


def _joined(table: ArrowTable, other: ArrowTable, how: str) -> ArrowTable:
    """Arrow's own join takes no columns of lists, and keeps no order of the rows."""
    import pyarrow as pa
    import pyarrow.compute as pc

    places = pc.index_in(table["path"], value_set=other["path"])
    if how == "left_anti":
        return table.filter(pc.is_null(places))
    if how == "inner":
        table, places = table.filter(pc.is_valid(places)), places.drop_null()
    joined = table
    for name in other.column_names:
        if name != "path":
            joined = joined.append_column(other.schema.field(name), other[name].take(places))
    if how != "full_outer":
        return joined
    rest = _joined(other, table.select(["path"]), "left_anti")
    return pa.concat_tables([joined, rest], promote_options="default")


def _with_columns(batch: Batch, rule: Rule) -> Batch:
    for name, values in rule(batch).items():
        batch = batch.append_column(name, values)
    return batch
