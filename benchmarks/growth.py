"""Memory and time as a data set grows: 1,000, 10,000 and 100,000 small images; then nothing new.

python -m benchmarks.growth [--sizes 1000,10000,100000]

Every size is a `kedro run` of its own from the folder to the table of features, on two cores. The
time an image takes is the difference between two sizes, so that start-up cancels out; it must not
grow by more than 10% from one difference to the next, nor the memory from the last size but one
to the last. The last size then runs again with nothing new. Takes about ten minutes.
"""

import argparse
import itertools
import json
import os
import random
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from benchmarks.featurization import PROJECT
from benchmarks.machine import print_header
from benchmarks.photos import PETS

FOLDERS = 100
DISTINCT = 500
SIDE = 32  # pixels
EVERY_SECONDS = 0.5
AGAIN_SECONDS = 20
ROLES = ("driver", "JVM", "workers")
LIBRARIES = ("tensorflow", "openvino")
PAGE_BYTES = os.sysconf("SC_PAGE_SIZE")


@dataclass
class Run:
    """What a run took.

    Attributes:
        seconds: Wall time of the command.
        cpu: CPU seconds of all its processes, up to the last look at them.
        peaks: Largest sum of resident memory in bytes, by role and of all roles together. Pages
            that forked workers share count once for each of them.
        own_peaks: The same without mapped files, whose pages the system can take back.
        loaded: Role and library, for every native library of LIBRARIES that a process had loaded.
        profile: Contents of `profile.json`.
    """

    seconds: float = 0.0
    cpu: float = 0.0
    peaks: Counter[str] = field(default_factory=Counter)
    own_peaks: Counter[str] = field(default_factory=Counter)
    loaded: set[tuple[str, str]] = field(default_factory=set)
    profile: dict[str, Any] = field(default_factory=dict)


def small_images(count: int, folder: Path) -> Path:
    """A folder with `count` crops of photos, made once: few contents under many names.

    Args:
        count: Number of images.
        folder: Parent of the folder that is made.

    Returns:
        The folder; its images lie in 100 folders.
    """
    place = folder / f"small-{count}"
    if place.is_dir():
        return place
    part = place.with_suffix(".part")
    for number in range(FOLDERS):
        (part / f"folder {number:03}").mkdir(parents=True, exist_ok=True)
    contents = itertools.cycle(list(crops()))
    for number, content in zip(range(count), contents, strict=False):
        (part / f"folder {number % FOLDERS:03}" / f"{number:07}.jpg").write_bytes(content)
    part.rename(place)
    return place


