"""Features in chunks of Parquet files, as featurization leaves them, and an index over them."""

import shutil
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from pyarrow import parquet

from pixelmill.neighbours import Index
from pixelmill.neighbours.features import Features
from pixelmill.neighbours.updating import update_index
from pixelmill.parameters import NeighboursParameters

ONE_THREAD = NeighboursParameters(threads=1)
SEARCHES = {"compared": ONE_THREAD, "graph": NeighboursParameters(threads=1, exact_limit=0)}
WHEN = datetime(2024, 5, 1, tzinfo=UTC)


@dataclass
class Made:
    """A table of features that a test changes chunk by chunk, and its index.

    Attributes:
        folder: Folder of the chunks.
        chunks: Those that count, by their names.
        vectors: That every path has now.
        parameters: Parameters of the index.
        labels: Labels of the images; written when there are any.
        fingerprint: Fingerprint of the featurizer.
    """

    folder: Path
    chunks: dict = field(default_factory=dict)
    vectors: dict = field(default_factory=dict)
    parameters: NeighboursParameters = ONE_THREAD
    labels: dict = field(default_factory=dict)
    fingerprint: str = "0123456789abcdef"

    @property
    def place(self):
        """Folder of the index."""
        return str(self.folder / "_neighbours")

    def add(self, name, vectors):
        """Writes a chunk.

        Args:
            name: Name of the chunk.
            vectors: By the images' paths; None for an image that has an error.
        """
        folder = self.folder / f"chunk={name}"
        folder.mkdir(parents=True)
        rows = [None if vector is None else np.asarray(vector) for vector in vectors.values()]
        table = {
            "path": list(vectors),
            "size": pa.array([1] * len(rows), pa.int64()),
            "modified": pa.array([WHEN] * len(rows), pa.timestamp("us", "UTC")),
            "features": pa.array(rows, pa.list_(pa.float32())),
            "error": [None if row is not None else "empty file" for row in rows],
        }
        parquet.write_table(pa.table(table), folder / "part-0.parquet")
        (folder / "_SUCCESS").touch()
        self.chunks[name] = str(folder)
        self.vectors |= {path: row for path, row in vectors.items() if row is not None}

    def drop(self, name):
        """Takes a chunk away."""
        shutil.rmtree(self.chunks.pop(name))

    def features(self):
        """What the index is made of."""
        labels = None
        if self.labels:
            labels = self.folder.parent / "labels"
            labels.mkdir(exist_ok=True)
            table = {"path": list(self.labels), "label": list(self.labels.values())}
            parquet.write_table(pa.table(table), labels / "part-0.parquet")
        featurizer = {"fingerprint": self.fingerprint, "parts": []}
        return Features(featurizer, dict(self.chunks), labels and str(labels))

    def update(self):
        """Brings the index up to date; returns its manifest."""
        return update_index(self.place, self.features(), self.parameters)

    def index(self):
        """The index, loaded."""
        return Index.load(self.place)


@pytest.fixture(params=list(SEARCHES))
def made(tmp_path, request):
    """No chunk yet, below a folder with a space and a quote in its name; graph or none."""
    return Made(tmp_path / "it's features", parameters=SEARCHES[request.param])


@pytest.fixture
def with_graph(tmp_path):
    """The same, with a graph however few the images are."""
    return Made(tmp_path / "it's features", parameters=SEARCHES["graph"])


@pytest.fixture(scope="session")
def draw():
    """Makes clustered, sparse, non-negative vectors by path, as a network's features are."""

    def make(count, start=0, width=48, seed=0):
        random = np.random.default_rng(seed)
        centres = random.gamma(1, 1, (40, width)) * (random.random((40, width)) < 0.5)
        random = np.random.default_rng([seed, start])
        rows = centres[random.integers(40, size=count)]
        rows = np.maximum(rows + random.normal(0, 0.3, rows.shape), 0).astype(np.float32)
        return {f"breed {n % 7}/{start + n}.jpg": row for n, row in enumerate(rows)}

    return make


def brute_force(vectors, query, k):
    """Paths of the nearest by cosine, in float64."""
    paths = list(vectors)
    rows = np.array([vectors[path] for path in paths], float)
    likeness = rows @ query / np.linalg.norm(rows, axis=1)
    return [paths[number] for number in np.argsort(-likeness, kind="stable")[:k]]


def assert_holds(made):
    """The index holds the images of the table, each with its own vector, and finds them."""
    index = made.index()
    assert len(index) == len(made.vectors)
    for path, vector in made.vectors.items():
        nearest = index.nearest(np.asarray(vector, np.float32), 1)[0]
        assert nearest.distance < 1e-3
        own = index.nearest(path, len(index), exact=True, include_itself=True)
        assert path in {one.path for one in own if one.distance < 1e-3}
        assert {one.path for one in own} == set(made.vectors)


def names(made):
    """Files of the index."""
    return sorted(path.name for path in Path(made.place).iterdir())
