"""Types of tables for signatures that Kedro reads at run time; naming them loads no library."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pyarrow import Table as ArrowTable
    from pyspark.sql import DataFrame
else:
    DataFrame = Any
    ArrowTable = Any

__all__ = ["ArrowTable", "DataFrame"]
