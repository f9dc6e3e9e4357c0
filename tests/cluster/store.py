"""An S3 server in a process of its own, and what tests put into it and read from it."""

import io
import json
import os
import subprocess
import sys
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import boto3
import pyarrow as pa
from botocore.config import Config
from botocore.exceptions import ClientError
from pyarrow import parquet

SERVER = """
import sys
from moto.server import ThreadedMotoServer

server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
server.start()
print("http://%s:%d" % server.get_host_and_port(), flush=True)
sys.stdin.read()  # until the process that started this one ends
"""
REGION = "us-east-1"
CREDENTIALS = {
    "AWS_ACCESS_KEY_ID": "testing",
    "AWS_SECRET_ACCESS_KEY": "testing",
    "AWS_REGION": REGION,
    "AWS_EC2_METADATA_DISABLED": "true",
    "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
    "AWS_CONFIG_FILE": os.devnull,
}


def environment() -> dict[str, str]:
    """The variables of this process, with the server's credentials instead of its own."""
    others = {name: text for name, text in os.environ.items() if not name.startswith("AWS_")}
    return others | CREDENTIALS


@contextmanager
def s3_server() -> Iterator[str]:
    """Runs moto's S3; gives its URL."""
    process = subprocess.Popen(
        [sys.executable, "-c", SERVER],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    try:
        yield process.stdout.readline().strip()
    finally:
        process.communicate()


class Store:
    """One bucket of a server.

    Args:
        endpoint: URL of the server.
        bucket: Its name; it need not be there yet.
    """

    def __init__(self, endpoint: str, bucket: str) -> None:
        self.endpoint = endpoint
        self.bucket = bucket
        session = boto3.Session("testing", "testing", region_name=REGION)
        self._client = session.client(
            "s3", endpoint_url=endpoint, config=Config(max_pool_connections=16)
        )

    def create(self) -> None:
        """Makes the bucket."""
        self._client.create_bucket(Bucket=self.bucket)

    def put_files(self, files: Iterable[Path], prefix: str) -> None:
        """Writes files under their own names, several at once.

        Args:
            files: On disk.
            prefix: Folder in the bucket.
        """

        def put(file: Path) -> None:
            key = f"{prefix}/{file.name}"
            self._client.put_object(Bucket=self.bucket, Key=key, Body=file.read_bytes())

        with ThreadPoolExecutor(8) as pool:
            list(pool.map(put, files))

    def keys(self, prefix: str) -> list[str]:
        """The keys that begin so."""
        pages = self._client.get_paginator("list_objects_v2")
        found = pages.paginate(Bucket=self.bucket, Prefix=prefix)
        return [item["Key"] for page in found for item in page.get("Contents", ())]

    def read(self, key: str) -> bytes:
        """The content of an object."""
        return self._client.get_object(Bucket=self.bucket, Key=key)["Body"].read()

    def json(self, key: str) -> Any:
        """The content of an object that is JSON; None if there is none."""
        try:
            return json.loads(self.read(key))
        except ClientError:
            return None

    def table(self, keys: list[str]) -> list[dict[str, Any]]:
        """The rows of Parquet files, read without Spark."""
        tables = [parquet.read_table(io.BytesIO(self.read(key))) for key in keys]
        return pa.concat_tables(tables).to_pylist() if tables else []
