"""Collecting a list of URLs: pixelmill against threads with requests, and against img2dataset.

    python -m benchmarks.collection [--images 10000] [--turns 3] [--peers PYTHON]

A server in a process of its own has JPEGs of 64 kB under 200 addresses of loopback, which count as
200 hosts, and waits 50 ms before every answer. The usual way is `ThreadPool(7)` with requests,
which writes each image to a file; it does a tenth of the images. pixelmill runs the nodes of the
pipeline `collection` with Spark on two cores, started before: it reads the list, asks each host for
robots.txt, keeps its usual pace, checks each image by decoding it, and joins the table. img2dataset
is run where a Python that has it is named, with as many processes as cores and without resizing.
Beside images a second, the CPU time of an image is printed, which other programs disturb less.
"""

import argparse
import json
import statistics
import subprocess
import tempfile
import time
from collections.abc import Callable
from multiprocessing.pool import ThreadPool
from pathlib import Path
from typing import TYPE_CHECKING

import requests

from benchmarks.collection_server import HOSTS, PORT, serving
from benchmarks.machine import print_header
from benchmarks.process_tree import cpu_seconds

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

SHARE = 10  # the usual way does one image in so many
THREADS = 256

Way = Callable[[list[str], Path], int]


def urls_of(count: int) -> list[str]:
    """As many URLs, of one host after the other."""
    return [f"http://{HOSTS[n % len(HOSTS)]}:{PORT}/{n}.jpg" for n in range(count)]


def pixelmill(urls: list[str], folder: Path) -> int:
    """The nodes of the pipeline, with the tables that they leave."""
    from pixelmill.datasets.collected import CollectedTable, DownloadsTable
    from pixelmill.datasets.url_list import UrlListTable
    from pixelmill.parameters import CollectionParameters, IngestionParameters
    from pixelmill.pipelines.collection import nodes

    (folder / "list.txt").write_text("\n".join(urls))
    given = IngestionParameters(label="none")
    collection = CollectionParameters(
        folder=str(folder / "images"), private_addresses=True, threads=THREADS
    )
    listed = UrlListTable(filepath=str(folder / "url_list"))
    downloads = DownloadsTable(filepath=str(folder / "downloads"))
    table = CollectedTable(filepath=str(folder / "collected"))
    listed.save(nodes.list_urls(str(folder / "list.txt"), collection, given))
    for chunk in nodes.download_images(listed.load(), downloads.load(), collection, given):
        downloads.save(chunk)
    common = collection, given
    table.save(nodes.join_collected(listed.load(), downloads.load(), *common))
    return int(nodes.sum_up_collection(listed.load(), table.load(), *common)["ok"])


def threads(urls: list[str], folder: Path) -> int:
    """`ThreadPool(7)` and requests, as the original project had them; a tenth of the images."""

    def download(url: str) -> None:
        answer = requests.get(url, timeout=20)
        answer.raise_for_status()
        (folder / url.rpartition("/")[2]).write_bytes(answer.content)

    some = urls[: len(urls) // SHARE]
    with ThreadPool(7) as pool:
        pool.map(download, some)
    return len(some)


def img2dataset(python: str, urls: list[str], folder: Path) -> int:
    """img2dataset, which keeps the bytes as they come."""
    (folder / "list.txt").write_text("\n".join(urls))
    options = {
        "url_list": str(folder / "list.txt"),
        "output_folder": str(folder / "out"),
        "input_format": "txt",
        "output_format": "files",
        "processes_count": 2,
        "thread_count": 128,
        "resize_mode": "no",
        "disable_all_reencoding": True,
        "number_sample_per_shard": 2500,
        "retries": 2,
    }
    code = f"from img2dataset import download\nif __name__ == '__main__': download(**{options!r})"
    (folder / "run.py").write_text(code)
    subprocess.run([python, folder / "run.py"], check=True, capture_output=True)
    stats = [json.loads(file.read_text()) for file in (folder / "out").glob("*_stats.json")]
    return sum(one["successes"] for one in stats)


def start_spark() -> "SparkSession":
    """Start the session and its Python workers."""
    from pixelmill.featurization.tasks import warm_up_workers
    from pixelmill.parameters import SparkParameters
    from pixelmill.spark.session import configure, get_session

    configure(SparkParameters(master="local[2]", driver_memory="2g"))
    spark = get_session()
    warm_up_workers(spark)
    return spark


def compare(images: int, turns: int, peers: str | None, scratch: Path) -> None:
    """Runs all ways by turns and prints images a second and ratios.

    All files stay until the end. ext4 asks of each inode that was freed in the last minutes before
    it makes a file: whatever came after the removal of 10,000 files would be slowed down by it.
    """
    start_spark()
    urls = urls_of(images)
    ways: dict[str, Way] = {"pixelmill": pixelmill, "ThreadPool(7) and requests": threads}
    if peers:
        ways["img2dataset"] = lambda urls, folder: img2dataset(peers, urls, folder)
    rates: dict[str, list[float]] = {name: [] for name in ways}
    costs: dict[str, list[float]] = {name: [] for name in ways}
    for turn in range(turns):
        for number, (name, way) in enumerate(ways.items()):
            folder = scratch / f"{turn}-{number}"
            folder.mkdir()
            began, used = time.perf_counter(), cpu_seconds()
            came = way(urls, folder)
            rates[name].append(came / (time.perf_counter() - began))
            costs[name].append(1e3 * (cpu_seconds() - used) / came)
            print(f"  turn {turn + 1}, {name}: {came} images, {rates[name][-1]:.0f} a second, "
                  f"{costs[name][-1]:.2f} ms of CPU time an image", flush=True)  # fmt: skip
    ours = statistics.median(rates["pixelmill"])
    for name, found in rates.items():
        rate = statistics.median(found)
        cost = statistics.median(costs[name])
        print(f"{name}: {rate:.0f} images a second; pixelmill {ours / rate:.2f} times as many; "
              f"{cost:.2f} ms of CPU time an image, the server included")  # fmt: skip


def main() -> None:
    """Starts the server, measures, and stops it."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--images", type=int, default=10_000)
    arguments.add_argument("--turns", type=int, default=3)
    arguments.add_argument("--peers", help="a Python that has img2dataset")
    given = arguments.parse_args()
    print_header()
    with tempfile.TemporaryDirectory() as scratch, serving(tiny=False):
        compare(given.images, given.turns, given.peers, Path(scratch))


if __name__ == "__main__":
    main()
