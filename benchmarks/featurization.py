"""Images a second: pixelmill against a plain loop of two processes and against the usual way.

python -m benchmarks.featurization [efficientnet_lite0] [resnet50] [--photos 5000] [--repeats 3]

Every side runs as a command of its own, start-up and all, by turns. The steady state is the
difference between a run on all photos and one on 64, so that start-up cancels out.
"""

import argparse
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

from benchmarks.machine import print_header
from benchmarks.photos import repeated_photos

PROJECT = Path(__file__).parents[1]
FEW = 64
USUAL = 1000  # photos that the usual way gets: it is slow, and its rate does not grow

Side = Callable[[Path, str, Path], float]


def seconds(command: list[str], **environment: str) -> float:
    """Wall time of a command that must succeed."""
    start = time.perf_counter()
    done = subprocess.run(
        command,
        env=os.environ | environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        cwd=PROJECT,
        text=True,
        check=False,
    )
    if done.returncode:
        raise SystemExit(f"{' '.join(command)} failed:\n{done.stdout[-3000:]}")
    return time.perf_counter() - start


def kedro_run(params: str, storage: Path, *arguments: str) -> float:
    """Wall time of `kedro run` on two cores."""
    kedro = str(Path(sys.executable).with_name("kedro"))
    command = [kedro, "run", *arguments, "--params", f"{params},spark.master=local[2]"]
    return seconds(command, PIXELMILL_STORAGE=str(storage))


def pixelmill(photos: Path, network: str, scratch: Path) -> float:
    """Wall time of `kedro run` from the folder to the table of features."""
    storage = Path(tempfile.mkdtemp(dir=scratch))
    weights = "imagenet" if network == "efficientnet_lite0" else "random"
    params = f"dataset=bench,images={photos},featurization.featurizer={network}"
    params += f",featurization.weights={weights}"
    took = kedro_run(params, storage, "--pipelines", "ingestion,featurization")
    shutil.rmtree(storage)
    return took


def script(name: str, photos: Path, network: str, scratch: Path) -> float:
    """Wall time of another side's script."""
    output = str(scratch / f"{name}.out")
    command = [sys.executable, "-m", f"benchmarks.{name}", str(photos), network, output]
    return seconds(command)


def compare(network: str, count: int, repeats: int, scratch: Path) -> None:
    """Prints the rates of all sides for one network, and their ratios."""
    few = repeated_photos(FEW, scratch)
    pixelmill(few, network, scratch)  # converts the network once for all sides
    sides: dict[str, tuple[Side, int]] = {
        "plain loop": (partial(script, "plain_loop"), count),
        "pixelmill": (pixelmill, count),
        "usual way": (partial(script, "usual_way"), min(count, USUAL)),
    }
    turns = [one_turn(sides, network, scratch) for _ in range(repeats)]
    photos = {name: photos for name, (_, photos) in sides.items()}
    print(f"\n{network}, {count} photos (the usual way {photos['usual way']}), images a second")
    for name in sides:
        steady = [(photos[name] - FEW) / (turn[name] - turn[few_of(name)]) for turn in turns]
        whole = [photos[name] / turn[name] for turn in turns]
        print(f"  {name}: steady state {shown(steady)}, start-up too {shown(whole)}")
    middle = {side: statistics.median(turn[side] for turn in turns) for side in turns[0]}
    print(f"  the network alone, without images: {network_alone(network):.1f}")
    print("  seconds: " + ", ".join(f"{name} {value:.1f}" for name, value in middle.items()))
    print_ratios(middle, photos)


def one_turn(sides: dict[str, tuple[Side, int]], network: str, scratch: Path) -> dict[str, float]:
    """Seconds of every side, on few photos and on all of its own."""
    took = {}
    for name, (side, photos) in sides.items():
        took[few_of(name)] = side(repeated_photos(FEW, scratch), network, scratch)
        took[name] = side(repeated_photos(photos, scratch), network, scratch)
    return took


def network_alone(network: str) -> float:
    """Images a second that no featurization on this machine could exceed."""
    command = [sys.executable, "-m", "benchmarks.network_alone", network]
    return float(subprocess.run(command, capture_output=True, text=True, check=True).stdout)


def few_of(name: str) -> str:
    """The name of a side's run on few photos."""
    return f"{name}, {FEW} photos"


def print_ratios(seconds: dict[str, float], photos: dict[str, int]) -> None:
    """How many times as fast as the other sides pixelmill is, from medians of seconds."""
    steady = {
        name: (photos[name] - FEW) / (seconds[name] - seconds[few_of(name)]) for name in photos
    }
    whole = {name: photos[name] / seconds[name] for name in photos}
    loop = steady["pixelmill"] / steady["plain loop"], whole["pixelmill"] / whole["plain loop"]
    usual = steady["pixelmill"] / steady["usual way"]
    print(f"  against the plain loop: steady state {loop[0]:.2f}, start-up too {loop[1]:.2f}")
    print(f"  against the usual way: steady state {usual:.1f}")


def shown(rates: list[float]) -> str:
    """The median of all turns, and every turn."""
    return f"{statistics.median(rates):.1f} ({', '.join(f'{rate:.1f}' for rate in rates)})"


def main() -> None:
    """Reads the arguments and compares."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("networks", nargs="*", default=["efficientnet_lite0", "resnet50"])
    arguments.add_argument("--photos", type=int, default=5000)
    arguments.add_argument("--repeats", type=int, default=3)
    given = arguments.parse_args()
    print_header()
    scratch = Path(tempfile.gettempdir()) / "pixelmill-bench"
    scratch.mkdir(exist_ok=True)
    for network in given.networks:
        compare(network, given.photos, given.repeats, scratch)


if __name__ == "__main__":
    main()
