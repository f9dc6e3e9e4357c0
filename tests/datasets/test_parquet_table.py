"""Tables that exist only when they are whole."""

from datetime import UTC, datetime

import pyarrow as pa
import pytest
from kedro.io.core import DatasetError

from pixelmill.datasets.parquet_table import ParquetTable


@pytest.fixture
def table(tmp_path):
    return ParquetTable(filepath=str(tmp_path / "numbers"))


def test_what_was_saved_is_loaded(spark, table):
    table.save(spark.range(5))
    assert sorted(row.id for row in table.load().collect()) == [0, 1, 2, 3, 4]


def test_a_table_in_memory_is_written_as_spark_would_write_it(spark, table):
    when = datetime(2024, 5, 1, 12, 30, 0, 123456, tzinfo=UTC)
    times = pa.array([when, None], pa.timestamp("us", tz="UTC"))
    table.save(pa.table({"path": ["a", "b"], "modified": times}))
    assert table.exists()
    loaded = table.load()
    assert loaded.dtypes == [("path", "string"), ("modified", "timestamp")]
    micros = loaded.selectExpr("unix_micros(modified)").collect()
    assert [row[0] for row in micros] == [int(when.timestamp()) * 1_000_000 + 123456, None]


def test_a_save_replaces_what_was_there(spark, table):
    table.save(spark.range(5))
    table.save(spark.range(2))
    assert table.load().count() == 2


def test_half_a_table_does_not_exist(spark, table, tmp_path):
    table.save(spark.range(5))
    (tmp_path / "numbers" / "_SUCCESS").unlink()
    assert not table.exists()


def test_a_table_that_lost_a_part_does_not_exist(spark, table, tmp_path):
    table.save(spark.range(5).repartition(2))
    part = next((tmp_path / "numbers").glob("part-*"))
    part.unlink()
    assert not table.exists()
    with pytest.raises(DatasetError, match=rf"no finished table .* \({part.name} is missing\)"):
        table.load()


def test_a_table_of_an_early_version_exists(spark, table, tmp_path):
    table.save(spark.range(5))
    (tmp_path / "numbers" / "_SUCCESS").write_bytes(b"")
    assert table.load().count() == 5


def test_loading_half_a_table_says_what_to_do(spark, table):
    with pytest.raises(DatasetError, match=r"no finished table in .*numbers: run the pipeline"):
        table.load()


def test_the_preview_shows_the_first_rows_without_spark(spark, table):
    table.save(spark.range(100).coalesce(1))
    preview = table.preview(nrows=3)
    assert preview["columns"] == ["id"]
    assert preview["data"] == [["0"], ["1"], ["2"]]


def test_what_a_desktop_leaves_in_a_table_is_not_read(spark, table, tmp_path):
    table.save(spark.range(3).coalesce(1))
    for name in (".DS_Store", "desktop.ini", "._x", "Thumbs.db", "README", "README.parquet"):
        (tmp_path / "numbers" / name).write_bytes(b"foreign")
    (tmp_path / "numbers" / "@eaDir").mkdir()
    assert table.exists()
    assert table.load().count() == 3
    assert ParquetTable(filepath=str(tmp_path / "numbers"), schema="id long").load().count() == 3
    assert table.preview()["data"] == [["0"], ["1"], ["2"]]
