"""Downloading a list of URLs: pixelmill against the usual ways, by turns.

    python -m benchmarks.downloads [--photos 2000] [--turns 3]

A server in a process of its own has photos of pets and waits 30 ms before every answer. It is asked
by four names (127.0.0.1 to 127.0.0.4), as photos of a list come from several hosts; at most 32
downloads are under way, 8 at each host. The usual ways are requests in 32 threads, with a
connection for each photo as its first example has it or with a session in each thread, and a plain
loop, which does a tenth of the photos. All write every photo to a file; pixelmill also checks each,
names it by its URL, writes the table of downloads, and makes the index. One name alone is asked by
8 at once whatever the threads: that is its own line.
"""

import argparse
import asyncio
import contextlib
import datetime
import itertools
import multiprocessing
import platform
import statistics
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from hashlib import sha256
from pathlib import Path

import requests

from benchmarks.photos import PETS
from pixelmill.parameters import IngestionParameters
from pixelmill.sources import find_source

DELAY = 0.03  # seconds before every answer
PORT = 8901
HOSTS = [f"127.0.0.{number}" for number in range(1, 5)]
THREADS = 32
LOOP_SHARE = 10

Way = Callable[[list[str], Path], None]


def serve(ready: "multiprocessing.synchronize.Event") -> None:
    """The server: whatever is asked for is one of the photos, by the number in the path."""
    photos = [path.read_bytes() for path in sorted(PETS.rglob("*.jpg"))]

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                number = int(head.split(b" ", 2)[1].strip(b"/").partition(b".")[0])
                await asyncio.sleep(DELAY)
                photo = photos[number % len(photos)]
                said = (
                    f"HTTP/1.1 200 OK\r\nContent-Type: image/jpeg\r\nContent-Length: {len(photo)}"
                )
                writer.write(f"{said}\r\n\r\n".encode() + photo)
                await writer.drain()
        writer.close()

    async def run() -> None:
        server = await asyncio.start_server(answer, HOSTS, PORT, backlog=1024)
        ready.set()
        await server.serve_forever()

    asyncio.run(run())


def pixelmill(urls: list[str], folder: Path) -> None:
    """A text file of URLs becomes an index."""
    (folder / "list.txt").write_text("\n".join(urls))
    downloads = {"folder": str(folder / "downloads"), "private_addresses": True}
    given = IngestionParameters(downloads=downloads)
    images = find_source(str(folder / "list.txt"), given).list_images()
    assert images.index(lambda path: path).count == len(urls)
    assert len(list((folder / "downloads").rglob("*.jpg"))) == len(urls)


def requests_get(urls: list[str], folder: Path) -> None:
    """requests.get in threads."""

    def download(url: str) -> None:
        answer = requests.get(url, timeout=20)
        answer.raise_for_status()
        _place(folder, url).write_bytes(answer.content)

    with ThreadPoolExecutor(THREADS) as pool:
        list(pool.map(download, urls))


def requests_sessions(urls: list[str], folder: Path) -> None:
    """requests in threads, each with a session of its own that keeps its connections."""
    own = threading.local()

    def download(url: str) -> None:
        if not hasattr(own, "session"):
            own.session = requests.Session()
        answer = own.session.get(url, timeout=20)
        answer.raise_for_status()
        _place(folder, url).write_bytes(answer.content)

    with ThreadPoolExecutor(THREADS) as pool:
        list(pool.map(download, urls))


def plain_loop(urls: list[str], folder: Path) -> None:
    """One photo after the other, a tenth of them."""
    for url in urls[: len(urls) // LOOP_SHARE]:
        answer = requests.get(url, timeout=20)
        answer.raise_for_status()
        _place(folder, url).write_bytes(answer.content)


def _place(folder: Path, url: str) -> Path:
    return folder / f"{sha256(url.encode()).hexdigest()}.jpg"


def second_run(urls: list[str], folder: Path) -> None:
    """Everything is there already."""
    pixelmill(urls, folder)


def measure(way: Way, urls: list[str], folder: Path) -> tuple[float, float]:
    """Wall and CPU seconds of one way."""
    wall, cpu = time.perf_counter(), time.process_time()
    way(urls, folder)
    return time.perf_counter() - wall, time.process_time() - cpu


def urls_of(count: int, hosts: list[str]) -> list[str]:
    """As many URLs, of one host after the other."""
    names = itertools.cycle(hosts)
    return [f"http://{next(names)}:{PORT}/{number}.jpg" for number in range(count)]


def compare(photos: int, turns: int) -> None:
    """Runs all ways by turns and prints photos a second and ratios."""
    four, one = urls_of(photos, HOSTS), urls_of(photos, HOSTS[:1])
    ways: dict[str, tuple[Way, list[str], int]] = {
        "pixelmill": (pixelmill, four, photos),
        "requests.get in 32 threads": (requests_get, four, photos),
        "sessions in 32 threads": (requests_sessions, four, photos),
        "plain loop": (plain_loop, four, photos // LOOP_SHARE),
        "pixelmill, one host": (pixelmill, one, photos),
    }
    rates: dict[str, list[float]] = {name: [] for name in ways}
    costs: dict[str, list[float]] = {name: [] for name in ways}
    again = []
    for turn in range(turns):
        for name, (way, urls, count) in ways.items():
            with tempfile.TemporaryDirectory() as folder:
                wall, cpu = measure(way, urls, Path(folder))
                if name == "pixelmill":
                    again.append(measure(second_run, urls, Path(folder))[0])
            rates[name].append(count / wall)
            costs[name].append(1000 * cpu / count)
            print(f"  turn {turn + 1}, {name}: {count / wall:.0f} photos a second", flush=True)
    ours = statistics.median(rates["pixelmill"])
    for name, found in rates.items():
        rate, cost = statistics.median(found), statistics.median(costs[name])
        print(f"{name}: {rate:.0f} photos a second, {cost:.2f} ms of CPU each, {ours / rate:.2f}")
    print(f"pixelmill again, nothing to download: {statistics.median(again):.2f} s")


def main() -> None:
    """Starts the server, compares, and stops it."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--photos", type=int, default=2000)
    arguments.add_argument("--turns", type=int, default=3)
    given = arguments.parse_args()
    print(datetime.date.today(), platform.processor() or platform.machine(), *sys.argv)  # noqa: DTZ011
    method = multiprocessing.get_context("spawn")
    ready = method.Event()
    server = method.Process(target=serve, args=(ready,), daemon=True)
    server.start()
    ready.wait(60)
    try:
        compare(given.photos, given.turns)
    finally:
        server.terminate()


if __name__ == "__main__":
    main()
