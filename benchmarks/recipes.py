"""The figures of the recipes: the five published use cases, run offline on the real sets.

python -m benchmarks.recipes [pets] [digits] [fruits] [colours] [brands] [--seeds 5]

Each is a `kedro run` of its own on two cores, start-up and all. Where the originals took networks
that must be downloaded, EfficientNet-Lite0 replaces them, and the sets are samples: pets has 7
photos of each breed (the first 5 for training) and plays the brands too, from a folder and with its
breeds as labels; fruits has 9 kinds, colours 8 of 11. A test split of so few images says little, so
pets and digits are also divided again with other seeds (30 per cent tested), and the folds of
colours are taken over all its images besides.
"""

import argparse
import json
import statistics
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pyarrow.dataset

from benchmarks.featurization import PROJECT, kedro_run
from benchmarks.machine import print_header
from benchmarks.photos import PETS

ASSETS = PETS.parent
OFFLINE = "featurization.featurizer=efficientnet_lite0,featurization.layer=null"
FRACTION = "splitting.method=fraction,splitting.test_fraction=0.3"
NO_TEST = "splitting.test_fraction=0.000001"
AGAIN = ("--pipelines", "splitting,modelling,reporting")
TERRIERS = {"wheaten_terrier", "yorkshire_terrier"}

Row = dict[str, Any]


class RecipeRuns:
    """Runs of recipes into one storage, and their results."""

    def __init__(self, scratch: Path) -> None:
        """Takes a folder for the storage and for sets that are laid out again."""
        self.scratch = scratch
        self.storage = scratch / "storage"

    def run(self, recipe: str, params: str, *arguments: str) -> float:
        """Wall time of a recipe with some parameters."""
        config = ("--config", str(PROJECT / "recipes" / f"{recipe}.yml"))
        return kedro_run(params, self.storage, *config, *arguments)

    def metrics(self, dataset: str) -> Row:
        """The figures of the last run of a data set."""
        file = self.storage / "08_reporting" / dataset / "metrics.json"
        return dict(json.loads(file.read_text(encoding="utf-8")))

    def table(self, dataset: str, name: str) -> list[Row]:
        """The rows of a table for machines."""
        place = self.storage / "08_reporting" / dataset / f"{name}.parquet"
        rows: list[Row] = pyarrow.dataset.dataset(place, format="parquet").to_table().to_pylist()
        return rows


def measure_pets(runs: RecipeRuns, seeds: int) -> None:
    """Every pair of breeds, from the first five photos of each; then the terriers, drawn again."""
    params = f"images={PETS},ingestion.label=parent,{OFFLINE}"
    seconds = runs.run("pets", f"{params},splitting.method=first_per_class,splitting.count=5")
    show(runs, "pets", "pets", seconds)
    first = terriers(runs)
    accuracies, drawn = [], []
    for seed in range(seeds):
        runs.run("pets", f"{params},{FRACTION},splitting.seed={seed}", *AGAIN)
        accuracies.append(runs.metrics("pets")["accuracy"])
        drawn.append(terriers(runs))
    print(f"  wheaten against yorkshire terrier: {rate([first])}; drawn again: {rate(drawn)}")
    print(f"  accuracy, drawn again: {spread(accuracies)}")


def terriers(runs: RecipeRuns) -> Row:
    """The row of the pair of which the original published its success rate."""
    pairs = runs.table("pets", "pairs")
    return next(row for row in pairs if {row["class_a"], row["class_b"]} == TERRIERS)


def rate(rows: Sequence[Row]) -> str:
    """The success rate over the test images of all rows; a row without any has no rate."""
    tested = [row for row in rows if row["test"]]
    images = sum(row["test"] for row in tested)
    right = sum(row["success_rate"] * row["test"] for row in tested)
    return f"{right / images:.3f} of {images} test images" if images else "no test image"


