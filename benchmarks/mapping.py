"""The map of 10,000 images: pixelmill against scikit-learn and PIL, and all its mosaics.

python -m benchmarks.mapping [--images 10000] [--features 2048] [--repeats 3] [--side 1080]

The photos of pets are 500 pixels wide at most in most cases; `--side` enlarges them to what
photos have elsewhere: 1,080 pixels on Instagram.

Both sides are commands of their own, by turns, on two cores, from the table of features to the
map, its groups and a scatter mosaic of 5,000 x 5,000 pixels. pixelmill is `kedro run --pipelines
mapping`, start-up of Spark and measures of the map and all, with DBSCAN on the projection as the
usual way has it; the page, the other mosaics, the index of neighbours and the search for
duplicates are left out, since the other side has none. Both
maps are then measured by scikit-learn's trustworthiness on the same images, against the
standardized features. A last run of pixelmill draws the mosaics of all styles.
"""

import argparse
import re
import statistics
import sys
import tempfile
from functools import partial
from pathlib import Path

import numpy as np
import pyarrow.dataset

from benchmarks.kedro_steps import Watched, show_steps, watched, watched_run
from benchmarks.machine import print_header
from benchmarks.made_up_features import MadeUpFeatures, of_width, write_storage
from benchmarks.photos import repeated_photos

DATASET = "map"
SIZE = 5000  # pixels of a side
SAMPLE = 5000  # images that the maps are measured on
NEIGHBOURS = 10
LIKE = (
    "mapping.grouping.method=dbscan,mapping.page.enabled=false,mapping.mosaics.size=5000,"
    "neighbours.enabled=false,duplicates.enabled=false"
)
DRAWING = re.compile(r"thumbnails|scene|mosaic|sketch")  # nodes of the pictures


def prepare(
    count: int, made: MadeUpFeatures, scratch: Path, storage: Path, side: int | None = None
) -> Path:
    """The photos and the tables that both sides begin with; returns the folder of the photos."""
    photos = repeated_photos(count, scratch, side)
    files = sorted(photos.rglob("*.jpg"), key=lambda file: file.name)
    paths = [file.relative_to(photos).as_posix() for file in files]
    write_storage(storage, DATASET, photos, paths, made)
    return photos


def ours(styles: str, storage: Path) -> Watched:
    """The map with mosaics of some styles."""
    params = f"dataset={DATASET},{LIKE},mapping.mosaics.styles=[{styles}]"
    return watched_run("mapping", params, storage)


def usual(storage: Path, photos: Path, output: Path) -> Watched:
    """The other side's command."""
    features = next((storage / "04_feature" / DATASET).glob("*/chunk=*"))
    command = [sys.executable, "-m", "benchmarks.usual_map"]
    return watched([*command, str(features), str(photos), str(output), str(SIZE)])


def worth(places: Path, storage: Path) -> str:
    """What a map keeps of the neighbours by the standardized features, on a sample."""
    from sklearn.manifold import trustworthiness
    from sklearn.preprocessing import StandardScaler

    features = read(next((storage / "04_feature" / DATASET).glob("*/chunk=*")), ["features"])
    scaled = StandardScaler().fit_transform(np.stack(features["features"]))
    found = read(places, ["x", "y"])
    chosen = np.random.default_rng(0).permutation(len(scaled))[:SAMPLE]
    rows, shown = scaled[chosen], np.column_stack([found["x"], found["y"]])[chosen]
    trusted = trustworthiness(rows, shown, n_neighbors=NEIGHBOURS)
    return f"trustworthiness {trusted:.4f}, nearest kept {kept(rows, shown):.4f}"


def kept(rows: np.ndarray, shown: np.ndarray) -> float:
    """The share of the ten nearest by features that are among the ten nearest on the map."""
    from sklearn.neighbors import NearestNeighbors

    pairs = [
        NearestNeighbors(n_neighbors=NEIGHBOURS).fit(some).kneighbors(return_distance=False)
        for some in (rows, shown)
    ]
    shared = [len(set(a) & set(b)) for a, b in zip(*pairs, strict=True)]
    return float(np.mean(shared)) / NEIGHBOURS


def read(place: Path, columns: list[str]) -> dict[str, np.ndarray]:
    """Columns of a Parquet table in the order of the paths."""
    table = pyarrow.dataset.dataset(place, format="parquet").to_table(columns=["path", *columns])
    ordered = table.sort_by("path")
    return {name: ordered[name].to_numpy(zero_copy_only=False) for name in columns}


def compare(storage: Path, photos: Path, output: Path, repeats: int) -> None:
    """Prints the seconds of both sides, their ratio, and what their maps are worth."""
    sides = {"usual way": partial(usual, storage, photos, output)}
    sides["pixelmill"] = partial(ours, "scatter", storage)
    runs: dict[str, list[Watched]] = {side: [] for side in sides}
    for turn in range(repeats):
        for side, run in sides.items():
            runs[side].append(run())
            print(f"  turn {turn + 1}, {side}: {described(runs[side][-1])}", flush=True)
    print("".join(runs["usual way"][-1].log).rstrip())
    show_steps(runs["pixelmill"][-1])
    for name in ("seconds", "cpu_seconds"):
        middle = {
            side: statistics.median(getattr(one, name) for one in runs[side]) for side in sides
        }
        ratio = middle["usual way"] / middle["pixelmill"]
        shown = ", ".join(f"{side} {took:.1f}" for side, took in middle.items())
        print(f"{name.replace('_', ' ')}, medians: {shown}: ratio {ratio:.2f} (at least 3)")
    maps = {
        "usual way": output / "map.parquet",
        "pixelmill": storage / "07_model_output" / DATASET / "image_map",
    }
    for side, place in maps.items():
        print(f"{side}: {worth(place, storage)}", flush=True)


def described(run: Watched) -> str:
    """Wall time, CPU time and memory of a run."""
    memory = run.peaks["all"] / 1e9
    return f"{run.seconds:.1f} s, {run.cpu_seconds:.1f} s of CPU, {memory:.2f} GB"


def draw_all(storage: Path, count: int) -> None:
    """Prints the seconds of the mosaics of all styles, thumbnails and all."""
    run = ours("scatter,grid,bordered,groups", storage)
    show_steps(run)
    drawn = sum(wall for step, wall in run.steps.items() if DRAWING.search(step))
    print(f"mosaics of {count:,} images, all styles: {drawn:.1f} s (at most 60)")


def main() -> None:
    """Reads the arguments and compares."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--images", type=int, default=10_000)
    arguments.add_argument("--features", type=int, default=2048)
    arguments.add_argument("--repeats", type=int, default=3)
    arguments.add_argument("--side", type=int, help="longest side of the photos in pixels")
    given = arguments.parse_args()
    print_header()
    scratch = Path(tempfile.gettempdir()) / "pixelmill-bench"
    scratch.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(dir=scratch) as name:
        storage, output = Path(name, "storage"), Path(name, "usual")
        output.mkdir()
        made = of_width(given.features, scratch)
        photos = prepare(given.images, made, scratch, storage, given.side)
        compare(storage, photos, output, given.repeats)
        draw_all(storage, given.images)


if __name__ == "__main__":
    main()
