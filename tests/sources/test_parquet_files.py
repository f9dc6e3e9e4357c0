"""Folders of Parquet files as Spark, Hive and pandas leave them."""

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pixelmill.errors import InputError
from pixelmill.sources.columns import open_table


@pytest.fixture
def write(tmp_path):
    """Writes one file of the table `t.parquet`."""

    def write(file, **columns):
        target = tmp_path / "t.parquet" / file
        target.parent.mkdir(parents=True, exist_ok=True)
        pq.write_table(pa.table(columns), target)

    return write


def read(tmp_path, *columns):
    return open_table(str(tmp_path), "t.parquet").read(list(columns)).to_pylist()


def test_folders_named_column_and_value_are_a_column(tmp_path, write):
    write("kind=a%2Fb c/year=007/part-0.parquet", path=["1.png"])
    write("kind=__HIVE_DEFAULT_PARTITION__/year=1.0/part-0.parquet", path=["2.png"])
    assert read(tmp_path, "path", "kind", "YEAR") == [
        {"path": "2.png", "kind": None, "YEAR": "1.0"},
        {"path": "1.png", "kind": "a/b c", "YEAR": "007"},
    ]


def test_what_spark_ignores_is_no_part_of_the_table(tmp_path, write):
    write("part-0.parquet", path=["1.png"])
    for unfinished in (
        "_temporary/0/part-9.parquet",
        ".part-1.parquet",
        "_x.parquet",
        ".t/p.parquet",
    ):
        write(unfinished, path=["gone.png"])
    assert read(tmp_path, "path") == [{"path": "1.png"}]


def test_a_column_that_begins_with_an_underscore_is_one(tmp_path, write):
    write("_kind=x/part-0.parquet", path=["1.png"])
    assert read(tmp_path, "_kind") == [{"_kind": "x"}]


def test_spark_reads_its_own_partitions_as_we_do(spark, tmp_path):
    rows = [("1.png", "a/b=c", 7), ("2.png", None, 8), ("3.png", "ü 50%", 7), ("4.png", "x", None)]
    frame = spark.createDataFrame(rows, "path string, kind string, year int")
    frame.write.partitionBy("kind", "year").parquet(str(tmp_path / "t.parquet"))
    found = {
        row["path"]: (row["kind"], row["year"]) for row in read(tmp_path, "path", "kind", "year")
    }
    assert found == {path: (kind, None if year is None else str(year)) for path, kind, year in rows}


def test_files_of_other_programs_are_part_of_the_table(tmp_path, write, caplog):
    """Hive and Impala give no ending; another case or a shorter ending loses no row."""
    for number, name in enumerate(("a.PARQUET", "b.parq", "000000_0", "d.pq", "e.parquet")):
        write(name, path=[f"{number}.png"])
    (tmp_path / "t.parquet" / "notes.md").write_text("of the table")
    found = {row["path"] for row in read(tmp_path, "path")}
    assert found == {f"{number}.png" for number in range(5)}
    assert "1 of 6 files in" in caplog.text
    assert "t.parquet are no Parquet by their names, for example notes.md" in caplog.text


def test_a_file_without_an_ending_that_is_no_parquet_is_a_sentence(tmp_path, write):
    write("a.parquet", path=["1.png"])
    (tmp_path / "t.parquet" / "LICENSE").write_text("of the images")
    with pytest.raises(InputError, match=r"t\.parquet cannot be read as a table: LICENSE is no"):
        read(tmp_path, "path")


def test_columns_of_later_files_are_columns(tmp_path, write):
    write("a.parquet", path=["1.png"], Kind=["x"])
    write("b.parquet", path=["2.png"], KIND=["y"], site=["z"])
    table = open_table(str(tmp_path), "t.parquet")
    assert table.names == ["path", "Kind", "site"]
    assert table.read(["kind"]).to_pydict() == {"kind": ["x", "y"]}
    with pytest.raises(InputError, match="has the column 'site' in some of its files alone"):
        table.read(["site"])


def test_a_delta_table_is_refused(tmp_path, write):
    write("part-0.parquet", path=["deleted.png"])
    (tmp_path / "t.parquet" / "_delta_log").mkdir()
    (tmp_path / "t.parquet" / "_delta_log" / "0.json").write_text("{}")
    with pytest.raises(InputError, match="it is a Delta table"):
        read(tmp_path, "path")


def test_types_as_text(tmp_path, write):
    write(
        "part-0.parquet",
        number=[0.0, float("nan"), 2.0, None, 0.5],
        word=pa.array([" x ", "", "NaN", None, "y"]).dictionary_encode(),
        whole=[1, 2, 3, 4, None],
    )
    assert open_table(str(tmp_path), "t.parquet").read(["number", "word", "whole"]).to_pydict() == {
        "number": ["0", None, "2", None, "0.5"],
        "word": ["x", None, "NaN", None, "y"],
        "whole": ["1", "2", "3", "4", None],
    }


def test_a_column_that_is_no_text_is_a_sentence(tmp_path, write):
    write("part-0.parquet", path=["1.png"], boxes=[[1, 2]])
    with pytest.raises(InputError, match=r"cannot be read as a table: column 'boxes' is no text"):
        read(tmp_path, "boxes")
