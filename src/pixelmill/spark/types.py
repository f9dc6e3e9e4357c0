"""Types of tables for signatures that Kedro reads at run time; naming them loads no library."""

from typing import TYPE_CHECKING, Any, TypeAlias

if TYPE_CHECKING:
    from pandas import DataFrame as PandasFrame
    from pyarrow import Table as ArrowTable
    from pyspark.sql import DataFrame

    Table: TypeAlias = DataFrame | ArrowTable
else:
    Table = Any
    DataFrame = Any
    ArrowTable = Any
    PandasFrame = Any

__all__ = ["ArrowTable", "DataFrame", "PandasFrame", "Table"]
