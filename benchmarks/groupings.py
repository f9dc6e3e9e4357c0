"""Settings of the map's groups side by side, the size of a large page, and that of the mosaics.

python -m benchmarks.groupings FOLDER [DATASET ...]
python -m benchmarks.groupings --page 1000000 [--letters 60]

FOLDER is the storage of earlier runs of `--pipelines mapping`. Each setting is a row: its groups,
the largest of them, noise, the silhouette by the features (noise counts as 0), and the adjusted
Rand index against the labels.
"""

import argparse
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.compute as pc
from pyarrow import Table, parquet

from pixelmill.groupings import find_grouping
from pixelmill.groupings.quality import agreement, silhouette
from pixelmill.map_page import MapPoints, write_page

SIZES = (5, 8, 11, 20)
UNLABELLED: dict[str, Any] = {
    "images": 0, "failed": 0, "fitted": 0, "copies": 0, "notes": [], "grouping": None,
    "projection": {"method": "none", "parameters": {}, "seed": 0, "seconds": 0.0},
    "neighbours": {"k": 10, "map": None, "features": None, "trustworthiness": None},
}  # fmt: skip


def settings() -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Name, method and parameters of each setting."""
    for way in ("eom", "leaf"):
        for size in SIZES:
            parameters = {"cluster_selection_method": way, "min_cluster_size": size}
            yield f"hdbscan {way} {size}", "hdbscan", parameters
    yield "dbscan", "dbscan", {}
    yield "kmeans", "kmeans", {}


def read(storage: Path, dataset: str) -> tuple[Table, np.ndarray, np.ndarray]:
    """The images of a map that are no copies: the table, places [n, 2] and features [n, k]."""
    folder = storage / "07_model_output" / dataset
    placed = parquet.read_table(folder / "image_map").sort_by("path")
    reduced = parquet.read_table(folder / "reduced_features").sort_by("path")
    copies = parquet.read_table(folder / "map_copies.parquet")["path"]
    single = pc.invert(pc.is_in(placed["path"], copies))
    placed, reduced = placed.filter(single), reduced.filter(single)
    places = np.column_stack([placed["x"].to_numpy(), placed["y"].to_numpy()])
    return placed, places, np.array(reduced["features"].to_pylist(), np.float32)


def compare(storage: Path, dataset: str) -> None:
    """Prints the table of one data set, and the sizes of its mosaics."""
    placed, places, features = read(storage, dataset)
    print(f"{dataset}: {len(placed):,} images that are no copies")
    print("| setting | groups | largest | noise | silhouette by features | ARI |")
    print("| --- | ---: | ---: | ---: | ---: | ---: |")
    for name, method, parameters in settings():
        clusters = find_grouping(method).fit(places, 0, parameters).clusters
        inside = clusters >= 0
        score = (silhouette(features, clusters, 0) or 0.0) * inside.mean()
        ari = agreement(placed["label"].to_pylist(), clusters)[0]
        sizes = np.bincount(clusters[inside], minlength=1)
        row = f"{clusters.max() + 1} | {sizes.max():,} | {1 - inside.mean():.0%} | {score:.3f}"
        print(f"| {name} | {row} | {'' if ari is None else f'{ari:.3f}'} |")
    reports = storage / "08_reporting" / dataset
    files = [*reports.glob("mosaic*.*"), *reports.glob("mosaics/*")]
    print(f"mosaics: {sum(file.stat().st_size for file in files) / 1e6:.1f} MB")


def measure_page(images: int, letters: int) -> None:
    """Prints the size of a page of made-up images without thumbnails."""
    draw = np.random.default_rng(0)
    names = draw.integers(48, 122, (images, letters), dtype=np.uint8).view(f"S{letters}").ravel()
    paths = sorted(f"{number % 300:03d}/{name.decode()}" for number, name in enumerate(names))
    clusters = draw.integers(-1, 200, images)
    labels: list[str | None] = [path[:3] for path in paths]
    points = MapPoints(paths, labels, draw.normal(size=(images, 2)), clusters)
    begun = time.monotonic()
    page = write_page(points, UNLABELLED | {"images": images, "fitted": images})
    seconds = time.monotonic() - begun
    print(f"{images:,} images, names of {letters} letters: {len(page.html.encode()) / 1e6:.1f} MB")
    print(f"in {seconds:.0f} s; {' '.join(page.notes) or 'nothing is left out'}")


def main() -> None:
    """Prints what is asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("storage", nargs="?", type=Path)
    parser.add_argument("datasets", nargs="*")
    parser.add_argument("--page", type=int, metavar="IMAGES")
    parser.add_argument("--letters", type=int, default=60)
    arguments = parser.parse_args()
    if arguments.page:
        measure_page(arguments.page, arguments.letters)
    for dataset in arguments.datasets:
        compare(arguments.storage, dataset)


if __name__ == "__main__":
    main()
