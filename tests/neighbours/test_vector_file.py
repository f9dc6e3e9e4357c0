"""Comparing queries with every vector, or with some, is brute force."""

import numpy as np
import pytest

from pixelmill.neighbours import vector_file
from pixelmill.neighbours.graph_file import UnreadableIndexError
from pixelmill.neighbours.vector_file import VectorFile, write_vectors
from pixelmill.parameters import NeighboursParameters


def distances(rows, query, metric):
    rows, query = rows.astype(float), query.astype(float)
    if metric == "cosine":
        return 1 - rows @ query / np.linalg.norm(rows, axis=1) / np.linalg.norm(query)
    return np.linalg.norm(rows - query, axis=1)


@pytest.fixture(params=["float16", "float32"])
def precision(request):
    return request.param


@pytest.fixture(params=["cosine", "euclidean"])
def parameters(request, precision):
    return NeighboursParameters(metric=request.param, precision=precision)


@pytest.fixture
def vectors(tmp_path, parameters):
    """200 vectors of 30 numbers, written in two parts and mapped."""
    rows = np.random.default_rng(0).gamma(1, 1, (200, 30)).astype(np.float32)
    file = tmp_path / "vectors.bin"
    write_vectors(file, [rows[:150], rows[150:]], parameters.precision)
    return VectorFile.opened(file, (200, 30), parameters)


@pytest.mark.parametrize("pairs", [vector_file.PAIRS_AT_ONCE, 500])
def test_the_nearest_are_those_of_brute_force(vectors, parameters, monkeypatch, pairs):
    monkeypatch.setattr(vector_file, "PAIRS_AT_ONCE", pairs)  # 500: two queries at once
    queries = vectors.at(np.arange(7))
    for query, (places, far) in zip(queries, vectors.nearest(queries, 5, 1), strict=True):
        expected = distances(vectors.at(np.arange(200)), query, parameters.metric)
        assert places.tolist() == np.argsort(expected)[:5].tolist()
        np.testing.assert_allclose(far, np.sort(expected)[:5], rtol=1e-4, atol=1e-6)


def test_the_nearest_of_some_are_among_them(vectors, parameters):
    some, query = np.array([3, 50, 70, 199]), vectors.at(np.array([50]))[0]
    places, far = vectors.nearest_of(some, query, 10)
    expected = distances(vectors.at(some), query, parameters.metric)
    assert places.tolist() == some[np.argsort(expected)].tolist()
    np.testing.assert_allclose(far, np.sort(expected), rtol=1e-4, atol=1e-6)
    assert vectors.nearest_of(some, query, 1)[0].tolist() == [50]


def test_blocks_are_all_vectors(vectors, monkeypatch):
    monkeypatch.setattr(vector_file, "ROWS_AT_ONCE", 64)
    found = list(vectors.blocks())
    assert [start for start, _ in found] == [0, 64, 128, 192]
    rows = np.concatenate([block for _, block in found])
    assert rows.dtype == np.float32
    np.testing.assert_array_equal(rows, vectors.at(np.arange(200)))


@pytest.mark.parametrize("shape", [(199, 30), (200, 29), (0, 30), (200, 0)])
def test_a_file_of_another_size_is_refused(vectors, parameters, tmp_path, shape):
    assert len(vectors) == 200
    with pytest.raises(UnreadableIndexError, match="vectors are of another number or size"):
        VectorFile.opened(tmp_path / "vectors.bin", shape, parameters)
