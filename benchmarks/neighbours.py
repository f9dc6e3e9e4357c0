"""The index of nearest neighbours: seconds and memory to build it, what it finds, and how fast.

python -m benchmarks.neighbours [--images 100000] [--features 1280] [--queries 1000]
                                [--precisions float16,float32] [--metric cosine] [--components 256]
                                [--threads 1] [--crops] [--scratch FOLDER]

The features are made up of those of real photos, written block by block as featurization writes
them, and indexed from there, each precision in a process of its own; they stay in the scratch
folder. With `--crops` they are those of 54,180 crops of real photos. Queries are images that the
index does not hold. Recall@10 is against the exact neighbours
by the features in float32. Searches are by one thread; CPU seconds are told beside those of the
clock, which other work on the machine makes longer. Faiss is measured beside it where it can be
imported.
"""

import argparse
import multiprocessing
import resource
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.made_up_features import FINGERPRINT, of_width, paths_of, write_storage
from benchmarks.photo_crops import PhotoCrops
from pixelmill.neighbours import Index
from pixelmill.neighbours.features import Features, read_chunk
from pixelmill.neighbours.updating import update_index
from pixelmill.neighbours.vectors import encode
from pixelmill.parameters import NeighboursParameters

DATASET = "made_up"
K = 10
REPEATS = 3  # of the searches; the quickest counts


@dataclass
class Row:
    """What was measured of one index.

    Attributes:
        name: Library and precision.
        seconds: Seconds of the clock and of the CPU, by what was done.
        memory: Peak of the process in bytes.
        disk: Bytes of the files.
        recall: Share of the ten true neighbours that are found.
    """

    name: str
    seconds: dict[str, tuple[float, float]] = field(default_factory=dict)
    memory: int = 0
    disk: int = 0
    recall: float = 0.0

    @contextmanager
    def measured(self, what: str) -> Iterator[None]:
        """Takes the time of a block; of several of one name, the shortest."""
        wall, cpu = time.perf_counter(), time.process_time()
        yield
        took = time.perf_counter() - wall, time.process_time() - cpu
        self.seconds[what] = min(took, self.seconds.get(what, took), key=lambda one: one[1])


@dataclass(frozen=True)
class Task:
    """What to measure.

    Attributes:
        chunk: Folder of the features.
        queries: float32 [queries, features].
        truth: Numbers of the ten nearest images of each query, int [queries, 10].
        parameters: Parameters of the index.
        scratch: Folder for its files.
    """

    chunk: Path
    queries: np.ndarray
    truth: np.ndarray
    parameters: NeighboursParameters
    scratch: Path


def measure_ours(task: Task) -> Row:
    """Builds, updates and searches the index that pixelmill ships."""
    row = Row(f"pixelmill {task.parameters.precision}")
    place = task.scratch / "index"
    featurizer = {"fingerprint": FINGERPRINT, "parts": []}
    features = Features(featurizer, {"0": str(task.chunk)})
    with row.measured("build"):
        update_index(str(place), features, task.parameters)
    with row.measured("nothing new"):
        update_index(str(place), features, task.parameters)
    row.memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    row.disk = sum(file.stat().st_size for file in place.iterdir())
    index = Index.load(place)
    found: list[Any] = []
    for _ in range(REPEATS):
        with row.measured("search"):
            found = index.nearest_many(task.queries, K, threads=1)
    row.recall = _recall(task, [[int(one.path[-11:-4]) for one in each] for each in found])
    few = task.queries[:20]
    with row.measured("exact"):
        index.nearest_many(few, K, exact=True, threads=1)
    return row


def measure_faiss(task: Task) -> Row:
    """The same graph by faiss, in memory."""
    import faiss

    faiss.omp_set_num_threads(task.parameters.threads or 1)
    kinds = {"float16": "QT_fp16"}
    row = Row(f"faiss {task.parameters.precision}")
    width, links = task.queries.shape[1], task.parameters.connectivity
    cosine = task.parameters.metric == "cosine"
    metric = faiss.METRIC_INNER_PRODUCT if cosine else faiss.METRIC_L2
    if kind := kinds.get(task.parameters.precision):
        quantizer = getattr(faiss.ScalarQuantizer, kind)
        index = faiss.IndexHNSWSQ(width, quantizer, links, metric)
    else:
        index = faiss.IndexHNSWFlat(width, links, metric)
    index.hnsw.efConstruction = task.parameters.expansion_add
    index.hnsw.efSearch = task.parameters.expansion_search
    as_float32 = task.parameters.model_copy(update={"precision": "float32"})
    with row.measured("build"):
        for _, vectors in read_chunk(str(task.chunk)):
            block = encode(vectors, as_float32)
            if not index.is_trained:
                index.train(block)
            index.add(block)
    row.memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    file = task.scratch / "index.faiss"
    faiss.write_index(index, str(file))
    row.disk = file.stat().st_size
    faiss.omp_set_num_threads(1)
    queries = encode(task.queries, as_float32)
    for _ in range(REPEATS):
        with row.measured("search"):
            _, found = index.search(queries, K)
    row.recall = _recall(task, found.tolist())
    return row


