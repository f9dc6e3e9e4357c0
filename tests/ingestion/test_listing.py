"""The node, with real files and a real Spark session."""

import logging
import os
import subprocess
import sys
from datetime import UTC, datetime
from unicodedata import normalize

import pytest

from pixelmill.datasets.parquet_table import ParquetTable
from pixelmill.errors import InputError
from pixelmill.ingestion.listing import list_images
from pixelmill.parameters import IngestionParameters
from pixelmill.pipelines.ingestion import create_pipeline

ODD_NAMES = [
    "a space.png", "quo\"t'e.png", "50%.png", "50%25.png", "h#sh.png", "ünïcödé-日本.png",
    "new\nline.png", "cr\r.png", "tab\t.png", "back\\slash.png", "e\u0301.png", "\u00e9.png",
    "Case.png", "case.png", "*?[].png", " lead.png", "trail .png", "\U0001f408.png",
]  # fmt: skip


def write(folder, *names):
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(name.encode())


@pytest.fixture
def kept(spark, tmp_path_factory):
    """What Spark reads of a table after the catalog kept it."""

    def keep(index):
        table = ParquetTable(filepath=str(tmp_path_factory.mktemp("kept") / "image_index"))
        table.save(index)
        return table.load()

    return keep


def test_the_index_and_its_source(kept, tmp_path, caplog):
    write(tmp_path, "cat/1.png", "cat/2.jpg", "dog/1.png", "0.png", "notes.txt", ".x.png")
    with caplog.at_level("INFO"):
        index, source = list_images(str(tmp_path), "pets", IngestionParameters())
    index = kept(index)
    assert index.dtypes == [
        ("path", "string"), ("label", "string"), ("size", "bigint"), ("modified", "timestamp"),
    ]  # fmt: skip
    rows = [(row.path, row.label, row.size) for row in index.collect()]
    assert rows == [
        ("0.png", None, 5),
        ("cat/1.png", "cat", 9),
        ("cat/2.jpg", "cat", 9),
        ("dog/1.png", "dog", 9),
    ]
    skipped_examples = source.pop("skipped_examples")
    assert source == {
        "images": str(tmp_path),
        "root": str(tmp_path),
        "count": 4,
        "labels": 2,
        "unlabelled": 1,
        "skipped": {"hidden": 1, "not an image": 1, "duplicate path": 0},
        "contradictions": {},
    }
    assert skipped_examples == [".x.png", "notes.txt"]
    assert "4 images in" in caplog.text
    assert "Left out: 1 hidden, 1 not an image; for example '.x.png', 'notes.txt'." in caplog.text


def test_a_pattern_and_globs_that_match_nothing_are_warnings(tmp_path, caplog):
    write(tmp_path, "cat/1.png", "dog/2.png")
    given = {"label": "pattern", "exclude": "raw"}
    list_images(str(tmp_path), "pets", IngestionParameters(pattern="^(x)", **given))
    assert "ingestion.pattern '^(x)' matches none of the 2 images" in caplog.text
    assert "ingestion.exclude leaves nothing out: 'raw' matches no file" in caplog.text
    caplog.clear()
    given["exclude"] = "dog"
    _, source = list_images(str(tmp_path), "pets", IngestionParameters(pattern="(.*)/", **given))
    assert source["labels"] == 1
    assert "WARNING" not in caplog.text


def test_odd_names_and_times_survive_parquet_in_any_time_zone(spark, kept, tmp_path):
    photos = tmp_path / "photos"
    write(photos, *(f"{name}/{name}" for name in ODD_NAMES))
    moment = datetime(2024, 3, 10, 2, 30, 0, 123456, tzinfo=UTC)  # New York has no such hour
    for name in ODD_NAMES:
        os.utime(photos / name / name, ns=(0, int(moment.timestamp()) * 10**9 + 123_456_789))
    before = spark.conf.get("spark.sql.session.timeZone")
    spark.conf.set("spark.sql.session.timeZone", "America/New_York")
    try:
        index, _ = list_images(str(photos), "odd", IngestionParameters())
        table = kept(index)
    finally:
        spark.conf.set("spark.sql.session.timeZone", before)
    rows = table.selectExpr("path", "label", "size", "unix_micros(modified)")
    expected = sorted(
        (
            f"{name}/{name}",
            normalize("NFC", name),
            len(f"{name}/{name}".encode()),
            1_710_037_800_123_456,
        )
        for name in ODD_NAMES
    )
    assert sorted(map(tuple, rows.collect())) == expected


