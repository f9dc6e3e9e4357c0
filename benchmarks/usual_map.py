"""The way most tutorials show: scikit-learn for the map and its groups, PIL for the mosaic.

python -m benchmarks.usual_map FEATURES IMAGES OUTPUT SIZE
"""

import sys
import time
from pathlib import Path

import numpy as np
import pandas as pd
from PIL import Image
from sklearn.cluster import DBSCAN
from sklearn.decomposition import PCA
from sklearn.manifold import TSNE
from sklearn.preprocessing import StandardScaler

TILE = 100  # pixels of the longer side


def main(features: str, images: str, output: str, size: int) -> None:
    """Reads a Parquet table of `path` and `features`; writes the map and the mosaic."""
    clock = time.perf_counter()
    table = pd.read_parquet(features, columns=["path", "features"])
    reduced = PCA(50, random_state=0).fit_transform(
        StandardScaler().fit_transform(np.stack(table["features"]))
    )
    clock = print_seconds("scaling and PCA", clock)
    places = TSNE(random_state=0).fit_transform(reduced)
    clock = print_seconds("t-SNE", clock)
    groups = DBSCAN().fit_predict(places)
    clock = print_seconds("DBSCAN", clock)
    paste(places, [Path(images, path) for path in table["path"]], size).save(f"{output}/mosaic.png")
    print_seconds("mosaic", clock)
    found = pd.DataFrame({"path": table["path"], "x": places[:, 0], "y": places[:, 1]})
    found.assign(cluster=groups).to_parquet(f"{output}/map.parquet")


def paste(places: np.ndarray, files: list[Path], size: int) -> Image.Image:
    """Every image, opened in full and resized, at its place."""
    canvas = Image.new("RGB", (size, size), "white")
    low, high = places.min(axis=0), places.max(axis=0)
    corners = (places - low) / (high - low) * (size - TILE)
    for (x, y), file in zip(corners, files, strict=True):
        image = Image.open(file).convert("RGB")
        scale = max(image.size) / TILE
        tile = image.resize((int(image.width / scale), int(image.height / scale)))
        canvas.paste(tile, (int(x), int(y)))
    return canvas


def print_seconds(step: str, since: float) -> float:
    """Prints how long a step took; returns the time it ended."""
    now = time.perf_counter()
    print(f"{step}: {now - since:.1f} s", flush=True)
    return now


if __name__ == "__main__":
    main(*sys.argv[1:4], int(sys.argv[4]))
