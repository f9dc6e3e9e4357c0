"""What was made of images is refused once the index lists others."""

from datetime import UTC, datetime

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from kedro.io.core import DatasetError

from pixelmill.datasets.feature_folders import FeatureFolders
from pixelmill.datasets.feature_sets import FeatureSets
from pixelmill.datasets.feature_table import FeatureTable, FeatureUpdate
from pixelmill.datasets.image_index import ImageIndex, ImageTable, read_state
from pixelmill.datasets.neighbour_index import IndexUpdate, NeighbourIndex
from pixelmill.datasets.optional_json import OptionalJson
from pixelmill.errors import InputError
from pixelmill.parameters import NeighboursParameters
from pixelmill.tables import FEATURES, THUMBNAILS, arrow_schema

WHEN = datetime(2024, 5, 1, 12, 30, 0, 123456, tzinfo=UTC)
ROWS = [("a.jpg", "cat", 1, WHEN), ("b.jpg", None, 2, WHEN)]
CHANGES = {
    "came": [*ROWS, ("c.jpg", "cat", 1, WHEN)],
    "went": ROWS[:1],
    "changed": [("a.jpg", "cat", 3, WHEN), ROWS[1]],
    "later": [("a.jpg", "cat", 1, WHEN.replace(microsecond=123457)), ROWS[1]],
    "moved": [("A.jpg", "cat", 1, WHEN), ROWS[1]],
}


def index_of(rows):
    """The rows of an image index as the ingestion gives them."""
    paths, labels, sizes, times = zip(*rows, strict=True)
    return pa.table(
        {
            "path": pa.array(paths, pa.string()),
            "label": pa.array(labels, pa.string()),
            "size": pa.array(sizes, pa.int64()),
            "modified": pa.array(times, pa.timestamp("us", tz="UTC")),
        }
    )


@pytest.fixture
def index(tmp_path):
    """The image index of two images."""
    dataset = ImageIndex(filepath=str(tmp_path / "image_index"))
    dataset.save(index_of(ROWS))
    return dataset


@pytest.fixture
def folder(index, tmp_path):
    return str(tmp_path / "image_index")


def test_the_state_does_not_depend_on_what_writes_the_index(spark, index, folder):
    before = read_state(folder)
    index.save(spark.createDataFrame(index_of(ROWS[::-1])).repartition(3))
    assert read_state(folder) == before
    assert before.images == 2


@pytest.mark.parametrize("rows", CHANGES.values(), ids=CHANGES.keys())
def test_every_change_of_files_is_another_state(index, folder, rows):
    before = read_state(folder)
    index.save(index_of(rows))
    assert read_state(folder).files != before.files


def test_labels_are_a_state_of_their_own(index, folder):
    before = read_state(folder)
    index.save(index_of([("a.jpg", "dog", 1, WHEN), ROWS[1]]))
    after = read_state(folder)
    assert after.files == before.files
    assert after.labels != before.labels


names = st.text(st.characters(codec="utf-8"), max_size=8)
row = st.tuples(names, st.none() | names, st.integers(0, 2**62), st.just(WHEN))


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=st.lists(row, min_size=1, max_size=6, unique_by=lambda one: one[0]), data=st.data())
def test_any_order_is_the_same_state_and_any_other_row_another(index, folder, rows, data):
    index.save(index_of(rows))
    state = read_state(folder)
    index.save(index_of(data.draw(st.permutations(rows))))
    assert read_state(folder) == state
    index.save(index_of([*rows, ("one more", None, 0, WHEN)]))
    assert read_state(folder) != state


def test_an_index_without_a_state_is_not_finished(tmp_path):
    with pytest.raises(InputError, match=r"no finished image index in .*: run `kedro run"):
        read_state(str(tmp_path))


def test_the_state_is_beside_the_table_in_a_bucket_too(s3):
    ImageIndex(filepath="s3://photos/out/image_index").save(index_of(ROWS))
    assert read_state("s3://photos/out/image_index").images == 2


@pytest.mark.parametrize("rows", [*CHANGES.values(), [("a.jpg", "dog", 1, WHEN), ROWS[1]]])
def test_a_table_of_other_images_is_refused_and_does_not_exist(index, folder, tmp_path, rows):
    table = ImageTable(filepath=f"{tmp_path}/splits", image_index=folder, made_by="splitting")
    table.save(pa.table({"path": ["a.jpg"]}))
    assert table.exists()
    index.save(index_of(rows))
    assert not table.exists()
    with pytest.raises(DatasetError, match=r"splits is of other images .*--pipelines splitting`"):
        table.load()
    index.save(index_of(ROWS))
    assert table.exists()


