"""The table that a run extends chunk by chunk, and that a killed run leaves usable."""

import json
import shutil
import subprocess
import sys
from datetime import UTC, datetime

import pyarrow.dataset
import pytest
from kedro.io.core import DatasetError

from pixelmill.datasets.feature_table import FeatureTable, FeatureUpdate
from pixelmill.datasets.image_index import IndexState, write_state
from pixelmill.datasets.parquet_table import write_parquet
from pixelmill.tables import FEATURES

MARK = "0123456789abcdef"
WHEN = datetime(2024, 5, 1, tzinfo=UTC)
REMOVE = """
import sys
from pixelmill.datasets.feature_table import FeatureTable, FeatureUpdate
from pixelmill.datasets.parquet_table import read_parquet
from pixelmill.parameters import SparkParameters
from pixelmill.spark.session import configure
configure(SparkParameters(master="local[1]"))
table, fingerprint, gone = sys.argv[1:]
removed = read_parquet([gone], "path string")
FeatureTable(filepath=table).save(FeatureUpdate(fingerprint, remove=removed))
"""


@pytest.fixture
def table(tmp_path):
    (tmp_path / "featurizer.json").write_text(json.dumps({"fingerprint": MARK}))
    return FeatureTable(filepath=str(tmp_path))


@pytest.fixture
def rows(spark):
    def make(*paths, size=1):
        data = [(path, size, WHEN, [1.0, 2.0], None, MARK, "decoder 1") for path in paths]
        return spark.createDataFrame(data, FEATURES)

    return make


def paths(table):
    return sorted(row.path for row in table.load().collect())


def test_chunks_are_appended(table, rows):
    table.save(FeatureUpdate(MARK, add=rows("a", "b")))
    table.save(FeatureUpdate(MARK, add=rows("c")))
    assert paths(table) == ["a", "b", "c"]


def test_features_of_another_fingerprint_are_elsewhere(table, rows):
    table.save(FeatureUpdate(MARK, add=rows("a")))
    table.save(FeatureUpdate("another", add=rows("b")))
    assert paths(table) == ["a"]


def test_only_the_last_step_makes_it_exist(table, rows):
    table.save(FeatureUpdate(MARK, add=rows("a")))
    assert not table.exists()
    table.save(FeatureUpdate(MARK, complete={"fingerprint": MARK}))
    assert table.exists()
    table.save(FeatureUpdate(MARK, add=rows("b")))
    assert not table.exists()


def test_removed_images_leave_the_table_but_are_not_lost(spark, table, rows, tmp_path):
    table.save(FeatureUpdate(MARK, add=rows("a", "b", "c")))
    table.save(FeatureUpdate(MARK, remove=spark.createDataFrame([("b",)], "path string")))
    assert paths(table) == ["a", "c"]
    retired = spark.read.parquet(str(tmp_path / MARK / "_retired"))
    assert [row.path for row in retired.collect()] == ["b"]


def test_rows_are_removed_by_a_process_that_has_not_needed_spark_before(table, rows, tmp_path):
    table.save(FeatureUpdate(MARK, add=rows("a", "b")))
    gone = str(tmp_path / "gone")
    write_parquet(pyarrow.table({"path": ["b"]}), gone)
    subprocess.run([sys.executable, "-c", REMOVE, str(tmp_path), MARK, gone], check=True)
    assert paths(table) == ["a"]


def test_a_chunk_without_its_mark_is_not_read_and_goes_with_the_next_one(table, rows, tmp_path):
    table.save(FeatureUpdate(MARK, add=rows("a")))
    folder = tmp_path / MARK
    dead = folder / "chunk=dead"
    shutil.copytree(next(folder.glob("chunk=*")), dead)
    assert paths(table) == ["a"]
    table.save(FeatureUpdate(MARK, add=rows("b")))
    assert paths(table) == ["a", "b"]
    assert not dead.exists()


def test_rows_of_early_versions_name_no_decoder(spark, table, rows, tmp_path):
    table.save(FeatureUpdate(MARK, add=rows("a").drop("decoder")))
    table.save(FeatureUpdate(MARK, add=rows("b")))
    found = {row.path: row.decoder for row in table.load().collect()}
    assert found == {"a": None, "b": "decoder 1"}


