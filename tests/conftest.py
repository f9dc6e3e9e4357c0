"""What all tests share: a Spark session, the folder of real images, an S3 server."""

import os
from pathlib import Path

import boto3
import pytest
import requests
from moto.server import ThreadedMotoServer

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


@pytest.fixture(scope="session")
def s3_endpoint():
    """URL of moto's S3."""
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture
def s3(s3_endpoint, monkeypatch):
    """A client of a server with one empty bucket, 'photos'; the environment leads to it."""
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_ENDPOINT_URL", s3_endpoint)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "testing")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", os.devnull)
    monkeypatch.setenv("AWS_CONFIG_FILE", os.devnull)
    requests.post(f"{s3_endpoint}/moto-api/reset", timeout=10)
    client = boto3.client("s3", "us-east-1")
    client.create_bucket(Bucket="photos")
    return client
