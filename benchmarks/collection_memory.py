"""Memory of collecting a list of URLs, and what a killed driver loses.

    python -m benchmarks.collection_memory [--urls 100000]

Every URL is answered by one byte, which is no image: a row with a reason. The memory of the
driver, of Java and of the Python workers is printed after each tenth of the list, and how much of
Java's heap is in use after a garbage collection. Within the sixth tenth the driver is killed, and
another one goes on. The server counts what it is asked for.
"""

import argparse
import multiprocessing
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.collection import start_spark
from benchmarks.collection_server import HOSTS, PORT, asked, serving
from benchmarks.machine import print_header
from benchmarks.process_tree import memory

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

THREADS = 256


def collect_tiny(folder: Path, count: int) -> None:
    """Collect URLs that name no image, and print the memory of this process and its workers."""
    from pixelmill.datasets.collected import DownloadsTable
    from pixelmill.datasets.url_list import UrlListTable
    from pixelmill.parameters import CollectionParameters, IngestionParameters
    from pixelmill.pipelines.collection import nodes

    spark = start_spark()
    given = IngestionParameters(label="none")
    collection = CollectionParameters(
        folder=str(folder / "images"), private_addresses=True, threads=THREADS,
        requests_per_second=10_000, chunk_size=count // 10,
    )  # fmt: skip
    listed = UrlListTable(filepath=str(folder / "url_list"))
    downloads = DownloadsTable(filepath=str(folder / "downloads"))
    listed.save(nodes.list_urls(str(folder / "list.txt"), collection, given))
    began = time.perf_counter()
    print(f"list read: {_sizes(spark)}", flush=True)
    stored = downloads.load()
    for chunk in nodes.download_images(listed.load(), stored, collection, given):
        downloads.save(chunk)
        print(f"{time.perf_counter() - began:.0f} s: {_sizes(spark)}", flush=True)
    rows = downloads.load()
    assert rows is not None
    print(f"{rows.count()} rows, {rows.select('url_id').distinct().count()} URLs", flush=True)


def measure_memory(count: int) -> None:
    """Collect with a driver that is killed half-way, and with the next one."""
    method = multiprocessing.get_context("spawn")
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        with (folder / "list.txt").open("w") as file:
            file.writelines(f"http://{HOSTS[n % 200]}:{PORT}/{n}\n" for n in range(count))
        first = method.Process(target=collect_tiny, args=(folder, count))
        first.start()
        while asked() < 0.55 * count:
            assert first.is_alive(), "it ended by itself"
            time.sleep(0.2)
        first.kill()
        first.join()
        print(f"killed after {asked()} requests; another driver goes on", flush=True)
        second = method.Process(target=collect_tiny, args=(folder, count))
        second.start()
        second.join()
        assert second.exitcode == 0
        print(f"{asked()} requests in all, of {count} URLs")


def _sizes(spark: "SparkSession") -> str:
    """Resident memory by kind of process, and Java's heap in use after a garbage collection."""
    resident = ", ".join(f"{name} {size:.0f} MB" for name, size in memory().items())
    java = spark.sparkContext._jvm
    java.System.gc()
    runtime = java.Runtime.getRuntime()
    used = (runtime.totalMemory() - runtime.freeMemory()) / 1e6
    return f"{resident}; of Java's heap {used:.0f} MB are in use"


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--urls", type=int, default=100_000)
    given = parser.parse_args()
    print_header()
    with serving(tiny=True):
        measure_memory(given.urls)


if __name__ == "__main__":
    main()
