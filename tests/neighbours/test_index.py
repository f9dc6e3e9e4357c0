"""What is asked of an index, by path, file, bytes and vector; and what it says of bad queries."""

import json
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from unicodedata import normalize

import numpy as np
import pyarrow as pa
import pytest
from pyarrow import parquet

import pixelmill
from pixelmill.errors import InputError
from pixelmill.featurizers import find_featurizer, fingerprint
from pixelmill.neighbours import Index
from pixelmill.neighbours.features import Features
from pixelmill.neighbours.updating import update_index
from pixelmill.parameters import FeaturizationParameters, NeighboursParameters

from .conftest import Made, brute_force


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


@pytest.fixture(scope="module")
def photos(assets, tmp_path_factory):
    """An index of 14 photos, featurized as a run does, below an image root of its own."""
    folder = tmp_path_factory.mktemp("photos")
    root = folder / "my pets"
    breeds = [assets / "pets" / breed for breed in ("Siamese", "pug")]
    sources = [path for breed in breeds for path in sorted(breed.iterdir())]
    names = [f"{path.parent.name}/it's {path.name}" for path in sources]
    for name, path in zip(names, sources, strict=True):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(path.read_bytes())
    parameters = FeaturizationParameters(precision="float32")
    featurizer = find_featurizer(parameters)
    description = featurizer.describe()
    mark = {"fingerprint": fingerprint(description)}
    part = mark | description | {"parameters": parameters.model_dump()}
    batch = featurizer.prepare().open(2)([(root / name).read_bytes() for name in names])
    stats = [(root / name).stat() for name in names]
    table = {
        "path": names,
        "size": [stat.st_size for stat in stats],
        "modified": pa.array([stat.st_mtime_ns // 1000 for stat in stats], pa.int64()).cast(
            pa.timestamp("us", "UTC")
        ),
        "features": pa.array(list(batch.features), pa.list_(pa.float32())),
    }
    chunk = folder / "chunk=a"
    chunk.mkdir()
    parquet.write_table(pa.table(table), chunk / "part-0.parquet")
    features = Features(mark | {"parts": [part]}, {"a": str(chunk)}, root=str(root))
    update_index(str(folder / "index"), features, NeighboursParameters())
    return Index.load(folder / "index"), root, names


def test_a_file_is_featurized_as_the_index_was(photos, tmp_path):
    index, root, names = photos
    copy = tmp_path / "a copy.jpg"
    copy.write_bytes((root / names[0]).read_bytes())
    for query in (copy, str(copy), copy.read_bytes()):
        nearest = index.nearest(query, 3)
        assert nearest[0].path == names[0]
        assert nearest[0].distance < 1e-3
        expected = [one.path for one in index.nearest(names[0], 2)]
        assert [one.path for one in nearest[1:]] == expected


def test_the_place_of_an_image_of_the_data_set_is_that_image(photos):
    index, root, names = photos
    assert index.find(str(root / names[3])) == (names[3], None)
    assert index.nearest(root / names[3], 3) == index.nearest(names[3], 3)
    assert index.find(root / "nothing.jpg") is None


@pytest.mark.parametrize(("stored", "asked"), [("NFD", "NFC"), ("NFC", "NFD")])
def test_an_image_is_found_however_its_accents_are_written(tmp_path, stored, asked):
    made = Made(tmp_path / "features")
    made.add("one", {normalize(stored, path): np.float32([1, at]) for at, path in enumerate("éü")})
    made.update()
    assert made.index().find(normalize(asked, "ü")) == (normalize(stored, "ü"), None)
    assert made.index().find("u") is None


def test_a_file_that_changed_since_is_another_image(photos):
    index, root, names = photos
    place, content = root / names[13], (root / names[13]).read_bytes()
    place.write_bytes((root / names[0]).read_bytes())
    try:
        assert index.nearest(place, 1)[0].path == names[0]
    finally:
        place.write_bytes(content)


def test_breeds_are_each_others_neighbours(photos):
    index, _, names = photos
    for name in names:
        found = index.nearest(name, 3)
        same = [one.path.startswith(name.split("/")[0]) for one in found]
        assert sum(same) >= 2


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"no picture", "not an image"),
        (b"", "empty file"),
        (None, "vanished: there is no file of this name"),
    ],
)
def test_a_broken_query_says_its_reason(photos, tmp_path, content, reason):
    index, _, _ = photos
    place = tmp_path / "query.jpg"
    if content is not None:
        place.write_bytes(content)
        with pytest.raises(InputError, match=rf"an image of .* bytes\) cannot be used: {reason}"):
            index.nearest(content)
    with pytest.raises(InputError, match=rf"the query .*query.jpg .*cannot be used.*: .*{reason}"):
        index.nearest(place)


def test_an_image_in_a_bucket_is_a_query(photos, s3):
    index, root, names = photos
    s3.put_object(Bucket="photos", Key="new/one.jpg", Body=(root / names[0]).read_bytes())
    assert index.nearest("s3://photos/new/one.jpg", 1)[0].path == names[0]
    for key in ("two.jpg", "/new/one.jpg"):
        with pytest.raises(InputError, match=rf"s3://photos/{key} is no image of .*vanished"):
            index.nearest(f"s3://photos/{key}")


def test_features_of_an_unknown_featurizer_still_take_vectors(index):
    assert index.nearest(np.ones(48), 1)
    with pytest.raises(InputError, match="the index cannot featurize an image here, only images"):
        index.nearest(b"a picture")
