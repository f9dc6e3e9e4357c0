"""Spark's types for signatures that Kedro reads at run time; naming them loads no Spark."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pyspark.sql import DataFrame
else:
    DataFrame = Any

__all__ = ["DataFrame"]
