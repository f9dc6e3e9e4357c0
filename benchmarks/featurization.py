"""Images a second: pixelmill against a plain loop of two processes and against the usual way.

python -m benchmarks.featurization [efficientnet_lite0] [resnet50] [--photos 5000] [--repeats 3]

Every side runs as a command of its own, start-up and all, by turns. The steady state is the
difference between a run on all photos and one on 64, so that start-up cancels out.
"""

import argparse
import datetime
import os
import platform
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from benchmarks.photos import repeated_photos

PROJECT = Path(__file__).parents[1]
FEW = 64
SIDES = ("ours", "loop")
USUAL = 400  # photos that the usual way gets: it is slow, and its rate does not grow


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
    few, many = repeated_photos(FEW, scratch), repeated_photos(count, scratch)
    times: dict[str, list[float]] = {name: [] for name in ("ours", "ours few", "loop", "loop few")}
    pixelmill(few, network, scratch)  # converts the network once for both sides
    for _ in range(repeats):
        times["loop few"].append(script("plain_loop", few, network, scratch))
        times["ours few"].append(pixelmill(few, network, scratch))
        times["loop"].append(script("plain_loop", many, network, scratch))
        times["ours"].append(pixelmill(many, network, scratch))
    middle = {name: statistics.median(values) for name, values in times.items()}
    steady = {side: (count - FEW) / (middle[side] - middle[f"{side} few"]) for side in SIDES}
    whole = {side: count / middle[side] for side in SIDES}
    print(f"\n{network}, {count} photos, medians of {repeats}, images a second")
    print(row("steady state", steady, 0.90))
    print(row("start-up too", whole, 0.80))
    print("  seconds: " + ", ".join(f"{name} {value:.1f}" for name, value in middle.items()))
    rate = usual_rate(network, scratch)
    print(f"  the usual way {rate:.1f}; ours is {steady['ours'] / rate:.1f} times as fast")


def row(name: str, rates: dict[str, float], least: float) -> str:
    """One line: both rates, their ratio, and what it must reach."""
    ours, loop = rates["ours"], rates["loop"]
    return (
        f"  {name}: ours {ours:.0f}, plain loop {loop:.0f}, ratio {ours / loop:.2f} ({least:.2f})"
    )


def usual_rate(network: str, scratch: Path) -> float:
    """Images a second of the usual way in the steady state."""
    few, usual = repeated_photos(FEW, scratch), repeated_photos(USUAL, scratch)
    short = script("usual_way", few, network, scratch)
    return (USUAL - FEW) / (script("usual_way", usual, network, scratch) - short)


def main() -> None:
    """Reads the arguments and compares."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("networks", nargs="*", default=["efficientnet_lite0", "resnet50"])
    arguments.add_argument("--photos", type=int, default=5000)
    arguments.add_argument("--repeats", type=int, default=3)
    given = arguments.parse_args()
    print(datetime.date.today(), platform.processor() or platform.machine(), *sys.argv)  # noqa: DTZ011
    scratch = Path(tempfile.gettempdir()) / "pixelmill-bench"
    scratch.mkdir(exist_ok=True)
    for network in given.networks:
        compare(network, given.photos, given.repeats, scratch)


if __name__ == "__main__":
    main()
