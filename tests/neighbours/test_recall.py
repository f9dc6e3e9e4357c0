"""What an index says that it finds, against brute force; and what it finds of real images."""

import numpy as np
import pytest

from pixelmill.neighbours import Index
from pixelmill.neighbours.features import Features, read_chunk
from pixelmill.neighbours.updating import update_index
from pixelmill.parameters import NeighboursParameters

from .conftest import brute_force

FEWER = {"exact_limit": 0, "components": 64, "threads": 1}


def test_recall_is_what_brute_force_says(with_graph, draw):
    made = with_graph
    coarse = {"components": 2, "connectivity": 2, "expansion_add": 4, "expansion_search": 1}
    made.parameters = made.parameters.model_copy(update=coarse)
    made.add("a", draw(1000))
    share = made.update().recall.share
    index = made.index()
    hits = [
        len({one.path for one in index.nearest(path, 10)} & set(brute_force(made.vectors, row, 11)))
        for path, row in made.vectors.items()
    ]
    assert share < 0.9
    assert share == pytest.approx(np.mean(hits) / 10, abs=0.01)


@pytest.fixture(scope="module")
def digits(digits_run):
    """The sample's chunks of features by name, and their vectors by path."""
    folder = digits_run[0].storage / "04_feature" / "digits"
    chunks = {path.name: str(path) for path in folder.glob("*/chunk=*")}
    batches = [batch for chunk in chunks.values() for batch in read_chunk(chunk)]
    paths = [path for rows, _ in batches for path in rows.column("path").to_pylist()]
    return chunks, dict(zip(paths, np.concatenate([found for _, found in batches]), strict=True))


@pytest.mark.parametrize("metric", ["cosine", "euclidean"])
def test_a_graph_of_fewer_components_finds_the_neighbours_of_real_images(digits, tmp_path, metric):
    chunks, vectors = digits
    rows = np.array(list(vectors.values()), float)
    if metric == "cosine":
        rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    parameters = NeighboursParameters(metric=metric, **FEWER)
    features = Features({"fingerprint": "0123", "parts": []}, chunks)
    measured = update_index(str(tmp_path / "index"), features, parameters).recall
    index, paths = Index.load(tmp_path / "index"), list(vectors)
    assert rows.shape == (500, 1280)
    hits = []
    for number, answer in enumerate(index.nearest_many(paths, 10)):
        distances = np.linalg.norm(rows - rows[number], axis=1)
        distances[number] = np.inf
        nearest = {paths[other] for other in np.argsort(distances)[:10]}
        hits.append(len(nearest & {one.path for one in answer}) / 10)
    assert np.mean(hits) >= 0.97
    assert measured.share == pytest.approx(np.mean(hits), abs=0.01)


def test_a_graph_finds_real_images_after_others_were_removed_and_added(digits, tmp_path, made):
    _, vectors = digits
    made.parameters = NeighboursParameters(**FEWER)
    paths = list(vectors)
    made.add("a", {path: vectors[path] for path in paths[:400]})
    made.update()
    made.drop("a")
    made.vectors = {}
    made.add("b", {path: vectors[path] for path in paths[100:400]})
    made.add("c", {path: vectors[path] for path in paths[400:]})
    done = made.update()
    assert (done.count, done.update.added, done.update.removed) == (400, 100, 100)
    assert done.update.rebuilt is None
    index = made.index()
    hits = [
        len({one.path for one in index.nearest(path, 10)} & set(brute_force(made.vectors, row, 11)))
        for path, row in made.vectors.items()
    ]
    assert np.mean(hits) / 10 >= 0.97
