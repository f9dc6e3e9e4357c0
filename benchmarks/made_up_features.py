"""Features of as many images as a benchmark asks for, made of those of real photos.

The features of EfficientNet-Lite0 of the pets are mixed, each photo with another of its breed and
with a little of all photos: clustered, correlated and never negative, as those of a network are.
"""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.dataset
from pyarrow import parquet

from benchmarks.featurization import kedro_run
from benchmarks.photos import PETS
from pixelmill.datasets.completeness import COMPLETE, OF_INDEX
from pixelmill.datasets.image_index import state_of, write_state

NOISE = 1.0  # of the deviation of the photos
OTHER = 0.5  # of a breed's other photo at most
BLOCK = 2_500  # rows that are made and written at a time
FINGERPRINT = "made-up"
MODIFIED = datetime(2026, 1, 1, tzinfo=UTC)


class MadeUpFeatures:
    """Any number of rows of any width; a row is the same in every run."""

    def __init__(self, real: np.ndarray, labels: list[str], width: int) -> None:
        """Takes the real features.

        Args:
            real: float32 [photos, features], none of them negative.
            labels: Labels of the photos.
            width: Features of a row that is made.
        """
        wide = real @ _mixing(real.shape[1], width)
        self._mean = wide.mean(axis=0)
        self._centred = wide - self._mean
        self._breeds = np.unique(labels, return_inverse=True)[1]
        self.labels = labels

    def block(self, first: int, rows: int) -> np.ndarray:
        """float32 [rows, width] of the images from number `first` on."""
        random = np.random.default_rng(first)
        number, photos = np.arange(rows), len(self._centred)
        photo = np.arange(first, first + rows) % photos
        share = random.uniform(0, OTHER, rows).astype(np.float32)
        # Of every photo a little: noise that varies as the photos do.
        weights = random.standard_normal((rows, photos), dtype=np.float32)
        weights *= NOISE / np.sqrt(photos)
        weights[number, photo] += 1 - share
        weights[number, self._other(photo, random)] += share
        return np.maximum(self._mean + weights @ self._centred, 0)

    def _other(self, photo: np.ndarray, random: np.random.Generator) -> np.ndarray:
        """For each photo one of its breed, drawn by chance."""
        order = np.argsort(self._breeds, kind="stable")
        starts = np.searchsorted(self._breeds[order], np.arange(self._breeds.max() + 2))
        breed = self._breeds[photo]
        return order[random.integers(starts[breed], starts[breed + 1])]


def _mixing(features: int, width: int) -> np.ndarray:
    """float32 [features, width]: each feature as it is, and sums of a few for the rest."""
    random = np.random.default_rng(0)
    matrix = np.eye(features, width, dtype=np.float32)
    for column in range(features, width):
        matrix[random.choice(features, 4, replace=False), column] = random.dirichlet(np.ones(4))
    return matrix


@cache
def of_width(width: int, scratch: Path) -> MadeUpFeatures:
    """The features of the pets, computed once, at some width."""
    storage = scratch / "pets-features"
    if not storage.is_dir():
        part = storage.with_suffix(".part")
        params = f"dataset=pets,images={PETS}"
        kedro_run(params, part, "--pipelines", "ingestion,featurization")
        part.rename(storage)
    table = pyarrow.dataset.dataset(
        next(storage.glob("04_feature/pets/*/chunk=*")), format="parquet"
    ).to_table()
    rows = sorted(table.select(["path", "features"]).to_pylist(), key=lambda row: Path(row["path"]))
    real = np.array([row["features"] for row in rows], np.float32)
    return MadeUpFeatures(real, [Path(row["path"]).parent.name for row in rows], width)


def write_storage(
    storage: Path, dataset: str, images: Path, paths: list[str], made: MadeUpFeatures
) -> None:
    """What ingestion and featurization leave, with made-up features.

    Args:
        storage: Folder of all tables.
        dataset: Name of the data set.
        images: Root that the paths are relative to; it need not exist.
        paths: Image paths, `<label>/<name>`; image n is made of photo n of the pets, all over
            again.
        made: The features.
    """
    index = storage / "02_intermediate" / dataset / "image_index"
    features = storage / "04_feature" / dataset
    chunk = features / FINGERPRINT / f"chunk={'0' * 32}"
    for folder in (index, chunk, features / FINGERPRINT / "_committed"):
        folder.mkdir(parents=True)
    for first in range(0, len(paths), BLOCK):
        some = paths[first : first + BLOCK]
        name = f"part-{first // BLOCK:05}.parquet"
        parquet.write_table(_index(some), index / name)
        parquet.write_table(_features(some, made.block(first, len(some))), chunk / name)
    (index / "_SUCCESS").touch()
    (chunk / "_SUCCESS").touch()
    (features / FINGERPRINT / "_committed" / ("0" * 32)).touch()
    state = state_of(_index(paths))
    write_state(str(index), state)
    described = {"fingerprint": FINGERPRINT, "network": "made up", "parameters": {}}
    complete = json.dumps(described | {OF_INDEX: state.files})
    (features / FINGERPRINT / COMPLETE).write_text(complete)
    (features / "featurizer.json").write_text(json.dumps(described))
    (index.parent / "source.json").write_text(json.dumps(_source(images, paths)))


def _source(images: Path, paths: list[str]) -> dict[str, Any]:
    labels = len({path.partition("/")[0] for path in paths})
    counts = {"count": len(paths), "labels": labels, "unlabelled": 0}
    skipped: dict[str, Any] = {"skipped": {}, "skipped_examples": []}
    return {"images": str(images), "root": str(images), **counts, **skipped}


def _common(paths: list[str]) -> dict[str, pa.Array]:
    return {
        "path": pa.array(paths),
        "size": pa.array([1] * len(paths), pa.int64()),
        "modified": pa.array([MODIFIED] * len(paths), pa.timestamp("us", "UTC")),
    }


def _index(paths: list[str]) -> pa.Table:
    label = pa.array([path.partition("/")[0] for path in paths])
    return pa.table(_common(paths) | {"label": label})


def _features(paths: list[str], rows: np.ndarray) -> pa.Table:
    offsets = pa.array(np.arange(0, rows.size + 1, rows.shape[1], dtype=np.int32))
    return pa.table(
        _common(paths)
        | {
            "features": pa.ListArray.from_arrays(offsets, pa.array(rows.ravel())),
            "error": pa.nulls(len(paths), pa.string()),
            "featurizer": pa.array([FINGERPRINT] * len(paths)),
        }
    )


def paths_of(count: int, made: MadeUpFeatures) -> Iterator[str]:
    """The path of each image: the breed of its photo, then its number."""
    for number in range(count):
        yield f"{made.labels[number % len(made.labels)]}/{number:07}.jpg"
