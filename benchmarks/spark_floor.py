"""64 photos to features, cold: `kedro run` against the least Spark job that computes the same.

python -m benchmarks.spark_floor [--photos 64] [--repeats 5]

The least job is a session as pixelmill configures it, one `mapInArrow` that decodes and runs the
converted network in two workers, and a Parquet table. It has no index, no catalog, no check of what
is there, and fails as a whole where an image does. Both are commands of their own, by turns.
"""

import argparse
import pickle
import statistics
import sys
import tempfile
from collections.abc import Iterator
from functools import partial
from pathlib import Path

from benchmarks.featurization import FEW, pixelmill, seconds
from benchmarks.machine import print_header
from benchmarks.photos import repeated_photos

NETWORK = "efficientnet_lite0"
CORES = 2
BATCH = 16
MOST = 1.15  # times the least job


def least_job(photos: str, network: str, output: str) -> None:
    """Writes a Parquet table of features.

    Args:
        photos: Folder.
        network: File with the converted network.
        output: Folder of the table.
    """
    from pixelmill.parameters import SparkParameters
    from pixelmill.spark.session import configure, get_session

    configure(SparkParameters(master=f"local[{CORES}]"))
    spark = get_session()
    paths = [(str(path),) for path in sorted(Path(photos).rglob("*.jpg"))]
    files = spark.createDataFrame(paths, "path string").repartition(CORES)
    features = files.mapInArrow(
        partial(featurize, network=network), "path string, features array<float>"
    )
    features.write.parquet(output)


def featurize(batches: Iterator, network: str) -> Iterator:
    """The task: rows of paths and features.

    Args:
        batches: Record batches of paths.
        network: File with the converted network.
    """
    import numpy as np
    import pyarrow as pa

    from benchmarks.plain_loop import read
    from pixelmill.engines import find_engine

    artifact, size, precision = pickle.loads(Path(network).read_bytes())  # noqa: S301
    run = find_engine("openvino").open_network(artifact, precision, 1)
    for batch in batches:
        paths = batch.column(0).to_pylist()
        for start in range(0, len(paths), BATCH):
            some = paths[start : start + BATCH]
            rows = run(np.stack([read(Path(path), size) for path in some]))
            columns = [pa.array(some), pa.array(list(rows), pa.list_(pa.float32()))]
            yield pa.RecordBatch.from_arrays(columns, ["path", "features"])


def convert(scratch: Path) -> Path:
    """The network as both sides run it, in a file."""
    from pixelmill.featurizers import find_featurizer
    from pixelmill.parameters import FeaturizationParameters

    prepared = find_featurizer(FeaturizationParameters(featurizer=NETWORK)).prepare()
    file = scratch / f"{NETWORK}.pickle"
    file.write_bytes(pickle.dumps((prepared.artifact, prepared.input_size, prepared.precision)))
    return file


def timed_job(photos: Path, network: Path) -> float:
    """Wall time of the least job in seconds."""
    with tempfile.TemporaryDirectory() as folder:
        places = [str(photos), str(network), f"{folder}/features"]
        return seconds([sys.executable, "-m", "benchmarks.spark_floor", "--job", *places])


def compare(count: int, repeats: int, scratch: Path) -> None:
    """Prints every turn, the medians and their ratio."""
    network = convert(scratch)
    photos = repeated_photos(count, scratch)
    times: dict[str, list[float]] = {"the least job": [], "pixelmill": []}
    for _ in range(repeats):
        times["the least job"].append(timed_job(photos, network))
        times["pixelmill"].append(pixelmill(photos, NETWORK, scratch))
    for side, took in times.items():
        turns = ", ".join(f"{one:.1f}" for one in took)
        print(f"{side}: {statistics.median(took):.1f} s ({turns})")
    least, ours = (statistics.median(took) for took in times.values())
    print(f"{ours / least:.2f} times the least job (at most {MOST})")


def main() -> None:
    """Compares, or does the job as a command of its own."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--photos", type=int, default=FEW)
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--job", nargs=3, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.job:
        least_job(*given.job)
        return
    print_header()
    scratch = Path(tempfile.gettempdir()) / "pixelmill-bench"
    scratch.mkdir(exist_ok=True)
    compare(given.photos, given.repeats, scratch)


if __name__ == "__main__":
    main()
