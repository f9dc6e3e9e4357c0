"""Collecting a list of URLs: pixelmill against threads with requests, and against img2dataset.

    python -m benchmarks.collection [--images 10000] [--turns 3] [--peers PYTHON]
    python -m benchmarks.collection --memory 1000000

A server in a process of its own has JPEGs of 64 kB under 200 addresses of loopback, which count as
200 hosts, and waits 50 ms before every answer. The usual way is `ThreadPool(7)` with requests,
which writes each image to a file; it does a tenth of the images. pixelmill runs the nodes of the
pipeline `collection` with Spark on two cores, started before: it reads the list, asks each host for
robots.txt, keeps its usual pace, checks each image by decoding it, and joins the table. img2dataset
is run where a Python that has it is named, with as many processes as cores and without resizing.
Beside images a second, the CPU time of an image is printed, which other programs disturb less.

With `--memory`, every URL is answered by one byte, which is no image: a row with a reason. The
memory of the driver and of its workers is printed after each tenth of the list. Within the sixth
tenth the driver is killed, and another one goes on. The server counts what it is asked for.
"""

import argparse
import asyncio
import contextlib
import datetime
import json
import multiprocessing
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from io import BytesIO
from multiprocessing.pool import ThreadPool
from pathlib import Path

import requests

DELAY = 0.05  # seconds before every answer
PORT = 8911
HOSTS = [f"127.0.1.{number}" for number in range(1, 201)]
SIZE = 64_000  # bytes of an image
SHARE = 10  # the usual way does one image in so many
THREADS = 256

Way = Callable[[list[str], Path], int]


def jpeg() -> bytes:
    """A JPEG of the size that all images have: noise, and a comment that fills it up."""
    import numpy as np
    from PIL import Image

    pixels = np.random.default_rng(1).integers(0, 255, (190, 250, 3), np.uint8)
    file = BytesIO()
    Image.fromarray(pixels).save(file, "JPEG", quality=85)
    data = file.getvalue()
    filler = SIZE - len(data) - 4
    assert 0 <= filler < 65_000, len(data)
    return data[:2] + b"\xff\xfe" + (filler + 2).to_bytes(2, "big") + bytes(filler) + data[2:]