def test_the_sample_is_what_dataset_digits_has_without_images(tmp_path):
    ingestion = IngestionParameters(sample_folder=str(tmp_path / "digits"))
    index, source = list_images(None, "digits", ingestion)
    assert index.num_rows == source["count"] == 500
    assert source["labels"] == 10
    assert source["root"] == str(tmp_path / "digits")
    with pytest.raises(InputError, match=r"Dataset 'pets' has no images.*images=/FOLDER"):
        list_images(None, "pets", ingestion)


def test_a_table_with_labels(tmp_path):
    write(tmp_path, "1.png", "2.png")
    (tmp_path / "list.csv").write_text("path,kind\n2.png,\n1.png,cat\n")
    ingestion = IngestionParameters(label="column", column="kind")
    index, source = list_images(str(tmp_path / "list.csv"), "t", ingestion)
    assert index.column("path").to_pylist() == ["1.png", "2.png"]
    assert index.column("label").to_pylist() == ["cat", None]
    assert (source["labels"], source["unlabelled"]) == (1, 1)


def test_an_image_with_two_labels_is_said_counted_and_listed(tmp_path, caplog):
    write(tmp_path, "1.png", "2.png", "3.png")
    rows = ["1.png,cat", "1.png,dog", "./1.png,cat", "1.png,ape", "2.png,", "2.png,emu"]
    rows += ["3.png,cat", "3.png,cat", "3.png,"]
    (tmp_path / "list.csv").write_text("\n".join(["path,kind", *rows]))
    ingestion = IngestionParameters(label="column", column="kind")
    with caplog.at_level(logging.WARNING):
        index, source = list_images(str(tmp_path / "list.csv"), "t", ingestion)
    assert index.column("label").to_pylist() == ["cat", "emu", "cat"]
    assert source["contradictions"] == {"1.png": ["cat", "dog", "ape"]}
    assert source["skipped"]["duplicate path"] == 6
    (warning,) = caplog.messages
    assert warning.startswith("1 image with several labels in ")
    assert "1.png (cat, dog, ape)" in warning


def test_a_list_of_urls_that_nobody_collected_is_a_sentence(tmp_path):
    (tmp_path / "list.csv").write_text("url\nhttp://example.org/1.jpg\n")
    with pytest.raises(InputError, match=r"list\.csv lists URLs.*--pipelines collection`"):
        list_images(str(tmp_path / "list.csv"), "brands", IngestionParameters())
    facts = {"urls": 1, "images": "other.csv"}
    with pytest.raises(InputError, match=r"the images of .*list\.csv are not collected"):
        list_images(str(tmp_path / "list.csv"), "brands", IngestionParameters(), facts)


def test_what_cannot_be_listed_starts_no_spark(tmp_path):
    script = f"""
import sys
from pixelmill.errors import InputError
from pixelmill.parameters import IngestionParameters
from pixelmill.ingestion.listing import list_images
try:
    list_images({str(tmp_path / "nowhere")!r}, "pets", IngestionParameters())
except InputError as error:
    print(error)
print("pyspark" in sys.modules)
"""
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    sentence, started = done.stdout.splitlines()
    assert sentence == f"There is no folder {tmp_path}/nowhere: check `images`."
    assert started == "False"


def test_the_wiring():
    pipeline = create_pipeline()
    parameters = {"params:images", "params:dataset", "params:ingestion"}
    assert pipeline.inputs() == {*parameters, "collection", "collected"}
    assert pipeline.outputs() == {"image_index", "source"}
