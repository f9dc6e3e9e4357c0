"""What all tests share: one Spark session, and the folder of real images."""

from pathlib import Path

import pytest

from pixelmill.parameters import SparkParameters
from pixelmill.spark.session import configure

ASSETS = Path(__file__).parents[2] / "shared" / "assets"


@pytest.fixture(scope="session")
def spark():
    """A real Spark session on two cores, started as a run starts it."""
    from pyspark.sql import SparkSession

    configure(SparkParameters(master="local[2]", driver_memory="2g"))
    session = SparkSession.builder.getOrCreate()
    yield session
    session.stop()


@pytest.fixture(scope="session")
def assets():
    """The folder of real images, which lies beside the project."""
    if not ASSETS.is_dir():
        pytest.skip(f"no real images: {ASSETS} is missing")
    return ASSETS