def serve(ready: "multiprocessing.synchronize.Event", *, tiny: bool) -> None:
    """The server: each image differs in the bytes that name it, so that none is stored twice."""
    image, asked = b"x" if tiny else jpeg(), 0

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal asked
        with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                path = head.split(b" ", 2)[1]
                if path == b"/robots.txt":
                    writer.write(b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n")
                    continue
                if path == b"/asked":
                    body = b"%d" % asked
                    writer.write(
                        b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(body) + body
                    )
                    continue
                asked += 1
                if not tiny:
                    await asyncio.sleep(DELAY)
                kind = b"text/plain" if tiny else b"image/jpeg"
                said = b"HTTP/1.1 200 OK\r\nContent-Type: %b\r\nContent-Length: %d\r\n\r\n"
                body = image if tiny else image[:6] + path[1:].ljust(12, b"_") + image[18:]
                writer.write(said % (kind, len(body)) + body)
                await writer.drain()
        writer.close()

    async def run() -> None:
        server = await asyncio.start_server(answer, HOSTS, PORT, backlog=4096)
        ready.set()
        await server.serve_forever()

    asyncio.run(run())


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


def start_spark() -> None:
    """Starts the session and its Python workers."""
    from pixelmill.featurization.tasks import warm_up_workers
    from pixelmill.parameters import SparkParameters
    from pixelmill.spark.session import configure, get_session

    configure(SparkParameters(master="local[2]", driver_memory="2g"))
    warm_up_workers(get_session())


def compare(images: int, turns: int, peers: str | None) -> None:
    """Runs all ways by turns and prints images a second and ratios."""
    start_spark()
    urls = urls_of(images)
    ways: dict[str, Way] = {"pixelmill": pixelmill, "ThreadPool(7) and requests": threads}
    if peers:
        ways["img2dataset"] = lambda urls, folder: img2dataset(peers, urls, folder)
    rates: dict[str, list[float]] = {name: [] for name in ways}
    costs: dict[str, list[float]] = {name: [] for name in ways}
    for turn in range(turns):
        for name, way in ways.items():
            with tempfile.TemporaryDirectory() as folder:
                began, used = time.perf_counter(), _cpu_seconds()
                came = way(urls, Path(folder))
                rates[name].append(came / (time.perf_counter() - began))
                costs[name].append(1e3 * (_cpu_seconds() - used) / came)
            print(f"  turn {turn + 1}, {name}: {came} images, {rates[name][-1]:.0f} a second, "
                  f"{costs[name][-1]:.2f} ms of CPU time an image", flush=True)  # fmt: skip
    ours = statistics.median(rates["pixelmill"])
    for name, found in rates.items():
        rate = statistics.median(found)
        cost = statistics.median(costs[name])
        print(f"{name}: {rate:.0f} images a second; pixelmill {ours / rate:.2f} times as many; "
              f"{cost:.2f} ms of CPU time an image, the server included")  # fmt: skip


def collect_tiny(folder: Path, count: int) -> None:
    """Collects URLs that name no image, and prints the memory of this process and its workers."""
    from pixelmill.datasets.collected import DownloadsTable
    from pixelmill.datasets.url_list import UrlListTable
    from pixelmill.parameters import CollectionParameters, IngestionParameters
    from pixelmill.pipelines.collection import nodes

    start_spark()
    given = IngestionParameters(label="none")
    collection = CollectionParameters(
        folder=str(folder / "images"), private_addresses=True, threads=THREADS,
        requests_per_second=10_000, chunk_size=count // 10,
    )  # fmt: skip
    listed = UrlListTable(filepath=str(folder / "url_list"))
    downloads = DownloadsTable(filepath=str(folder / "downloads"))
    listed.save(nodes.list_urls(str(folder / "list.txt"), collection, given))
    began = time.perf_counter()
    print(f"list read: {_memory()}", flush=True)
    stored = downloads.load()
    for chunk in nodes.download_images(listed.load(), stored, collection, given):
        downloads.save(chunk)
        print(f"{time.perf_counter() - began:.0f} s: {_memory()}", flush=True)
    rows = downloads.load()
    assert rows is not None
    print(f"{rows.count()} rows, {rows.select('url_id').distinct().count()} URLs", flush=True)


def measure_memory(count: int) -> None:
    """Collects with a driver that is killed half-way, and with the next one."""
    method = multiprocessing.get_context("spawn")
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        with (folder / "list.txt").open("w") as file:
            file.writelines(f"http://{HOSTS[n % 200]}:{PORT}/{n}\n" for n in range(count))
        first = method.Process(target=collect_tiny, args=(folder, count))
        first.start()
        while _asked() < 0.55 * count:
            assert first.is_alive(), "it ended by itself"
            time.sleep(0.2)
        first.kill()
        first.join()
        print(f"killed after {_asked()} requests; another driver goes on", flush=True)
        second = method.Process(target=collect_tiny, args=(folder, count))
        second.start()
        second.join()
        assert second.exitcode == 0
        print(f"{_asked()} requests in all, of {count} URLs")


def _asked() -> int:
    return int(requests.get(f"http://{HOSTS[0]}:{PORT}/asked", timeout=60).text)


def _memory() -> str:
    """Resident memory of this process and of all below it, as /proc tells it."""
    sizes = {"driver": 0.0, "java": 0.0, "workers": 0.0}
    for place, name in _processes().items():
        with contextlib.suppress(OSError):
            lines = dict(line.split(":", 1) for line in (place / "status").read_text().splitlines())
            part = "java" if name == "java" else "workers"
            part = "driver" if place.name == str(os.getpid()) else part
            sizes[part] += int(lines.get("VmRSS", "0").split()[0]) / 1e3
    return ", ".join(f"{name} {size:.0f} MB" for name, size in sizes.items())


def _cpu_seconds() -> float:
    """CPU time of this process, of all below it, and of those that have ended."""
    ticks = 0
    for place in _processes():
        with contextlib.suppress(OSError):
            # From the 14th field of /proc/PID/stat: user, system, and the same of ended children.
            ticks += sum(map(int, (place / "stat").read_text().rpartition(")")[2].split()[11:15]))
    return ticks / os.sysconf("SC_CLK_TCK")


def _processes() -> dict[Path, str]:
    """Folders in /proc of this process and of all below it, and the names of their programs."""
    found = {}
    for place in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            name, _, rest = (place / "stat").read_text().partition("(")[2].rpartition(")")
            found[int(place.name)] = int(rest.split()[1]), name
    return {Path(f"/proc/{process}"): name for process, (_, name) in found.items()
            if _is_below(process, found)}  # fmt: skip


def _is_below(process: int, found: dict[int, tuple[int, str]]) -> bool:
    while process in found and process != os.getpid():
        process = found[process][0]
    return process == os.getpid()


def main() -> None:
    """Starts the server, measures, and stops it."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--images", type=int, default=10_000)
    arguments.add_argument("--turns", type=int, default=3)
    arguments.add_argument("--peers", help="a Python that has img2dataset")
    arguments.add_argument("--memory", type=int, help="URLs of one byte")
    given = arguments.parse_args()
    print(datetime.date.today(), platform.processor() or platform.machine(), *sys.argv)  # noqa: DTZ011
    method = multiprocessing.get_context("spawn")
    ready = method.Event()
    server = method.Process(
        target=serve, args=(ready,), kwargs={"tiny": given.memory is not None}, daemon=True
    )
    server.start()
    ready.wait(60)
    try:
        if given.memory:
            measure_memory(given.memory)
        else:
            compare(given.images, given.turns, given.peers)
    finally:
        server.terminate()


if __name__ == "__main__":
    main()