def crops() -> Iterator[bytes]:
    """JPEG files of distinct crops."""
    import cv2

    chosen = random.Random(0)
    photos = sorted(PETS.rglob("*.jpg"))[: DISTINCT // 10]
    for photo in itertools.islice(itertools.cycle(photos), DISTINCT):
        image = cv2.imread(str(photo), cv2.IMREAD_REDUCED_COLOR_2)
        top, left = (chosen.randrange(length - SIDE) for length in image.shape[:2])
        yield cv2.imencode(".jpg", image[top : top + SIDE, left : left + SIDE])[1].tobytes()


def run(
    images: Path, storage: Path, pipelines: str = "ingestion,featurization", label: str = "none"
) -> Run:
    """Run pipelines, and watch the memory and CPU time of all processes."""
    params = f"dataset=bench,images={images},ingestion.label={label},spark.master=local[2]"
    kedro = str(Path(sys.executable).with_name("kedro"))
    command = [kedro, "run", "--pipelines", pipelines, "--params", params]
    environment = os.environ | {"PIXELMILL_STORAGE": str(storage)}
    result = Run()
    start = time.perf_counter()
    process = subprocess.Popen(
        command, cwd=PROJECT, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL
    )
    while process.poll() is None:
        watch(process.pid, result)
        try:
            process.wait(EVERY_SECONDS)
        except subprocess.TimeoutExpired:
            continue
    result.seconds = time.perf_counter() - start
    if process.returncode:
        sys.exit(f"kedro run ended with {process.returncode}")
    profile = storage / "08_reporting" / "bench" / "profile.json"
    result.profile = json.loads(profile.read_text())
    return result


def watch(root: int, result: Run) -> None:
    """Add one look at the processes to what is known of the run."""
    now: Counter[str] = Counter()
    own: Counter[str] = Counter()
    ticks = 0
    for process in process_tree(root):
        try:
            role = role_of(process, root)
            resident, mapped = map(int, (process / "statm").read_text().split()[1:3])
            maps = (process / "maps").read_text()
            # From the 14th field: user and system time, and the same of ended children.
            times = (process / "stat").read_text().rpartition(")")[2].split()[11:15]
        except (FileNotFoundError, ProcessLookupError):  # it has ended meanwhile
            continue
        # A JVM that starts a process is there twice for a moment, with the same memory.
        for sums, pages in ((now, resident), (own, resident - mapped)):
            size = pages * PAGE_BYTES
            sums[role] = max(sums[role], size) if role == "JVM" else sums[role] + size
        result.loaded |= {(role, name) for name in LIBRARIES if f"-packages/{name}/" in maps}
        ticks += sum(map(int, times))
    result.cpu = max(result.cpu, ticks / os.sysconf("SC_CLK_TCK"))
    for sums in (now, own):
        sums["all"] = sums.total()
    result.peaks |= now
    result.own_peaks |= own


def process_tree(root: int) -> list[Path]:
    """The folders below /proc of a process and all its descendants."""
    children: dict[int, list[int]] = {}
    for process in Path("/proc").glob("[0-9]*"):
        try:
            # The name, in brackets, may hold spaces; the parent is the second field after it.
            parent = int((process / "stat").read_text().rpartition(")")[2].split()[1])
        except (FileNotFoundError, ProcessLookupError):
            continue
        children.setdefault(parent, []).append(int(process.name))
    found = [root]
    for process_id in found:  # grows while it is read
        found += children.get(process_id, [])
    return [Path("/proc", str(process_id)) for process_id in found]


def role_of(process: Path, root: int) -> str:
    """The driver's Python, its JVM (and what starts it), or the Python workers."""
    if process.name == str(root):
        return "driver"
    name = (process / "comm").read_text().strip()
    return "workers" if name.startswith("python") else "JVM"


def megabytes(peaks: Counter[str]) -> str:
    """Peaks of memory, by role."""
    return ", ".join(f"{role} {peaks[role] / 1e6:.0f}" for role in (*ROLES, "all"))


def measure(size: int, scratch: Path, storage: Path) -> Run:
    """One size, with an empty storage, and its line."""
    result = run(small_images(size, scratch), storage)
    rate = size / result.seconds
    print(f"  {size:7} images: {result.seconds:6.1f} s, {rate:4.0f} images a second, peak memory")
    print(f"                  in MB: {megabytes(result.peaks)}", flush=True)
    assert (result.profile["images"], result.profile["failed"]) == (size, 0), result.profile
    return result


def show_growth(runs: dict[int, Run]) -> None:
    """Prints how time and memory grew."""
    pairs = list(itertools.pairwise(runs))
    each = [
        (runs[more].seconds - runs[less].seconds) / (more - less) * 1000 for less, more in pairs
    ]
    for (less, more), milliseconds in zip(pairs, each, strict=True):
        print(f"  from {less} to {more}: {milliseconds:.2f} ms an image")
    if len(each) > 1:
        print(f"  the last of these over the one before: {each[-1] / each[-2]:.2f} (at most 1.10)")
    if pairs:
        less, more = (runs[size].peaks for size in pairs[-1])
        ratios = ", ".join(f"{role} {more[role] / less[role]:.2f}" for role in (*ROLES, "all"))
        print("  peak memory, {1} to {0}: {2} (at most 1.10)".format(*pairs[-1], ratios))


def show_again(size: int, again: Run) -> None:
    """Prints the run with nothing new, and stops where it did any work."""
    print(
        f"  {size} again, nothing new: {again.seconds:.1f} s (at most {AGAIN_SECONDS}), "
        f"peak memory in MB: {megabytes(again.peaks)}"
    )
    loaded = ", ".join(sorted(f"{library} in {role}" for role, library in again.loaded))
    print(f"  native libraries that it loaded: {loaded or 'neither TensorFlow nor OpenVINO'}")
    done = again.profile["images"], again.profile["already_done"]
    print(f"  its profile: {done[0]} images computed, {done[1]} already done")
    assert done == (0, size), again.profile
    assert not any(library == "tensorflow" for _, library in again.loaded)
    assert not any(role == "workers" for role, _ in again.loaded)


def main() -> None:
    """Measures all sizes, then the last once more."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sizes", default="1000,10000,100000", help="rising, with commas")
    sizes = sorted(int(size) for size in parser.parse_args().sizes.split(","))
    print_header()
    scratch = Path(tempfile.gettempdir()) / "pixelmill-bench"
    scratch.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(dir=scratch) as name:
        run(small_images(sizes[0], scratch), Path(name, "first"))  # converts the network once
        storages = {size: Path(name, str(size)) for size in sizes}
        runs = {size: measure(size, scratch, storages[size]) for size in sizes}
        show_growth(runs)
        again = run(small_images(sizes[-1], scratch), storages[sizes[-1]])
        show_again(sizes[-1], again)


if __name__ == "__main__":
    main()