def test_a_plain_reader_of_a_finished_table_sees_the_same_rows(spark, table, rows, tmp_path):
    table.save(FeatureUpdate(MARK, add=rows("a", "b")))
    table.save(FeatureUpdate(MARK, add=rows("c")))
    table.save(FeatureUpdate(MARK, remove=spark.createDataFrame([("b",)], "path string")))
    table.save(FeatureUpdate(MARK, complete={"fingerprint": MARK}))
    by_spark = spark.read.parquet(str(tmp_path / MARK)).select("path").collect()
    by_arrow = pyarrow.dataset.dataset(tmp_path / MARK, format="parquet").to_table(["path"])
    assert sorted(row.path for row in by_spark) == ["a", "c"]
    assert sorted(by_arrow["path"].to_pylist()) == ["a", "c"]


def test_only_chunks_with_removed_images_are_rewritten(spark, table, rows, tmp_path):
    table.save(FeatureUpdate(MARK, add=rows("a")))
    (kept,) = (tmp_path / MARK).glob("chunk=*")
    table.save(FeatureUpdate(MARK, add=rows("b", "c")))
    table.save(FeatureUpdate(MARK, remove=spark.createDataFrame([("b",)], "path string")))
    assert kept in set((tmp_path / MARK).glob("chunk=*"))
    assert paths(table) == ["a", "c"]


def test_nothing_there_is_an_empty_table_only_where_that_is_asked_for(spark, table, tmp_path):
    with pytest.raises(DatasetError, match=r"there are no features in .*: run `kedro run"):
        table.load()
    stored = FeatureTable(filepath=str(tmp_path), empty_when_missing=True)
    assert stored.load().count() == 0


@pytest.fixture
def of_index(tmp_path):
    """Features that are compared with an image index."""
    (tmp_path / "featurizer.json").write_text(json.dumps({"fingerprint": MARK}))
    (tmp_path / "index").mkdir()
    write_state(str(tmp_path / "index"), IndexState(2, "0f", "f0"))
    return FeatureTable(filepath=str(tmp_path), image_index=str(tmp_path / "index"))


@pytest.mark.parametrize("lost", ["a chunk and its marker", "a chunk", "the mark"])
def test_complete_features_that_lost_something_are_refused(of_index, rows, tmp_path, lost):
    for path in "ab":
        of_index.save(FeatureUpdate(MARK, add=rows(path)))
    of_index.save(FeatureUpdate(MARK, complete={"fingerprint": MARK}))
    assert of_index.exists()
    assert paths(of_index) == ["a", "b"]
    folder = tmp_path / MARK
    marker = next((folder / "_committed").iterdir())
    if lost != "the mark":
        shutil.rmtree(folder / f"chunk={marker.name}")
    if lost == "a chunk and its marker":
        marker.unlink()
    if lost == "the mark":
        content = (folder / "_COMPLETE").read_bytes()
        (folder / "_COMPLETE").write_bytes(content.replace(MARK.encode(), b"1" + MARK[1:].encode()))
    assert not of_index.exists()
    with pytest.raises(DatasetError, match=r"run `kedro run --pipelines featurization`"):
        of_index.load()


@pytest.mark.parametrize("content", ['{"fingerprinu": "0f"}', "{", "[]", ""])
def test_a_damaged_description_of_the_featurizer_is_one_sentence(of_index, tmp_path, content):
    (tmp_path / "featurizer.json").write_text(content)
    assert not of_index.exists()
    with pytest.raises(DatasetError, match=r"featurizer.json is damaged: run `kedro run"):
        of_index.load()


def test_complete_features_of_an_early_version_count(of_index, rows, tmp_path):
    of_index.save(FeatureUpdate(MARK, add=rows("a")))
    folder = tmp_path / MARK
    next((folder / "_committed").iterdir()).write_bytes(b"")
    (folder / "_COMPLETE").write_text(json.dumps({"fingerprint": MARK, "image_index": "0f"}))
    assert of_index.exists()
    assert paths(of_index) == ["a"]
