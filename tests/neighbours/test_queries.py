"""Images as queries: of the data set, of other files and buckets, and broken ones."""

from unicodedata import normalize

import numpy as np
import pyarrow as pa
import pytest
from pyarrow import parquet

from pixelmill.errors import InputError
from pixelmill.featurizers import find_featurizer, fingerprint
from pixelmill.neighbours import Index
from pixelmill.neighbours.features import Features
from pixelmill.neighbours.updating import update_index
from pixelmill.parameters import FeaturizationParameters, NeighboursParameters

from .conftest import Made


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