@pytest.mark.parametrize(
    ("error", "again"),
    [(None, False), ("no thumbnail: empty file", False), ("unreadable, read failed: EIO", True)],
)
def test_thumbnails_that_could_not_be_read_are_tried_again(folder, tmp_path, error, again):
    table = ImageTable(
        filepath=f"{tmp_path}/thumbnails", image_index=folder, made_by="mapping", schema=THUMBNAILS
    )
    rows = [{"path": "a.jpg"}, {"path": "b.jpg", "error": error}]
    table.save(pa.Table.from_pylist(rows, arrow_schema(THUMBNAILS)))
    assert table.is_unfinished() is again


def test_a_table_without_errors_is_finished(folder, tmp_path):
    table = ImageTable(filepath=f"{tmp_path}/splits", image_index=folder, made_by="splitting")
    table.save(pa.table({"path": ["a.jpg"]}))
    assert not table.is_unfinished()


def test_a_table_of_an_early_version_is_made_again(index, folder, tmp_path):
    table = ImageTable(filepath=f"{tmp_path}/splits", image_index=folder, made_by="splitting")
    table.save(pa.table({"path": ["a.jpg"]}))
    (tmp_path / "splits" / "_image_index.json").unlink()
    with pytest.raises(DatasetError, match="--pipelines splitting"):
        table.load()


def test_a_summary_of_other_images_is_left_out_with_a_warning(index, folder, tmp_path, caplog):
    place = f"{tmp_path}/map.json"
    summary = OptionalJson(filepath=place, image_index=folder, made_by="mapping")
    summary.save({"images": 2})
    assert summary.load() == {"images": 2}
    index.save(index_of(CHANGES["came"]))
    assert summary.load() == summary.load() == {}
    (warning,) = caplog.messages
    assert warning.startswith("Left out: ")
    assert "--pipelines mapping" in warning


@pytest.fixture
def features(spark, folder, tmp_path):
    """The table of features of the two images, complete."""
    (tmp_path / "features").mkdir()
    (tmp_path / "features" / "featurizer.json").write_text('{"fingerprint": "mark"}')
    table = FeatureTable(filepath=f"{tmp_path}/features", image_index=folder)
    rows = [(path, size, when, [1.0], None, "mark", "d") for path, _, size, when in ROWS]
    table.save(FeatureUpdate("mark", add=spark.createDataFrame(rows, FEATURES)))
    return table


def test_features_of_other_images_are_refused(index, features, folder, tmp_path):
    with pytest.raises(DatasetError, match="are not complete: run `kedro run --pipelines featur"):
        features.load()
    features.save(FeatureUpdate("mark", complete={"fingerprint": "mark", "featurizer": "x"}))
    sets = FeatureSets(filepath=f"{tmp_path}/features", image_index=folder)
    assert sets.load()[0].description == {"fingerprint": "mark", "featurizer": "x"}
    assert features.load().count() == sets.load()[0].load().count() == 2
    index.save(index_of([("a.jpg", "dog", 1, WHEN), ROWS[1]]))  # features have no labels
    assert features.load().count() == 2
    for rows in CHANGES.values():
        index.save(index_of(rows))
        assert not features.exists()
        for load, error in ((features.load, DatasetError), (sets.load()[0].load, InputError)):
            with pytest.raises(error, match="is of other images than the image index"):
                load()


def test_folders_of_other_images_are_refused_one_by_one(index, features, folder, tmp_path):
    features.save(FeatureUpdate("mark", complete={"fingerprint": "mark"}))
    folders = FeatureFolders(filepath=f"{tmp_path}/features", image_index=folder).load()
    assert folders.of("mark").count() == 2
    with pytest.raises(InputError, match="are not complete"):
        folders.of("another")
    index.save(index_of(CHANGES["went"]))
    with pytest.raises(InputError, match="is of other images than the image index"):
        folders.of("mark")


def test_an_index_of_neighbours_of_other_images_is_refused(index, features, folder, tmp_path):
    features.save(FeatureUpdate("mark", complete={"fingerprint": "mark"}))
    neighbours = NeighbourIndex(filepath=f"{tmp_path}/features", image_index=folder)
    neighbours.save(IndexUpdate({"fingerprint": "mark"}, NeighboursParameters(threads=1)))
    assert neighbours.load().manifest().count == 2
    index.save(index_of(CHANGES["went"]))
    with pytest.raises(InputError, match="is of other images than the image index"):
        neighbours.load().open()
