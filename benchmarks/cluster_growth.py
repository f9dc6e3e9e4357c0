"""From one worker to two: a standalone Spark cluster of one core a worker, the same photos.

python -m benchmarks.cluster_growth [--images 5000]

Each side runs by turns on a few photos and on many; the images a second are those of the
difference, so that start-up cancels out. Two workers must do at least 1.8 times what one does.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

from benchmarks.featurization import PROJECT
from benchmarks.machine import print_header
from benchmarks.photos import repeated_photos
from tests.cluster.standalone import Cluster

TURNS = 3
FEW = 500


def seconds(master: str, images: Path, storage: Path) -> float:
    """Wall seconds of the featurization of a folder, from an empty storage."""
    params = f"dataset=bench,images={images},ingestion.label=none,spark.master={master}"
    kedro = str(Path(sys.executable).with_name("kedro"))
    done = subprocess.run(
        [kedro, "run", "--pipelines", "ingestion,featurization", "--params", params],
        cwd=PROJECT,
        env=os.environ | {"PIXELMILL_STORAGE": str(storage), "SPARK_LOCAL_IP": "127.0.0.1"},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        sys.exit(done.stdout + done.stderr)
    profile = json.loads((storage / "08_reporting/bench/profile.json").read_text())
    assert profile["failed"] == 0, profile
    return float(profile["seconds"])


def rate(cluster: Cluster, workers: int, folders: dict[int, Path], scratch: Path) -> float:
    """Images a second on a number of workers, start-up left out."""
    cluster.restore(workers)
    took = {}
    for count, images in folders.items():
        with tempfile.TemporaryDirectory(dir=scratch) as name:
            took[count] = seconds(cluster.url, images, Path(name))
    few, many = folders
    return (many - few) / (took[many] - took[few])


def main() -> None:
    """Measures both by turns and prints the ratio of the medians."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--images", type=int, default=5000)
    many = parser.parse_args().images
    print_header()
    scratch = Path(tempfile.gettempdir()) / "pixelmill-bench"
    scratch.mkdir(exist_ok=True)
    folders = {count: repeated_photos(count, scratch) for count in (FEW, many)}
    rates: dict[int, list[float]] = {1: [], 2: []}
    with tempfile.TemporaryDirectory(dir=scratch) as name:
        cluster = Cluster(Path(name))
        try:
            for turn in range(TURNS):
                for workers, found in rates.items():
                    found.append(rate(cluster, workers, folders, scratch))
                shown = ", ".join(f"{n}: {found[-1]:.1f}" for n, found in rates.items())
                print(f"  turn {turn + 1}, images a second by workers: {shown}", flush=True)
        finally:
            cluster.stop()
    one, two = (statistics.median(found) for found in rates.values())
    print(f"  two workers do {two / one:.2f} times what one does (at least 1.8)")


if __name__ == "__main__":
    main()
