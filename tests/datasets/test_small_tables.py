"""Small tables are read without a Spark job, to the same rows, and nothing damaged is read."""

import json
from datetime import UTC, datetime

import pyarrow as pa
import pytest
from pyspark.sql import DataFrame

from pixelmill.datasets.damage import DamageSetAsideError, set_damage_aside
from pixelmill.datasets.feature_table import FeatureTable, FeatureUpdate
from pixelmill.datasets.parquet_table import ParquetTable
from pixelmill.datasets.small_tables import count_rows, small_rows
from pixelmill.errors import DamagedFileError
from pixelmill.tables import FEATURES

MARK = "0123456789abcdef"
WHEN = datetime(2024, 5, 1, 12, 30, 0, 123456, tzinfo=UTC)
SCHEMA = "path string, size long, modified timestamp, scores array<double>"


@pytest.fixture
def jobs(spark):
    """Tells how many Spark jobs ran since it was asked last."""
    tracker = spark.sparkContext.statusTracker()
    seen = set(tracker.getJobIdsForGroup(None))

    def new():
        nonlocal seen
        before, seen = seen, set(tracker.getJobIdsForGroup(None))
        return len(seen - before)

    return new


@pytest.fixture
def table(spark, tmp_path):
    """Ten rows in two files that Spark wrote."""
    rows = [(f"{number}.jpg", number, WHEN, [number / 3, None]) for number in range(9)]
    stored = ParquetTable(filepath=str(tmp_path / "table"), schema=SCHEMA)
    stored.save(spark.createDataFrame([*rows, (None, None, None, None)], SCHEMA).repartition(2))
    return stored


def by_path(rows):
    return sorted(rows.to_pylist(), key=lambda row: row["path"] or "")


def test_a_stored_table_is_read_to_what_spark_reads(table, jobs):
    columns = ["modified", "path", "scores"]
    loaded = table.load()
    jobs()
    rows = small_rows(loaded, columns)
    assert count_rows(loaded) == 10
    assert jobs() == 0
    expected = loaded.select(columns).toArrow()
    assert rows.schema == expected.schema
    assert by_path(rows) == by_path(expected)


def test_spark_opens_a_table_when_something_is_asked_of_it(table, spark):
    loaded = table.load()
    assert isinstance(loaded, DataFrame)
    assert len(small_rows(loaded, ["path", "size", "modified", "scores"])) == 10
    assert "_jdf" not in vars(loaded)
    assert loaded.columns == ["path", "size", "modified", "scores"]
    assert "_jdf" in vars(loaded)
    assert loaded.where(loaded.path == "3.jpg").join(table.load(), "path").count() == 1
    assert spark.range(1).crossJoin(table.load()).count() == 10
    with pytest.raises(AttributeError):
        _ = loaded.no_column
    cached = table.load().persist()
    assert cached.is_cached
    assert cached.unpersist().count() == 10


def test_a_file_that_went_before_spark_opened_the_table_is_missed(table, tmp_path):
    loaded = table.load()
    part = next(tmp_path.glob("table/part-*"))
    part.unlink()
    with pytest.raises(
        DamagedFileError, match=rf"{part.name} cannot be read \(it is missing"
    ) as caught:
        loaded.count()
    with pytest.raises(DamageSetAsideError, match="is missing"):
        set_damage_aside(caught.value, str(tmp_path))


def test_only_spark_reads_many_rows_and_computed_ones(table, spark):
    loaded = table.load()
    assert small_rows(loaded, ["path"], limit=9) is None
    assert len(small_rows(loaded, ["path"], limit=10)) == 10
    assert small_rows(loaded.where("size > 3"), ["path"]) is None
    computed = spark.range(3)
    assert small_rows(computed, ["id"]) is None
    assert count_rows(computed) == 3


def test_a_table_in_memory_is_small_by_its_rows():
    table = pa.table({"path": ["a", "b"], "size": [1, 2]})
    assert small_rows(table, ["path"]).column_names == ["path"]
    assert small_rows(table, ["path"], limit=1) is None
    assert count_rows(table) == 2


@pytest.fixture
def features(spark, tmp_path):
    """A table of chunks, of which none is there yet."""
    folder = tmp_path / "features"
    folder.mkdir()
    (folder / "featurizer.json").write_text(json.dumps({"fingerprint": MARK}))
    return FeatureTable(filepath=str(folder), empty_when_missing=True)


def add(spark, features, path, schema=FEATURES):
    row = (path, 1, WHEN, [0.5, 1.5], None, MARK, "decoder 1")
    width = len(schema.split(", "))
    features.save(FeatureUpdate(MARK, add=spark.createDataFrame([row[:width]], schema)))


def test_chunks_are_read_together_without_columns_that_early_ones_lack(spark, features, jobs):
    columns = ["path", "modified", "decoder"]
    assert small_rows(features.load(), columns).schema.names == columns
    add(spark, features, "early", FEATURES.removesuffix(", decoder string"))
    add(spark, features, "late")
    loaded = features.load()
    jobs()
    rows = {row["path"]: row["decoder"] for row in small_rows(loaded, columns).to_pylist()}
    assert rows == {"early": None, "late": "decoder 1"}
    assert count_rows(loaded) == 2
    assert jobs() == 0


@pytest.mark.parametrize("damage", ["a bit", "a file"])
def test_a_damaged_file_is_found_and_set_aside(table, features, spark, tmp_path, damage):
    add(spark, features, "a")
    for stored in (table, features):
        loaded = stored.load()
        files = tmp_path.glob("table/part-*" if stored is table else "features/*/chunk=*/part-*")
        part = next(file for file in files if file.stat().st_size)
        content = bytearray(part.read_bytes())
        content[-20] ^= 1  # of the footer, which has no checksum of its own
        part.unlink() if damage == "a file" else part.write_bytes(content)
        with pytest.raises(DamagedFileError, match=part.name) as caught:
            small_rows(loaded, ["path"])
        with pytest.raises(DamageSetAsideError):
            set_damage_aside(caught.value, str(tmp_path))