def measure_digits(runs: RecipeRuns, seeds: int) -> None:
    """Logistic regression on 500 digits; then divided again."""
    params = f"images={ASSETS / 'bengali_digits'},{OFFLINE}"
    show(runs, "digits", "bengali_digits", runs.run("digits", params))
    found = [runs.metrics("bengali_digits")]
    for seed in range(1, seeds):
        runs.run("digits", f"{params},splitting.seed={seed}", *AGAIN)
        found.append(runs.metrics("bengali_digits"))
    print(f"  accuracy of all seeds: {spread([one['accuracy'] for one in found])}")
    print(f"  F1 of all seeds: {spread([one['f1']['macro'] for one in found])}")


def measure_fruits(runs: RecipeRuns, _: int) -> None:
    """Scaling, PCA, and the split that the folders name."""
    seconds = runs.run("fruits", f"images={ASSETS / 'fruits'},{OFFLINE}")
    show(runs, "fruits", "fruits", seconds)


def measure_colours(runs: RecipeRuns, _: int) -> None:
    """The grid of five families; then its folds over all images, as the original counted."""
    params = f"images={ASSETS / 'colours'}"
    show(runs, "colours", "colours", runs.run("colours", params))
    print_grid(runs, "folds over the training images")
    runs.run("colours", f"{params},{NO_TEST}", *AGAIN)
    print_grid(runs, "folds over all images")


def measure_brands(runs: RecipeRuns, _: int) -> None:
    """Map, groups and mosaics of the pets, whose breeds say what the groups are worth."""
    params = f"images={PETS},ingestion.label=parent,{OFFLINE},featurization.pooling=max"
    seconds = runs.run("brands", params)
    place = runs.storage / "08_reporting/brands/map.json"
    found = json.loads(place.read_text(encoding="utf-8"))
    grouping, near = found["grouping"], found["neighbours"]
    groups = f"{len(grouping['groups'])} clusters, {grouping['noise']} images unclustered"
    print(f"brands: {found['images']} images, {seconds:.0f} s, {groups}", flush=True)
    print(f"  eps {grouping['eps']:.2f}, ARI {grouping['ari']:.2f}, NMI {grouping['nmi']:.2f}")
    shares = f"{near['map']:.3f} on the map, {near['features']:.3f} by features, {near['most']:.3f}"
    print(f"  same label among the {near['k']} nearest: {shares} at most")
    print(f"  trustworthiness {near['trustworthiness']:.3f}")


def print_grid(runs: RecipeRuns, title: str) -> None:
    """The best point of each family, the best family first."""
    best: dict[str, Row] = {}
    points = [row for row in runs.table("colours", "grid") if row["error"] is None]
    for row in sorted(points, key=lambda row: -row["mean"]):
        best.setdefault(row["estimator"], row)
    print(f"  {title}:")
    for name, row in best.items():
        took = f"{row['fit_seconds']:.2f} s a fit"
        print(f"    {row['mean']:.3f} ± {row['std']:.3f} {name} {row['parameters']} ({took})")


def show(runs: RecipeRuns, recipe: str, dataset: str, seconds: float) -> None:
    """The line of a recipe."""
    found = runs.metrics(dataset)
    counts = f"{found['train']} train, {found['test']} test, {found['classes']} classes"
    figures = f"accuracy {found['accuracy']:.3f}, F1 {found['f1']['macro']:.3f}"
    print(f"{recipe}: {counts}, {seconds:.0f} s, {figures}", flush=True)


def spread(shares: Sequence[float]) -> str:
    """The mean, and the least and the most."""
    if not shares:
        return "none"
    mean = statistics.mean(shares)
    return f"mean {mean:.3f} of {len(shares)} ({min(shares):.3f} to {max(shares):.3f})"


RECIPES = {
    "pets": measure_pets,
    "digits": measure_digits,
    "fruits": measure_fruits,
    "colours": measure_colours,
    "brands": measure_brands,
}


def main() -> None:
    """Reads the arguments and runs the recipes."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("recipes", nargs="*", default=list(RECIPES))
    arguments.add_argument("--seeds", type=int, default=5)
    given = arguments.parse_args()
    print_header()
    with tempfile.TemporaryDirectory() as scratch:
        for name in given.recipes:
            RECIPES[name](RecipeRuns(Path(scratch)), given.seeds)


if __name__ == "__main__":
    main()
