"""Images a second of ResNet50 on photos: pixelmill against Ray Data and Daft.

python -m benchmarks.peers --peers-python PATH [--photos 1480] [--repeats 5]

All run the same OpenVINO network, converted before the clock starts, and write Parquet. Every side
is a command of its own, start-up and all, by turns. Ray and Daft are no dependencies of pixelmill:
PATH is a Python that has requirements-peers.lock installed.
"""

import argparse
import pickle
import statistics
import sys
import tempfile
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np

from benchmarks.featurization import FEW, PROJECT, pixelmill, seconds
from benchmarks.machine import print_header
from benchmarks.photos import repeated_photos

NETWORK = "resnet50"
BATCH = 16
CORES = 2
LEAST = {"ray": 1.4, "daft": 1.1}
HOW_TO = (
    "Ray and Daft need an environment of their own: `python3 -m venv FOLDER && FOLDER/bin/pip "
    "install --require-hashes --requirement requirements-peers.lock`, then give "
    "`--peers-python FOLDER/bin/python`."
)


class Network:
    """The network, opened once in a process that Ray or Daft starts."""

    def __init__(self, converted: str, threads: int) -> None:
        import cv2

        from pixelmill.engines import find_engine

        cv2.setNumThreads(1)
        artifact, self._size, precision = pickle.loads(Path(converted).read_bytes())  # noqa: S301
        self._run = find_engine("openvino").open_network(artifact, precision, threads)
        self._pool = ThreadPoolExecutor(threads)

    def featurize(self, contents: Sequence[bytes]) -> np.ndarray:
        """Features, float32 [n, d], of the contents of n files."""
        return self._run(np.stack(list(self._pool.map(self._decode, contents))))

    def _decode(self, content: bytes) -> np.ndarray:
        import cv2

        image = cv2.imdecode(np.frombuffer(content, np.uint8), cv2.IMREAD_COLOR)
        image = cv2.resize(image, self._size[::-1], interpolation=cv2.INTER_AREA)
        return cv2.cvtColor(image, cv2.COLOR_BGR2RGB)


def ray_side(photos: str, converted: str, output: str) -> None:
    """Ray Data: two actors of one thread, which hold a CPU each.

    Ray counts four CPUs on two cores: with two, the actors would leave none to the reading, and
    nothing would ever start.
    """
    import ray
    import ray.data

    class Featurizer(Network):
        def __call__(self, batch: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
            return {"path": batch["path"], "features": self.featurize(batch["bytes"])}

    ray.init(num_cpus=2 * CORES, include_dashboard=False, log_to_driver=False)
    ray.data.DataContext.get_current().enable_progress_bars = False
    files = ray.data.read_binary_files(photos, include_paths=True)
    features = files.map_batches(
        Featurizer,
        fn_constructor_args=(converted, 1),
        batch_size=BATCH,
        compute=ray.data.ActorPoolStrategy(size=CORES),
        num_cpus=1,
    )
    features.write_parquet(output)


def daft_side(photos: str, converted: str, output: str) -> None:
    """Daft: one copy of the network on two threads."""
    import daft
    from daft import DataType

    @daft.udf(
        return_dtype=DataType.list(DataType.float32()), batch_size=BATCH, concurrency=1, num_cpus=1
    )
    class Featurizer(Network):
        def __init__(self) -> None:
            super().__init__(converted, CORES)

        def __call__(self, contents: daft.Series) -> list[np.ndarray]:
            return list(self.featurize(contents.to_pylist()))

    files = daft.from_glob_path(f"{photos}/**/*.jpg")
    features = files.select("path", Featurizer(files["path"].download()).alias("features"))
    features.write_parquet(output)


SIDES = {"ray": ray_side, "daft": daft_side}


def timed_peer(side: str, python: Path, photos: Path, converted: Path) -> float:
    """Wall time of another side's command, which must have written a row for every photo."""
    import pyarrow.dataset

    with tempfile.TemporaryDirectory() as output:
        command = [str(python), "-m", "benchmarks.peers", "--side", side]
        command += [str(photos), str(converted), output]
        wall = seconds(command, PYTHONPATH=str(PROJECT / "src"))
        rows = pyarrow.dataset.dataset(output, format="parquet").count_rows()
    assert rows == sum(1 for _ in photos.rglob("*.jpg")), f"{side} wrote {rows} rows"
    return wall


def convert(scratch: Path) -> Path:
    """The network as all sides run it, in a file."""
    from pixelmill.featurizers import find_featurizer
    from pixelmill.parameters import FeaturizationParameters

    parameters = FeaturizationParameters(featurizer=NETWORK, weights="random")
    prepared = find_featurizer(parameters).prepare()
    file = scratch / f"{NETWORK}.pickle"
    file.write_bytes(pickle.dumps((prepared.artifact, prepared.input_size, prepared.precision)))
    print(f"{NETWORK} in {prepared.precision}")
    return file


def compare(python: Path, count: int, repeats: int, scratch: Path) -> None:
    """Prints the rates of all sides, and ours over the others'."""
    converted = convert(scratch)
    folders = {FEW: repeated_photos(FEW, scratch), count: repeated_photos(count, scratch)}
    times: dict[tuple[str, int], list[float]] = {}
    for turn in range(repeats):
        for size, photos in folders.items():
            for side in ("ours", *SIDES):
                if side == "ours":
                    wall = pixelmill(photos, NETWORK, scratch)
                else:
                    wall = timed_peer(side, python, photos, converted)
                times.setdefault((side, size), []).append(wall)
                print(f"  turn {turn + 1}, {size} photos, {side}: {wall:.1f} s", flush=True)
    middle = {key: statistics.median(values) for key, values in times.items()}
    print(f"\n{NETWORK}, {count} photos, medians of {repeats}, images a second")
    sides = ("ours", *SIDES)
    show("start-up too", {side: count / middle[side, count] for side in sides})
    if count > FEW:
        growth = {side: middle[side, count] - middle[side, FEW] for side in sides}
        show("steady state", {side: (count - FEW) / growth[side] for side in sides})


def show(name: str, rates: dict[str, float]) -> None:
    """One line of rates, and for each other side the ratio and what it must reach."""
    ratios = (
        f"ours/{side} {rates['ours'] / rates[side]:.2f} ({least:.1f})"
        for side, least in LEAST.items()
    )
    shown = ", ".join(f"{side} {rate:.1f}" for side, rate in rates.items())
    print(f"  {name}: {shown}; {', '.join(ratios)}")


def main() -> None:
    """Compares, or does what the comparison asks of its child processes."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--photos", type=int, default=1480)
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--peers-python", type=Path)
    parser.add_argument("--side", nargs=4, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.side:
        side, *places = given.side
        SIDES[side](*places)
        return
    if given.peers_python is None or not given.peers_python.is_file():
        sys.exit(HOW_TO)
    print_header()
    scratch = Path(tempfile.gettempdir()) / "pixelmill-bench"
    scratch.mkdir(exist_ok=True)
    # Not resolved: a link to the interpreter is what makes its environment.
    compare(given.peers_python.absolute(), given.photos, given.repeats, scratch)


if __name__ == "__main__":
    main()
