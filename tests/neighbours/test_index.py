"""What is asked of an index by path and vector, and what it says of bad queries."""

import json
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

import pixelmill
from pixelmill.errors import InputError
from pixelmill.neighbours import Index

from .conftest import brute_force


@pytest.fixture
def index(made, draw):
    """Of 300 made-up images."""
    made.add("a", draw(300))
    made.update()
    return made.index()


@pytest.mark.parametrize("exact", [False, True])
def test_an_image_of_the_data_set_is_not_its_own_neighbour(index, made, exact):
    for path in list(made.vectors)[:20]:
        expected = brute_force(made.vectors, made.vectors[path], 6)
        found = index.nearest(path, 5, exact=exact)
        assert [path, *(one.path for one in found)] == expected
        with_itself = index.nearest(path, 6, exact=exact, include_itself=True)
        assert [one.path for one in with_itself] == expected


def test_a_vector_is_a_query_of_its_own(index, made):
    path, vector = next(iter(made.vectors.items()))
    assert index.nearest(vector, 1)[0].path == path
    doubled = index.nearest(np.asarray(vector, np.float64) * 2, 3)
    assert [one.path for one in doubled] == [one.path for one in index.nearest(vector, 3)]


def test_distances_are_those_of_the_metric(made, draw):
    for metric in ("cosine", "euclidean"):
        changed = {"metric": metric, "precision": "float32"}
        made.parameters = made.parameters.model_copy(update=changed)
        if not made.chunks:
            made.add("a", draw(50))
        made.update()
        path, query = next(iter(made.vectors.items()))
        for one in made.index().nearest(path, 10):
            other = made.vectors[one.path].astype(float)
            expected = np.linalg.norm(other - query)
            if metric == "cosine":
                expected = 1 - other @ query / np.linalg.norm(other) / np.linalg.norm(query)
            assert one.distance == pytest.approx(expected, abs=1e-5)


@pytest.mark.parametrize("precision", ["float32", "float16"])
def test_every_precision_finds_what_float32_does(made, draw, precision):
    made.parameters = made.parameters.model_copy(update={"precision": precision})
    made.add("a", draw(500))
    recall = made.update().recall
    assert recall.share > 0.99
    assert recall.queries == 500
    index = made.index()
    for path, vector in list(made.vectors.items())[:100]:
        expected = brute_force(made.vectors, vector, 11)[1:]
        assert len({one.path for one in index.nearest(path, 10)} & set(expected)) >= 9


def test_many_queries_at_once_get_the_answers_of_one_at_a_time(index, made):
    paths = list(made.vectors)[:40]
    together = index.nearest_many(paths, 7)
    assert together == [index.nearest(path, 7) for path in paths]
    matrix = np.array([made.vectors[path] for path in paths])
    assert index.nearest_many(matrix, 7) == [index.nearest(row, 7) for row in matrix]
    assert index.nearest_many([], 7) == []


def test_more_neighbours_than_images_are_all_of_them(index):
    assert len(index.nearest("breed 0/0.jpg", 1000)) == 299
    assert len(index.nearest("breed 0/0.jpg", 1000, exact=True)) == 299


def test_many_threads_get_the_answers_of_one(index, made):
    paths = list(made.vectors)
    expected = {path: index.nearest(path, 10) for path in paths}
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda path: index.nearest(path, 10), paths * 5))
    assert found == [expected[path] for path in paths * 5]


def test_an_index_that_is_replaced_while_it_is_open_answers_as_before(index, made, draw):
    before = index.nearest("breed 0/0.jpg", 10)
    made.add("b", draw(100, start=1000, seed=0))
    made.update()
    assert index.nearest("breed 0/0.jpg", 10) == before
    assert len(made.index()) == 400


@pytest.mark.parametrize(
    ("query", "sentence"),
    [
        (np.ones(7), r"array of 7 float64: the index takes vectors of 48 numbers"),
        (np.ones((2, 48)), r"array of 2 x 48 float64"),
        (np.array(["a"] * 48), r"the index takes vectors of 48 numbers"),
        (np.zeros(48), r"the query \(a vector\) cannot be compared: its vector is zero$"),
        (np.full(48, np.nan), r"its vector holds infinite or undefined numbers"),
    ],
)
def test_a_vector_that_is_none_is_told_in_one_sentence(index, query, sentence):
    with pytest.raises(InputError, match=sentence):
        index.nearest(query)
    with pytest.raises(TypeError, match="of type list: give a path, the content of an image file"):
        index.nearest([query])


def test_no_neighbour_at_all_cannot_be_asked_for(index):
    with pytest.raises(InputError, match="k is 0: ask for one neighbour or more"):
        index.nearest("breed 0/0.jpg", 0)


def test_distances_are_between_as_many_images(index):
    with pytest.raises(InputError, match="2 paths, and 1 others: give as many"):
        index.distances(["breed 0/0.jpg"] * 2, ["breed 0/0.jpg"])


def test_an_index_without_an_image_says_so(made):
    made.add("a", {"broken.jpg": None})
    made.update()
    with pytest.raises(InputError, match="the index holds no image"):
        made.index().nearest(np.ones(3))


def test_a_folder_without_an_index_names_the_command(tmp_path):
    with pytest.raises(InputError, match=r"there is no neighbour index in .*run `kedro run"):
        Index.load(tmp_path)
    (tmp_path / "featurizer.json").write_text(json.dumps({"fingerprint": "0123"}))
    with pytest.raises(InputError, match=r"there is no neighbour index in .*run `kedro run"):
        Index.load(tmp_path)


def test_an_index_of_another_format_is_told(index, made):
    del index
    file = Path(made.place) / "manifest.json"
    file.write_text(json.dumps(json.loads(file.read_text()) | {"format": 99}))
    with pytest.raises(InputError, match="has format 99, and this version of pixelmill reads 4"):
        made.index()


def test_the_features_of_a_data_set_lead_to_the_index_of_their_last_run(made, draw, tmp_path):
    made.folder = tmp_path / "pets" / "0123"
    made.add("a", draw(20))
    made.update()
    (tmp_path / "pets" / "featurizer.json").write_text(json.dumps({"fingerprint": "0123"}))
    for folder in (tmp_path / "pets", f"{tmp_path}/pets/", made.folder, made.place):
        assert len(pixelmill.Index.load(folder)) == 20


LOADED = """
import json, sys
import pixelmill

before = list(sys.modules)
found = pixelmill.Index.load(sys.argv[1]).nearest("breed 0/0.jpg", 3)
print(json.dumps([before, len(found), list(sys.modules)]))
"""


def test_loading_an_index_starts_neither_spark_nor_a_network(index, made):
    del index
    command = [sys.executable, "-c", LOADED, made.place]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE)
    before, found, after = json.loads(done.stdout)
    assert "usearch" not in before
    assert found == 3
    assert "usearch" in after
    assert not {"pyspark", "kedro", "tensorflow", "openvino", "sklearn"} & set(after)


def test_features_of_an_unknown_featurizer_still_take_vectors(index):
    assert index.nearest(np.ones(48), 1)
    with pytest.raises(InputError, match="the index cannot featurize an image here, only images"):
        index.nearest(b"a picture")
