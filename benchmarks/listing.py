"""Listing 100,000 local files: must take less than 10 seconds.

    python benchmarks/listing.py

Writes 100,000 empty files into 100 folders, lists them as the ingestion does, and turns the
listing into Spark's table. Beside it, the usual way: `Path.rglob` with `stat` for every file.
Takes about half a minute.
"""

import argparse
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from pixelmill.parameters import IngestionParameters, SparkParameters
from pixelmill.pipelines.ingestion.nodes import list_images
from pixelmill.sources import find_source
from pixelmill.spark.session import configure

FOLDERS = 100
LIMIT_SECONDS = 10


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
    count: int = index.count()
    return count


def timed(name: str, work: Callable[[], Any]) -> float:
    """Seconds that the work takes; prints them."""
    start = time.perf_counter()
    count = work()
    seconds = time.perf_counter() - start
    print(f"{name:40} {count:8} files {seconds:7.2f} s")
    return seconds


def main() -> None:
    """Measure and compare with the limit."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--files", type=int, default=100_000)
    arguments = parser.parse_args()
    print(f"{datetime.now(UTC):%Y-%m-%d}")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        make_files(folder, arguments.files)
        source = find_source(name, IngestionParameters())
        timed("Path.rglob and stat", lambda: listed_by_pathlib(folder))
        seconds = timed("pixelmill, listed", lambda: len(source.list_images().files))
        configure(SparkParameters())
        timed("pixelmill, in Spark (with Spark's start)", lambda: indexed(folder))
        timed("pixelmill, in Spark (again)", lambda: indexed(folder))
    assert seconds < LIMIT_SECONDS, f"listing took {seconds:.1f} s, more than {LIMIT_SECONDS}"


if __name__ == "__main__":
    main()
