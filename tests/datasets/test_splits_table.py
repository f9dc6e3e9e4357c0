"""The table of splits survives being read while it is replaced, and a kill at any moment."""

import json
import shutil

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from kedro.io.core import DatasetError

from pixelmill.datasets.image_index import IndexState, write_state
from pixelmill.datasets.splits_table import (
    RECORD,
    Splits,
    SplitsFolder,
    SplitsTable,
    StoredSplits,
)

ROWS = [("a/1.jpg", "a", "train"), ("a/2.jpg", "a", "test")]
MORE = [*ROWS, ("b/1.jpg", "b", "train")]
SCHEMA = "path string, label string, split string"


INDEX = IndexState(images=3, files="0f", labels="f0")


@pytest.fixture
def index(tmp_path_factory):
    """Folder of an image index."""
    folder = tmp_path_factory.mktemp("index")
    write_state(str(folder), INDEX)
    return str(folder)


@pytest.fixture
def table(tmp_path, index):
    return SplitsTable(filepath=str(tmp_path / "splits"), image_index=index)


@pytest.fixture
def stored(tmp_path):
    return StoredSplits(filepath=str(tmp_path / "splits"))


def rows_of(frame):
    return sorted(tuple(row) for row in frame.collect())


def write(folder, rows, whole=True):
    """A table as Spark leaves it."""
    folder.mkdir()
    columns = [pa.array(column) for column in zip(*rows, strict=True)]
    pq.write_table(pa.table(columns, names=["path", "label", "split"]), folder / "part-0.parquet")
    write_state(str(folder), INDEX)
    (folder / RECORD).write_text(json.dumps({"seed": len(rows)}))
    if whole:
        (folder / "_SUCCESS").touch()


def test_nothing_is_stored_before_the_first_run(table, stored):
    assert stored.load() is None
    assert not table.exists()
    with pytest.raises(DatasetError, match="no finished table"):
        table.load()


def test_a_table_may_be_replaced_by_rows_of_its_own(spark, table, stored, tmp_path):
    table.save(Splits(spark.createDataFrame(ROWS, SCHEMA), {"seed": 0}))
    earlier = stored.load()
    assert earlier.splitting == {"seed": 0}
    added = spark.createDataFrame(MORE[2:], SCHEMA)
    table.save(Splits(earlier.table.union(added), {"seed": 1}))
    assert rows_of(table.load()) == MORE
    assert stored.load().splitting == {"seed": 1}
    assert [entry.name for entry in tmp_path.iterdir()] == ["splits"]
    assert pq.read_table(tmp_path / "splits").num_rows == 3, "plain Parquet for other readers"


def test_killed_while_it_was_written_the_old_table_counts(spark, table, stored, tmp_path):
    write(tmp_path / "splits", ROWS)
    write(tmp_path / "_splits_next", MORE, whole=False)
    assert rows_of(table.load()) == ROWS
    assert rows_of(stored.load().table) == ROWS
    table.save(Splits(spark.createDataFrame(MORE, SCHEMA), {}))
    assert rows_of(table.load()) == MORE


@pytest.mark.parametrize(
    "left", ["the old one", "nothing", "half of a copy", "all but the removal"]
)
def test_killed_while_it_was_put_in_place_the_new_table_counts(
    spark, table, stored, tmp_path, left
):
    write(tmp_path / "_splits_next", MORE)
    if left == "the old one":
        write(tmp_path / "splits", ROWS)
    elif left != "nothing":
        shutil.copytree(tmp_path / "_splits_next", tmp_path / "splits")
    if left == "half of a copy":
        (tmp_path / "splits" / "_SUCCESS").unlink()
    assert table.exists()
    assert rows_of(table.load()) == MORE
    found = stored.load()
    assert (rows_of(found.table), found.splitting) == (MORE, {"seed": 3})
    assert [entry.name for entry in tmp_path.iterdir()] == ["splits"]
    assert rows_of(table.load()) == MORE


def test_splits_of_other_images_are_refused_and_still_stored(spark, table, stored, index):
    table.save(Splits(spark.createDataFrame(ROWS, SCHEMA), {"seed": 0}))
    write_state(index, IndexState(images=4, files="ff", labels="ff"))
    assert not table.exists()
    with pytest.raises(DatasetError, match="is of other images than the image index"):
        table.load()
    assert rows_of(stored.load().table) == ROWS


def test_a_table_of_an_early_version_names_no_parameters(spark, stored, tmp_path):
    write(tmp_path / "splits", ROWS)
    (tmp_path / "splits" / RECORD).unlink()
    assert stored.load().splitting == {}


def test_what_is_stored_is_read_only(stored):
    with pytest.raises(DatasetError, match="SplitsTable"):
        stored.save("anything")


def test_a_table_on_s3_is_put_in_place_too(s3):
    body = {"part-0.parquet": b"rows", RECORD: b'{"seed": 5}', "_SUCCESS": b""}
    for name, content in body.items():
        s3.put_object(Bucket="photos", Key=f"data/_splits_next/{name}", Body=content)
    s3.put_object(Bucket="photos", Key="data/splits/part-1.parquet", Body=b"old")
    folder = SplitsFolder("s3://photos/data/splits")
    folder.finish()
    keys = {entry["Key"] for entry in s3.list_objects_v2(Bucket="photos")["Contents"]}
    assert keys == {f"data/splits/{name}" for name in body}
    assert folder.record() == {"seed": 5}
