"""The Spark session that tests share, settled for many small tables that are read once."""

import contextlib
from unittest import mock

import pytest

from pixelmill.parameters import SparkParameters
from pixelmill.spark.session import configure, get_session

# A plan that runs once on some rows costs more to compile than to interpret. Runs in processes of
# their own compile theirs.
INTERPRETED = {
    "spark.sql.codegen.wholeStage": False,
    "spark.sql.codegen.factoryMode": "NO_CODEGEN",
}


@pytest.fixture(scope="session")
def spark():
    """A real Spark session on two cores, started as a run starts it."""
    configure(SparkParameters(master="local[2]", driver_memory="2g", properties=INTERPRETED))
    session = get_session()
    with _rows_by_arrow(session):
        yield session
    session.stop()


@contextlib.contextmanager
def _rows_by_arrow(session):
    """Has the rows that a test writes down become a table through Arrow.

    PySpark's own way sends them through Python workers whenever the table is read.
    """
    from pyspark.sql.types import StructType

    try:
        from pyspark.sql.conversion import LocalDataToArrowConversion
    except ImportError:  # of Spark 4.0
        yield
        return
    create = session.createDataFrame

    def create_by_arrow(data, schema=None, **options):
        if isinstance(data, list) and data and isinstance(schema, (str, StructType)):
            schema = StructType.fromDDL(schema) if isinstance(schema, str) else schema
            data = LocalDataToArrowConversion.convert(data, schema, use_large_var_types=False)
        return create(data, schema, **options)

    with mock.patch.object(session, "createDataFrame", create_by_arrow):
        yield
