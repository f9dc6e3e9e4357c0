"""The figures of docs/recipes.md: whole runs on the real sets, start-up and all.

python -m benchmarks.real_sets [--seeds 5]

The first run of each set is timed; the others only draw another test set, because thirty per cent
of a small set is too few images for a figure that holds.
"""

import argparse
import json
import statistics
import tempfile
from pathlib import Path

from benchmarks.featurization import kedro_run
from benchmarks.photos import PETS

SETS = {
    "digits": "dataset=digits",
    "pets": f"dataset=pets,images={PETS}",
    "bengali_digits": f"dataset=bengali_digits,images={PETS.parent / 'bengali_digits'}",
}
AGAIN = "splitting,modelling,reporting"


def measure(dataset: str, params: str, seeds: int, storage: Path) -> str:
    """One row of the table: images, classes, seconds, images a second, accuracy."""
    seconds = kedro_run(params, storage)
    first = result(dataset, storage)
    accuracies = [first["accuracy"]]
    for seed in range(1, seeds):
        kedro_run(f"{params},splitting.seed={seed}", storage, "--pipelines", AGAIN)
        accuracies.append(result(dataset, storage)["accuracy"])
    spread = f"{statistics.mean(accuracies):.3f} ({min(accuracies):.3f} to {max(accuracies):.3f})"
    counts = f"{first['images']} | {first['classes']} | {seconds:.0f} s"
    return f"| {dataset} | {counts} | {first['accuracy']:.3f} | {spread} |"


def result(dataset: str, storage: Path) -> dict[str, float]:
    """The metrics of the last run."""
    file = storage / "08_reporting" / dataset / "metrics.json"
    return dict(json.loads(file.read_text(encoding="utf-8")))


def main() -> None:
    """Prints the table."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--seeds", type=int, default=5)
    seeds = arguments.parse_args().seeds
    print(f"| set | images | classes | time | accuracy, seed 0 | mean of {seeds} seeds |")
    print("| --- | ---: | ---: | ---: | ---: | ---: |")
    with tempfile.TemporaryDirectory() as storage:
        for dataset, params in SETS.items():
            print(measure(dataset, params, seeds, Path(storage)), flush=True)


if __name__ == "__main__":
    main()
