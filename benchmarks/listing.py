"""Listing 100,000 local files in less than 10 seconds, and 1,000,000 keys in less than 120.

    python -m benchmarks.listing

Writes 100,000 empty files into 100 folders, lists them as the ingestion does, and turns the
listing into Spark's table. Beside it, the usual way: `Path.rglob` with `stat` for every file.
Then lists a bucket of 1,000,000 keys that waits 30 ms before every page of 1,000, once with all
keys in one folder and once in 100. Beside it, the usual way: one page after another.
Takes some four minutes.
"""

import argparse
import os
import resource
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from multiprocessing import Process, Queue
from pathlib import Path
from typing import Any

import boto3

from benchmarks.s3_listing_server import ListingServer
from pixelmill.ingestion.listing import list_images
from pixelmill.parameters import IngestionParameters, SparkParameters
from pixelmill.sources import find_source
from pixelmill.spark.session import configure, get_session

FOLDERS = 100
LIMIT_SECONDS = 10
LIMIT_SECONDS_S3 = 120
LATENCY = 0.03  # seconds before a page
BUCKET = "s3://photos/set"
FLAT = "set/image {1:07}.jpg"
LAYOUTS = {"one folder": FLAT, "100 folders": "set/class {0:03}/image {1:07}.jpg"}


def make_files(folder: Path, count: int) -> None:
    """Write `count` empty files into 100 folders."""
    for number in range(FOLDERS):
        (folder / f"class {number:03}").mkdir()
    for number in range(count):
        (folder / f"class {number % FOLDERS:03}" / f"image {number:07}.jpg").touch()


def listed_by_pathlib(folder: Path) -> int:
    """The usual way."""
    return len([path.stat() for path in folder.rglob("*.jpg") if path.is_file()])


def indexed(folder: Path) -> int:
    """The ingestion's node, up to the table in Spark."""
    index, _ = list_images(str(folder), "benchmark", IngestionParameters())
    count: int = get_session().createDataFrame(index).count()
    return count


@contextmanager
def bucket_of(layout: str, count: int) -> Iterator[None]:
    """A bucket in a process of its own, to which the environment leads."""
    urls: Queue[str] = Queue()
    process = Process(target=serve_keys, args=(layout, count, urls), daemon=True)
    process.start()
    os.environ |= {"AWS_ENDPOINT_URL": urls.get(), "AWS_DEFAULT_REGION": "us-east-1"}
    os.environ |= {"AWS_ACCESS_KEY_ID": "benchmark", "AWS_SECRET_ACCESS_KEY": "benchmark"}
    try:
        yield
    finally:
        process.terminate()
        process.join()


def serve_keys(layout: str, count: int, urls: "Queue[str]") -> None:
    """Serve made-up keys until the process is ended."""
    keys = sorted(layout.format(number % FOLDERS, number) for number in range(count))
    server = ListingServer(keys, LATENCY)
    urls.put(server.url)
    server.serve_forever()


def listed_by_boto3() -> int:
    """The usual way: one page after another."""
    pages = boto3.client("s3").get_paginator("list_objects_v2")
    return sum(page["KeyCount"] for page in pages.paginate(Bucket="photos", Prefix="set/"))


def list_buckets(count: int) -> float:
    """The longest that a listing takes, in seconds."""
    longest = 0.0
    source = find_source(BUCKET, IngestionParameters())
    for name, layout in LAYOUTS.items():
        with bucket_of(layout, count):
            seconds = timed(
                f"pixelmill, a bucket, {name}", lambda: source.list_images().amount()[0]
            )
            longest = max(longest, seconds)
            if layout == FLAT:
                timed(f"boto3's paginator, {name}", listed_by_boto3)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    print(f"peak memory {peak:.2f} GiB")
    return longest


def timed(name: str, work: Callable[[], Any]) -> float:
    """Seconds that the work takes; prints them."""
    start = time.perf_counter()
    count = work()
    seconds = time.perf_counter() - start
    print(f"{name:40} {count:8} files {seconds:7.2f} s {count / seconds:9,.0f} a second")
    return seconds


def main() -> None:
    """Measure and compare with the limit."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--files", type=int, default=100_000)
    parser.add_argument("--keys", type=int, default=1_000_000)
    arguments = parser.parse_args()
    print(f"{datetime.now(UTC):%Y-%m-%d}")
    in_bucket = list_buckets(arguments.keys)  # first: later the peak of memory would be Spark's
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        make_files(folder, arguments.files)
        source = find_source(name, IngestionParameters())
        timed("Path.rglob and stat", lambda: listed_by_pathlib(folder))
        seconds = timed("pixelmill, listed", lambda: source.list_images().amount()[0])
        configure(SparkParameters())
        timed("pixelmill, in Spark (with Spark's start)", lambda: indexed(folder))
        timed("pixelmill, in Spark (again)", lambda: indexed(folder))
    assert seconds < LIMIT_SECONDS, f"listing took {seconds:.1f} s, more than {LIMIT_SECONDS}"
    assert in_bucket < LIMIT_SECONDS_S3, f"the bucket took {in_bucket:.1f} s"


if __name__ == "__main__":
    main()
