"""Seconds for the principal components: pixelmill against `pyspark.ml.feature.PCA`.

python -m benchmarks.principal_components [--images 10000] [--features 2048] [--components 100]
                                          [--repeats 3]

Both sides read the same cached table of array<float> in one Spark session on two cores, by turns.
The subspaces are compared by the largest principal angle between them, in radians.
"""

import argparse
import statistics
import time
from collections.abc import Callable
from typing import Any

import numpy as np
import pyarrow as pa
from pyspark.ml.feature import PCA
from pyspark.ml.functions import array_to_vector
from scipy.linalg import subspace_angles

from benchmarks.machine import print_header
from pixelmill.parameters import PreparationParameters, SparkParameters
from pixelmill.preparation.tables import fit_preparation
from pixelmill.spark.session import configure, get_session

ROWS_A_TABLE = 1000

Side = Callable[[Any, int], np.ndarray]


def features(images: int, dimension: int) -> np.ndarray:
    """float32 [images, dimension]: correlated, the variance falling as that of a network's does."""
    random = np.random.default_rng(0)
    rotation, _ = np.linalg.qr(random.normal(size=(dimension, dimension)))
    spectrum = np.geomspace(1, 1e-2, dimension)
    rows = random.normal(size=(images, dimension)) * spectrum @ rotation
    return (rows + random.uniform(0, 1, dimension)).astype(np.float32)


def cached_table(rows: np.ndarray) -> Any:
    """The same as a table, in memory before anything is measured."""
    lists = [
        pa.array(list(rows[start : start + ROWS_A_TABLE]), pa.list_(pa.float32()))
        for start in range(0, len(rows), ROWS_A_TABLE)
    ]
    table = get_session().createDataFrame(pa.table({"features": pa.chunked_array(lists)}))
    cached = table.repartition(4).cache()
    cached.count()
    return cached


def pixelmill(table: Any, components: int) -> np.ndarray:
    """The components [d, k] by pixelmill."""
    found = fit_preparation(table, PreparationParameters(scale=False, pca=components))
    assert found.components is not None
    return found.components.T


def spark_ml(table: Any, components: int) -> np.ndarray:
    """The components [d, k] by Spark ML."""
    vectors = table.select(array_to_vector("features").alias("vector"))
    model = PCA(k=components, inputCol="vector", outputCol="out").fit(vectors)
    return model.pc.toArray()


def timed(side: Side, table: Any, components: int) -> tuple[float, np.ndarray]:
    """Seconds, and what it found."""
    start = time.perf_counter()
    found = side(table, components)
    return time.perf_counter() - start, found


def main() -> None:
    """Reads the arguments and compares."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--images", type=int, default=10_000)
    arguments.add_argument("--features", type=int, default=2_048)
    arguments.add_argument("--components", type=int, default=100)
    arguments.add_argument("--repeats", type=int, default=3)
    given = arguments.parse_args()
    print_header()
    configure(SparkParameters(master="local[2]", driver_memory="4g"))
    small = cached_table(features(200, 20))  # starts Spark's workers for both sides
    table = cached_table(features(given.images, given.features))
    sides: dict[str, Side] = {"pixelmill": pixelmill, "Spark ML": spark_ml}
    took: dict[str, list[float]] = {name: [] for name in sides}
    for side in sides.values():
        side(small, 5)
    for _ in range(given.repeats):
        found = {}
        for name, side in sides.items():
            seconds, found[name] = timed(side, table, given.components)
            took[name].append(seconds)
            print(f"  {name}: {seconds:.1f} s", flush=True)
        angle = subspace_angles(*found.values()).max()
        print(f"  largest angle between the subspaces: {angle:.1e}", flush=True)
    middle = {name: statistics.median(seconds) for name, seconds in took.items()}
    print(f"{given.images:,} x {given.features:,}, {given.components} components, medians:")
    print(", ".join(f"{name} {seconds:.1f} s" for name, seconds in middle.items()))
    print(f"pixelmill is {middle['Spark ML'] / middle['pixelmill']:.1f} times as fast")


if __name__ == "__main__":
    main()
