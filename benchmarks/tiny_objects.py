"""What pixelmill itself costs an image: 100,000 and 1,000,000 tiny files, a featurizer of no cost.

python -m benchmarks.tiny_objects [--sizes 100000,1000000]

Every size is a run of its own from the folder to the table of features, on two cores. The cost of
an image is the difference of the two times over the difference of the sizes, so that start-up
cancels out. The memory of the driver is the largest that was seen in each quarter of the time in
which features were made; it must not grow from the second quarter to the last.
"""

import argparse
import importlib
import json
import os
import subprocess
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.featurization import PROJECT
from benchmarks.growth import Run, watch
from benchmarks.machine import print_header

FOLDER_SIZE = 1000  # files in a folder
EVERY_SECONDS = 0.5
CORES = 2
FEATURIZERS = Path(__file__).with_name("featurizers")


@dataclass
class Looks:
    """What was seen of a run, look after look.

    Attributes:
        seconds: Wall time of the command.
        memory: Resident bytes by role, at each look at which chunks were being saved.
    """

    seconds: float = 0.0
    memory: list[Counter[str]] = field(default_factory=list)


def tiny_files(count: int, scratch: Path) -> Path:
    """A folder with `count` files of a few bytes, made once."""
    place = scratch / f"tiny-{count}"
    if place.is_dir():
        return place
    part = place.with_suffix(".part")
    for number in range(count):
        folder = part / f"{number // FOLDER_SIZE:04}"
        if number % FOLDER_SIZE == 0:
            folder.mkdir(parents=True, exist_ok=True)
        (folder / f"{number:07}.jpg").write_bytes(b"%d" % number)
    part.rename(place)
    return place


def run_kedro(arguments: list[str]) -> None:
    """`kedro run` in this process, with the featurizer beside those of the package."""
    from kedro.framework.startup import bootstrap_project

    import pixelmill.featurizers

    name = "pixelmill.featurizers.no_cost"
    sys.modules[name] = importlib.import_module("benchmarks.featurizers.no_cost")
    pixelmill.featurizers.__path__.append(str(FEATURIZERS))
    bootstrap_project(PROJECT)
    from pixelmill.cli import run

    run(arguments)


def run(images: Path, storage: Path) -> Looks:
    """Runs ingestion and featurization, and watches the driver's memory."""
    params = f"dataset=tiny,images={images},ingestion.label=none,spark.master=local[{CORES}]"
    command = [sys.executable, "-m", "benchmarks.tiny_objects", "--run"]
    command += ["--pipelines", "ingestion,featurization"]
    command += ["--params", f"{params},featurization.featurizer=no_cost"]
    found = Looks()
    start = time.perf_counter()
    with (storage.parent / f"{storage.name}.log").open("w") as log:
        process = subprocess.Popen(
            command,
            cwd=PROJECT,
            env=os.environ | {"PIXELMILL_STORAGE": str(storage)},
            stdout=log,
            stderr=log,
        )
        while process.poll() is None:
            if any(storage.glob("04_feature/tiny/*/_committed/*")):
                look = Run()
                watch(process.pid, look)
                found.memory.append(look.peaks)
            time.sleep(EVERY_SECONDS)
    found.seconds = time.perf_counter() - start
    if process.returncode:
        sys.exit(Path(log.name).read_text())
    return found


def quarters(memory: list[Counter[str]], role: str) -> list[float]:
    """The largest resident MB of a role in each quarter of the looks."""
    length = len(memory) / 4
    parts = [memory[int(part * length) : int((part + 1) * length)] for part in range(4)]
    return [max((look[role] for look in part), default=0) / 1e6 for part in parts]


def measure(size: int, scratch: Path, storage: Path) -> Looks:
    """One size, and its lines."""
    found = run(tiny_files(size, scratch), storage)
    profile = json.loads((storage / "08_reporting/tiny/profile.json").read_text())
    assert (profile["images"], profile["failed"]) == (size, 0), profile
    print(f"  {size:9,} files: {found.seconds:.1f} s, {size / found.seconds:,.0f} a second")
    for role in ("driver", "JVM"):
        shown = ", ".join(f"{each:,.0f}" for each in quarters(found.memory, role))
        print(f"    memory of the {role} in MB, quarter by quarter: {shown}", flush=True)
    return found


def main() -> None:
    """Measures both sizes, then prints the cost of an image and how memory grew."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sizes", default="100000,1000000", help="two, rising")
    less, more = (int(size) for size in parser.parse_args().sizes.split(","))
    print_header()
    scratch = Path(tempfile.gettempdir()) / "pixelmill-bench"
    scratch.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(dir=scratch) as name:
        few = measure(less, scratch, Path(name, "less"))
        many = measure(more, scratch, Path(name, "more"))
    cost = CORES * (many.seconds - few.seconds) / (more - less)
    print(f"  an image costs {cost * 1e3:.2f} ms of a core beside its featurizer")
    for role in ("driver", "JVM"):
        _, second, _, last = quarters(many.memory, role)
        print(f"  memory of the {role}, last quarter to second: {last / second:.2f} (at most 1.10)")


if __name__ == "__main__":
    if sys.argv[1:2] == ["--run"]:
        run_kedro(sys.argv[2:])
    else:
        main()
