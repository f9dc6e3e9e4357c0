"""A grid search on two cores against one: how many times as fast.

python -m benchmarks.grid [--points 6] [--trees 600] [--repeats 3]

The features are the pixels of scikit-learn's 1,797 digits, each point a random forest with a seed
of its own on four folds. Every side is a process with its own Spark, by turns; its time is that of
the search alone, from the training table to the last saved fit, with the start of the workers.
"""

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from benchmarks.machine import print_header

PROJECT = Path(__file__).parents[1]
FOLDS = 4
FOREST = "sklearn.ensemble.RandomForestClassifier"


def search(cores: int, points: int, trees: int) -> dict[str, float]:
    """Runs the nodes of a search in this process.

    Args:
        cores: Cores of the Spark session.
        points: Points of the grid.
        trees: Of each forest.

    Returns:
        `seconds` of the search, mean `fit_seconds`, number of `fits`, and the best `mean` score.
    """
    from pixelmill.datasets.grid_fits import GridFits
    from pixelmill.parameters import ModellingParameters, SparkParameters
    from pixelmill.pipelines.modelling.grid import choose_estimator, plan_grid, search_grid
    from pixelmill.spark.session import configure, get_session

    configure(SparkParameters(master=f"local[{cores}]"))
    spark = get_session()
    parameters = {"n_estimators": trees, "random_state": list(range(points))}
    point = {"estimator": FOREST, "parameters": parameters}
    modelling = ModellingParameters(grid={"folds": FOLDS, "points": [point]})
    table = digits(spark)
    plan = plan_grid(table, {"fingerprint": "digits"}, modelling)
    with tempfile.TemporaryDirectory() as folder:
        fits = GridFits(filepath=folder)
        start = time.perf_counter()
        for finished in search_grid(table, plan, fits.load(), modelling):
            fits.save(finished)
        seconds = time.perf_counter() - start
        board, _ = choose_estimator(fits.load(), plan)
    spark.stop()
    return {
        "seconds": seconds,
        "fit_seconds": float(board["fit_seconds"].mean()),
        "fits": points * FOLDS,
        "mean": float(board["mean"][0]),
    }


def digits(spark):
    """A table of labelled features of scikit-learn's digits, all for training."""
    import pyarrow as pa
    from sklearn.datasets import load_digits

    pixels, labels = load_digits(return_X_y=True)
    columns = {
        "path": [f"{number:04d}.png" for number in range(len(labels))],
        "label": labels.astype(str).tolist(),
        "split": ["train"] * len(labels),
        "features": pa.array(list(pixels), pa.list_(pa.float32())),
    }
    return spark.createDataFrame(pa.table(columns))


def in_own_process(cores: int, points: int, trees: int) -> dict[str, float]:
    """The same in a process that starts for it and ends with it."""
    command = [sys.executable, "-m", "benchmarks.grid", "--cores", str(cores)]
    command += ["--points", str(points), "--trees", str(trees)]
    done = subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"{' '.join(command)} failed:\n{done.stderr[-3000:]}")
    return json.loads(done.stdout.splitlines()[-1])


def compare(points: int, trees: int, repeats: int) -> None:
    """Prints every turn, and the ratio of the medians."""
    took: dict[int, list[float]] = {1: [], 2: []}
    for turn in range(repeats):
        for cores in took if turn % 2 == 0 else reversed(took):
            side = in_own_process(cores, points, trees)
            took[cores].append(side["seconds"])
            print(
                f"turn {turn + 1}, cores {cores}: {side['fits']} fits in {side['seconds']:.1f} s, "
                f"{side['fit_seconds']:.2f} s a fit, best {side['mean']:.6f}",
                flush=True,
            )
    one, two = (statistics.median(seconds) for seconds in took.values())
    print(f"one core {one:.1f} s, two cores {two:.1f} s: {one / two:.2f} times as fast")


def main() -> None:
    """Reads the arguments and compares, or is one side."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--points", type=int, default=6)
    arguments.add_argument("--trees", type=int, default=600)
    arguments.add_argument("--repeats", type=int, default=3)
    arguments.add_argument("--cores", type=int, help=argparse.SUPPRESS)
    given = arguments.parse_args()
    if given.cores is not None:
        print(json.dumps(search(given.cores, given.points, given.trees)))
        return
    print_header()
    compare(given.points, given.trees, given.repeats)


if __name__ == "__main__":
    main()