def _recall(task: Task, found: list[list[int]]) -> float:
    return float(
        np.mean([len(set(a) & set(b)) / K for a, b in zip(found, task.truth, strict=True)])
    )


def _truth(chunk: Path, queries: np.ndarray, metric: str) -> np.ndarray:
    """Numbers of the ten nearest images of each query, int [queries, 10]."""
    float32 = NeighboursParameters(precision="float32", metric=metric)
    asked, first = encode(queries, float32), 0
    near = np.full((len(queries), K), -np.inf, np.float32)
    numbers = np.zeros((len(queries), K), np.int64)
    for _, vectors in read_chunk(str(chunk)):
        block = encode(vectors, float32)
        # The nearest have the largest q·x - |x|²/2, by angles too: their vectors have length 1.
        likeness = np.hstack([near, asked @ block.T - (block**2).sum(axis=1) / 2])
        here = np.broadcast_to(np.arange(first, first + len(vectors)), (len(queries), len(vectors)))
        both = np.hstack([numbers, here])
        best = np.argpartition(-likeness, K - 1, axis=1)[:, :K]
        near = np.take_along_axis(likeness, best, axis=1)
        numbers = np.take_along_axis(both, best, axis=1)
        first += len(vectors)
    return numbers


def _alone(measure: Callable[[Task], Row], task: Task) -> Row:
    """Measured in a process of its own, so that its peak of memory is its own."""
    with tempfile.TemporaryDirectory(dir=task.scratch) as scratch:
        own = Task(task.chunk, task.queries, task.truth, task.parameters, Path(scratch))
        with multiprocessing.get_context("spawn").Pool(1) as pool:
            return pool.apply(measure, (own,))


def _print(row: Row, queries: int) -> None:
    build, search = row.seconds["build"], row.seconds["search"]
    line = [
        f"{row.name:20} build {build[0]:7.1f} s (CPU {build[1]:7.1f})",
        f"memory {row.memory / 2**20:6.0f} MiB",
        f"disk {row.disk / 2**20:6.0f} MiB",
        f"recall@{K} {row.recall:.4f}",
        f"{queries / search[0]:6.0f} queries/s (of a CPU second {queries / search[1]:6.0f})",
    ]
    if "exact" in row.seconds:
        line.append(f"exact {20 / row.seconds['exact'][1]:5.1f} of a CPU second")
        line.append(f"nothing new {row.seconds['nothing new'][0]:.2f} s")
    print("  ".join(line), flush=True)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--images", type=int, default=100_000)
    parser.add_argument("--features", type=int, default=1280)
    parser.add_argument("--queries", type=int, default=1000)
    parser.add_argument("--precisions", default="float16,float32")
    parser.add_argument("--metric", default="cosine")
    parser.add_argument("--components", type=int, default=NeighboursParameters().components)
    parser.add_argument("--crops", action="store_true", help="of real photos")
    parser.add_argument("--connectivity", type=int, default=NeighboursParameters().connectivity)
    parser.add_argument("--expansion-add", type=int, default=NeighboursParameters().expansion_add)
    parser.add_argument(
        "--expansion-search", type=int, default=NeighboursParameters().expansion_search
    )
    parser.add_argument("--threads", type=int, help="that build; all cores where it is left out")
    parser.add_argument("--scratch", type=Path, default=Path(tempfile.gettempdir(), "neighbours"))
    return parser.parse_args()


def main() -> None:
    """Makes the features where they are not there yet, and measures one index after another."""
    asked = _arguments()
    asked.scratch.mkdir(parents=True, exist_ok=True)
    if asked.crops:
        made: Any = PhotoCrops(asked.scratch)
        asked.images, first = made.count - asked.queries, made.count - asked.queries
    else:
        made, first = of_width(asked.features, asked.scratch), 2 * asked.images + 1
    storage = asked.scratch / f"{asked.images}x{asked.features}{'-crops' * asked.crops}"
    if not storage.is_dir():
        part = storage.with_suffix(".part")
        shutil.rmtree(part, ignore_errors=True)
        write_storage(part, DATASET, asked.scratch, list(paths_of(asked.images, made)), made)
        part.rename(storage)
    (chunk,) = (storage / "04_feature" / DATASET / FINGERPRINT).glob("chunk=*")
    queries = made.block(first, asked.queries)
    truth = _truth(chunk, queries, asked.metric)
    print(f"{asked.images:,} x {queries.shape[1]}, {asked.metric}")
    for precision in asked.precisions.split(","):
        parameters = NeighboursParameters(
            precision=precision,
            metric=asked.metric,
            components=asked.components,
            threads=asked.threads,
            connectivity=asked.connectivity,
            expansion_add=asked.expansion_add,
            expansion_search=asked.expansion_search,
        )
        task = Task(chunk, queries, truth, parameters, asked.scratch)
        _print(_alone(measure_ours, task), asked.queries)
        if find_spec("faiss"):
            _print(_alone(measure_faiss, task), asked.queries)


if __name__ == "__main__":
    main()
