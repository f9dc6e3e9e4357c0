"""Types of tables for signatures that Kedro reads at run time; naming them loads no library."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pandas import DataFrame as PandasFrame
    from pyarrow import Table as ArrowTable
    from pyspark.sql import DataFrame
else:
    DataFrame = Any
    ArrowTable = Any
    PandasFrame = Any

FEATURES = (
    "path string, size long, modified timestamp, "
    "features array<float>, error string, featurizer string, decoder string"
)
"""Schema of the table `features`."""

__all__ = ["FEATURES", "ArrowTable", "DataFrame", "PandasFrame"]
