"""Spark's functions of columns, for a node that may be the first of its run to need Spark.

PySpark makes a column in the JVM, and without a session its functions fail. A stored table starts
the session when it is opened, which is later than the column in `table.where(sf.col("x") == 1)`.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pyspark.sql.functions import *  # noqa: F403
else:

    def __getattr__(name: str) -> Any:
        """Return a function of `pyspark.sql.functions`; the session is started if there is none."""
        from pyspark import SparkContext
        from pyspark.sql import functions

        from pixelmill.spark.session import get_session

        if SparkContext._active_spark_context is None:
            get_session()
        return getattr(functions, name)
