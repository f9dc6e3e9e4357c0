"""Images a second of `colour_statistics`: pixelmill against a plain loop of two processes.

python -m benchmarks.colour_statistics [--photos 10000] [--few 2000] [--repeats 3]

Both sides run as commands of their own, start-up and all, by turns. The steady state is the
difference between a run on all photos and one on few, so that start-up cancels out.
"""

import argparse
import shutil
import statistics
import sys
import tempfile
from collections.abc import Callable
from functools import partial
from pathlib import Path

from benchmarks.featurization import kedro_run, seconds, shown
from benchmarks.machine import print_header
from benchmarks.photos import repeated_photos

Side = Callable[[Path], float]


def pixelmill(scratch: Path, photos: Path) -> float:
    """Wall time of `kedro run` from the folder to the table of features."""
    storage = Path(tempfile.mkdtemp(dir=scratch))
    params = f"dataset=bench,images={photos},featurization.featurizer=colour_statistics"
    took = kedro_run(params, storage, "--pipelines", "ingestion,featurization")
    shutil.rmtree(storage)
    return took


def plain_loop(scratch: Path, photos: Path) -> float:
    """Wall time of the plain loop."""
    output = str(scratch / "colour_loop.npz")
    return seconds([sys.executable, "-m", "benchmarks.colour_loop", str(photos), output])


def turn(side: Side, few: Path, all_of_them: Path, more: int) -> tuple[float, float]:
    """Images a second in the steady state, and seconds of the run on all."""
    start_up = side(few)
    whole = side(all_of_them)
    return more / (whole - start_up), whole


def main() -> None:
    """Reads the arguments and compares."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--photos", type=int, default=10_000)
    arguments.add_argument("--few", type=int, default=2_000)
    arguments.add_argument("--repeats", type=int, default=3)
    given = arguments.parse_args()
    print_header()
    scratch = Path(tempfile.gettempdir()) / "pixelmill-bench"
    scratch.mkdir(exist_ok=True)
    few, photos = (repeated_photos(count, scratch) for count in (given.few, given.photos))
    sides = {"plain loop": partial(plain_loop, scratch), "pixelmill": partial(pixelmill, scratch)}
    rates: dict[str, list[float]] = {name: [] for name in sides}
    for _ in range(given.repeats):
        for name, side in sides.items():
            rate, whole = turn(side, few, photos, given.photos - given.few)
            rates[name].append(rate)
            print(f"  {name}: {rate:.0f} images a second, {whole:.1f} s in all", flush=True)
    for name, every in rates.items():
        print(f"{name}: steady state {shown(every)} images a second")
    ratio = statistics.median(rates["pixelmill"]) / statistics.median(rates["plain loop"])
    print(f"against the plain loop: steady state {ratio:.2f}")


if __name__ == "__main__":
    main()
