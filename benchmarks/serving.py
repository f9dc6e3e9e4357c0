"""Requests a second of the service against a bare loop, Keras in FastAPI, and three peers.

python -m benchmarks.serving [--seconds 15] [--turns 3] [--soak 600] [--peers-python PATH]

Each request is one photo of pets of 50 to 80 kB as multipart, each answer three labels; the network
is EfficientNet-Lite0 everywhere, and the same converted one but for Keras. wrk makes the requests
(Debian: apt-get install wrk) on the same cores. All sides take turns. LitServe, BentoML and Ray
Serve are no dependencies of pixelmill: PATH is a Python that has requirements-peers.lock installed.
"""

import argparse
import contextlib
import os
import re
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from benchmarks.machine import print_header
from benchmarks.wrk import PORT, Load, Requests

SATURATION, CALM, FLOOD = 32, 16, 256  # connections
MUST = {"loop": 0.8, "keras": 5.0, "litserve": 1.5}
READY = {"bentoml": "/livez"}
PROJECT = Path(__file__).parents[1]


@contextlib.contextmanager
def server(command: list[str], path: str) -> Iterator[subprocess.Popen]:
    """A server that has answered; it ends with the context."""
    process = subprocess.Popen(
        command,
        cwd=PROJECT,
        env=os.environ | {"PYTHONPATH": str(PROJECT / "src")},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        for _ in range(3000):
            with (
                contextlib.suppress(OSError),
                urllib.request.urlopen(f"http://127.0.0.1:{PORT}{path}", timeout=5),
            ):
                break
            time.sleep(0.1)
        yield process
    finally:
        os.killpg(process.pid, signal.SIGTERM)
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
        time.sleep(1)


def ours(model: Path) -> list[str]:
    """The command of the service."""
    command = [sys.executable, "-m", "pixelmill.serving", str(model)]
    return [*command, f"--port={PORT}", "--set=reload_seconds=0"]


def loop_rate(photos: list[bytes], seconds: float) -> tuple[float, float]:
    """Images a second without a service, in batches of 8: decoded one after another, and by two
    threads while the network works on the batch before.
    """
    from pixelmill.featurizers import find_featurizer
    from pixelmill.parameters import FeaturizationParameters

    opened = find_featurizer(FeaturizationParameters()).prepare().open(os.cpu_count())
    batches = [photos[start : start + 8] for start in range(0, len(photos) - 7, 8)]
    opened(batches[0])
    done, began = 0, time.perf_counter()
    while time.perf_counter() - began < seconds / 2:
        for batch in batches:
            opened(batch)
            done += len(batch)
    plain = done / (time.perf_counter() - began)
    return plain, _pipelined(opened, batches, seconds / 2)


def _pipelined(opened, batches: list[list[bytes]], seconds: float) -> float:
    import numpy as np

    def decoded(photo: bytes) -> np.ndarray:
        pixels = np.empty((*opened.decoder.size, 3), np.uint8)
        opened.decoder.decode(photo, pixels)
        return pixels

    done, began = 0, time.perf_counter()
    with ThreadPoolExecutor(os.cpu_count()) as threads:
        coming = [threads.submit(decoded, photo) for photo in batches[0]]
        while time.perf_counter() - began < seconds:
            for batch in batches:
                ready, coming = coming, [threads.submit(decoded, photo) for photo in batch]
                opened.infer(np.stack([one.result() for one in ready]))
                done += len(ready)
    return done / (time.perf_counter() - began)


def saturated(
    command: list[str], ready: str, path: str, requests: Requests, seconds: float
) -> Load:
    """What a server answers when it has as much to do as it takes."""
    with server(command, ready):
        requests.send(path, SATURATION, 3)
        return requests.send(path, SATURATION, seconds)


def calm(command: list[str], requests: Requests, seconds: float, rate: float) -> Load:
    """Latency at 70% of the rate at saturation."""
    with server(command, "/health/ready"):
        requests.send("/classify", CALM, 3)
        delay = 1000 * CALM / (0.7 * rate)
        for _ in range(3):  # the answer's own time is part of the pace
            found = requests.send("/classify", CALM, seconds, delay)
            delay = max(0.0, delay + 1000 * CALM * (1 / (0.7 * rate) - 1 / found.rate))
        return found


def flood(command: list[str], requests: Requests, seconds: float) -> None:
    """Prints what happens above saturation, and how much memory the service takes meanwhile."""
    with server(command, "/health/ready") as process:
        before = _accepted_seconds()
        at_rate = requests.send("/classify", SATURATION, 10)
        calm_mean = _mean(before, after := _accepted_seconds())
        with ThreadPoolExecutor(1) as beside:
            flooding = beside.submit(requests.send, "/classify", FLOOD, seconds)
            memory = []
            while not flooding.done():
                memory.append(_memory(process.pid))
                time.sleep(min(5.0, seconds / 20))
            found = flooding.result()
        flooded_mean = _mean(after, _accepted_seconds())
    tenth = max(1, len(memory) // 10)
    print(
        f"  {FLOOD} connections for {seconds:g} s: {found.rate:.0f} answers a second "
        f"({at_rate.rate:.0f} with {SATURATION}), {found.refused} refused; an accepted image takes "
        f"{1000 * flooded_mean:.0f} ms ({1000 * calm_mean:.0f} ms); memory "
        f"{statistics.mean(memory[tenth : 2 * tenth]):.0f} MB in the second tenth, "
        f"{statistics.mean(memory[-tenth:]):.0f} MB in the last, {max(memory):.0f} MB at most"
    )


def _accepted_seconds() -> tuple[float, float]:
    """Seconds of all accepted images in all steps, and their number."""
    with urllib.request.urlopen(f"http://127.0.0.1:{PORT}/metrics", timeout=60) as answer:
        text = answer.read().decode()
    steps = re.findall(r"pixelmill_step_seconds_sum\{step=\"\w+\"\} (\S+)", text)
    count = re.search(r"pixelmill_step_seconds_count\{step=\"queue\"\} (\S+)", text)
    return sum(map(float, steps)), float(count[1]) if count else 0.0


def _mean(before: tuple[float, float], after: tuple[float, float]) -> float:
    return (after[0] - before[0]) / max(1.0, after[1] - before[1])


def _memory(pid: int) -> float:
    """MB of a process and its children."""
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    sizes = []
    for one in (pid, *children):
        with contextlib.suppress(OSError):
            pages = Path(f"/proc/{one}/statm").read_text().split()[1]
            sizes.append(int(pages) * os.sysconf("SC_PAGE_SIZE") / 1e6)
    return sum(sizes)


def start_up(model: Path) -> tuple[float, float]:
    """Seconds until the service is ready, and its memory then in MB."""
    began = time.monotonic()
    with server(ours(model), "/health/ready") as process:
        return time.monotonic() - began, _memory(process.pid)


def compare(model: Path, requests: Requests, given: argparse.Namespace) -> None:
    """Prints the rates of all sides in each turn, and their medians."""
    sides = {"keras": [sys.executable, "-m", "benchmarks.serving_keras", str(PORT)]}
    if given.peers_python is not None:
        # Not resolved: a link to the interpreter is what makes its environment.
        python = str(given.peers_python.absolute())
        for peer in ("litserve", "bentoml", "ray"):
            sides[peer] = [python, "-m", f"benchmarks.serving_{peer}", str(PORT)]
    rates: dict[str, list[float]] = {}
    for turn in range(given.turns):
        plain, pipelined = loop_rate(requests.photos, given.seconds)
        found = {"loop": plain, "pipelined loop": pipelined}
        load = saturated(ours(model), "/health/ready", "/classify", requests, given.seconds)
        found["ours"] = load.rate
        for side, command in sides.items():
            ready = READY.get(side, "/health")
            found[side] = saturated(command, ready, "/predict", requests, given.seconds).rate
        for side, rate in found.items():
            rates.setdefault(side, []).append(rate)
        shown = ", ".join(f"{side} {rate:.0f}" for side, rate in found.items())
        print(f"  turn {turn + 1}, images a second: {shown}", flush=True)
    middle = {side: statistics.median(values) for side, values in rates.items()}
    for side, rate in middle.items():
        must = f" (must be {MUST[side]})" if side in MUST else ""
        if side != "ours":
            print(f"  ours / {side}: {middle['ours'] / max(rate, 0.1):.2f}{must}")
    found = calm(ours(model), requests, given.seconds, middle["ours"])
    print(
        f"  at {found.rate:.0f} a second, {100 * found.rate / middle['ours']:.0f}% of saturation: "
        f"p99 {found.p99:.0f} ms (must be 250), {found.refused} refused"
    )


def main() -> None:
    """Makes an export, and compares."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=15)
    parser.add_argument("--turns", type=int, default=3)
    parser.add_argument("--soak", type=float, default=30, help="seconds above saturation")
    parser.add_argument("--peers-python", type=Path)
    given = parser.parse_args()
    if shutil.which("wrk") is None:
        sys.exit("wrk makes the requests: apt-get install wrk")
    print_header()
    from benchmarks.serving_model import CONVERTED, export_pets, write_network

    with tempfile.TemporaryDirectory() as scratch:
        model = export_pets(Path(scratch) / "export")
        folder = Path(scratch) / "requests"
        folder.mkdir()
        requests = Requests(folder)
        os.environ[CONVERTED] = str(write_network(Path(scratch) / "network"))
        seconds, memory = start_up(model)
        print(f"  ready in {seconds:.1f} s (must be 3), {memory:.0f} MB (must be 500)")
        compare(model, requests, given)
        flood(ours(model), requests, given.soak)


if __name__ == "__main__":
    main()
