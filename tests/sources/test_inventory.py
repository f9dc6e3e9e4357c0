"""S3 Inventories, read by a real Spark."""

from collections import Counter
from datetime import UTC, datetime
from urllib.parse import quote_plus

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyspark import cloudpickle

from pixelmill.errors import InputError
from pixelmill.ingestion.labels import labeller
from pixelmill.ingestion.listing import list_images
from pixelmill.parameters import IngestionParameters
from pixelmill.sources import Listing, find_source
from pixelmill.sources.inventory_table import InventoryFilter
from pixelmill.sources.listing import ImageFilter
from pixelmill.storage import StoredFile
from tests.sources.inventories import FOLDER, MOMENT, Row, write_inventory

FORMATS = ["CSV", "ORC", "Parquet"]
SECOND = MOMENT.replace(microsecond=0)
ODD_KEYS = [
    "cat/a space.png", "cat/plus+&=.png", "cat/quo\"t'e.png", "cat/50%25.png", "cat/ü,日本.png",
    "cat/new\nline.png", "cat/tab\t.png", "cat/back\\slash.png", "cat//two.png", "/lead.png",
    "top.png", "cat/#h.PNG", " /x.png",
]  # fmt: skip
NAMES = ["x_1.png", "y_2.png", "3.png", "z.txt", ".k/z.png"]
KEYS = st.tuples(st.text("ab/.# é_1+%", max_size=10), st.sampled_from([".png", ".JPG", ".txt"]))
KEYS = KEYS.map("".join).filter(lambda key: not key.endswith("/"))


def listed(images, **ingestion):
    parameters = IngestionParameters(**ingestion)
    return find_source(str(images), parameters).list_images().index(labeller(parameters))


def rows_of(index):
    rows = index.table.collect()
    return sorted((row.path, row.label, row.size, row.modified.astimezone(UTC)) for row in rows)


@pytest.mark.parametrize("file_format", FORMATS)
def test_newest_versions_with_odd_keys_and_whole_seconds(spark, tmp_path, file_format):
    rows = [Row(key, size) for size, key in enumerate(ODD_KEYS, 1)]
    rows += [Row("cat/50%25.png", 99, latest=False), Row("gone.png", None, deleted=True)]
    rows += [Row("cat/"), Row("notes.txt"), Row("cat/.trash/1.png"), Row("cat/.trash/2.png")]
    index = listed(write_inventory(tmp_path, rows, file_format))
    assert index.table.dtypes == [
        ("path", "string"), ("label", "string"), ("size", "bigint"), ("modified", "timestamp"),
    ]  # fmt: skip
    found = rows_of(index)
    assert [(path, size) for path, _, size, _ in found] == sorted(
        (key, size) for size, key in enumerate(ODD_KEYS, 1)
    )
    assert {modified for *_, modified in found} == {SECOND}
    assert index.count == len(ODD_KEYS)
    assert index.skipped == {"hidden": 1, "not an image": 1, "duplicate path": 0}
    assert index.skipped_examples == ["cat/.trash", "notes.txt"]


@pytest.mark.parametrize("file_format", FORMATS)
def test_the_sessions_time_zone_changes_no_time(spark, tmp_path, file_format):
    before = spark.conf.get("spark.sql.session.timeZone")
    spark.conf.set("spark.sql.session.timeZone", "America/New_York")
    try:
        index = listed(write_inventory(tmp_path, [Row("a.png")], file_format))
        [row] = index.table.selectExpr("unix_micros(modified)").collect()
    finally:
        spark.conf.set("spark.sql.session.timeZone", before)
    assert row[0] == int(SECOND.timestamp()) * 10**6


def test_the_zone_of_the_jvm_changes_no_time_of_an_orc(spark, tmp_path):
    zones = spark._jvm.java.util.TimeZone
    before = zones.getDefault()
    zones.setDefault(zones.getTimeZone("Asia/Tokyo"))
    try:
        index = listed(write_inventory(tmp_path, [Row("a.png")], "ORC"))
        assert rows_of(index)[0][3] == SECOND
    finally:
        zones.setDefault(before)


def test_a_prefix_is_the_root_and_takes_whole_folders(spark, tmp_path):
    rows = [Row("in/cat/1.png"), Row("in/2.png"), Row("inner/3.png"), Row("4.png")]
    manifest = write_inventory(tmp_path, rows)
    source = find_source(f"{manifest}#in/", IngestionParameters())
    assert source.list_images().root == "s3://photos/in"
    assert source.list_images().amount() == (2, 10)
    index = listed(f"{manifest}#in")
    assert [row[:2] for row in rows_of(index)] == [("2.png", None), ("cat/1.png", "cat")]
    assert (index.count, index.labels, index.unlabelled) == (2, 1, 1)


def test_the_node_says_what_it_says_of_a_folder(spark, tmp_path, caplog):
    manifest = write_inventory(tmp_path, [Row("cat/1.png"), Row("dog/2.png"), Row("3.png")])
    with caplog.at_level("INFO"):
        index, source = list_images(str(manifest), "pets", IngestionParameters())
    assert index.count() == 3
    assert source == {
        "images": str(manifest),
        "root": "s3://photos",
        "count": 3,
        "labels": 2,
        "unlabelled": 1,
        "skipped": {"hidden": 0, "not an image": 0, "duplicate path": 0},
        "skipped_examples": [],
        "contradictions": {},
    }
    assert "3 images in s3://photos: 2 classes, 1 image without a label." in caplog.text


def test_a_key_that_is_listed_twice_is_one_image_as_it_was_last(spark, tmp_path):
    later = datetime(2025, 1, 1, tzinfo=UTC)
    rows = [Row("a.png", 1), Row("b.png", 3), Row("a.png", 2, later), Row("a.png", 4)]
    index = listed(write_inventory(tmp_path, rows))
    assert rows_of(index) == [("a.png", None, 2, later), ("b.png", None, 3, SECOND)]
    assert (index.count, index.unlabelled) == (2, 2)
    assert index.skipped["duplicate path"] == 2


def test_examples_are_ten_whatever_is_left_out(spark, tmp_path):
    rows = [Row(f".{number}/x.png") for number in range(50)] + [Row("a.png")]
    rows += [Row(f"{number}.txt") for number in range(200)]
    index = listed(write_inventory(tmp_path, rows))
    assert index.skipped == {"hidden": 50, "not an image": 200, "duplicate path": 0}
    assert len(set(index.skipped_examples)) == 10


def test_current_versions_alone_need_no_column_for_it(spark, tmp_path):
    content = b'"photos","a.png","7","2024-03-10T02:30:00.000Z"\n'
    key = f"{FOLDER}/data/all.csv"
    (tmp_path / key).parent.mkdir(parents=True)
    (tmp_path / key).write_bytes(content)
    schema = "Bucket, Key, Size, LastModifiedDate"
    files = [{"key": key, "size": len(content)}]
    manifest = write_inventory(tmp_path, [], fileSchema=schema, files=files)
    assert rows_of(listed(manifest)) == [("a.png", None, 7, SECOND)]


LABELS = [
    {"label": "parent"},
    {"label": "none"},
    {"label": "pattern", "pattern": r"^(?P<kind>\w+?)_\d"},
    {"label": "pattern", "pattern": "([^a])b"},
]


def as_a_folder(keys, ingestion):
    """What a listing of the same keys gives."""
    parameters = IngestionParameters(**ingestion)
    image_filter = ImageFilter(parameters.extensions, parameters.exclude)
    kept = [StoredFile(key, 5, SECOND) for key in sorted(keys) if image_filter.keep(key)]
    return image_filter.listing("s3://photos", kept).index(
        labeller(IngestionParameters(**ingestion))
    )


@given(st.sets(KEYS, max_size=30), st.sampled_from(LABELS), st.booleans())
def test_any_keys_have_the_labels_that_they_have_in_a_folder(keys, ingestion, encoded):
    label = labeller(IngestionParameters(**ingestion))
    inventory_filter = InventoryFilter(encoded, "", IngestionParameters().extensions, label)
    written = [quote_plus(key) if encoded else key for key in sorted(keys)]
    batch = pa.RecordBatch.from_pydict(
        {
            "key": pa.array(written, pa.string()),
            "size": pa.array([5] * len(keys), pa.int64()),
            "modified": pa.array([SECOND] * len(keys), pa.timestamp("us", "UTC")),
        }
    )
    [sifted] = cloudpickle.loads(cloudpickle.dumps(inventory_filter))([batch])
    images = [row for row in sifted.to_pylist() if row["reason"] is None]
    names = ("path", "label", "size", "modified")
    expected = as_a_folder(keys, ingestion)
    assert [{name: row[name] for name in names} for row in images] == expected.table.to_pylist()
    others = Counter(row["reason"] for row in sifted.to_pylist() if row["reason"])
    assert others["not an image"] == expected.skipped["not an image"]


EXCLUDED = {"exclude": ["b", "c/x_*", "*.txt"]}


@pytest.mark.parametrize("ingestion", [LABELS[0], LABELS[2] | EXCLUDED])
def test_spark_counts_what_a_folder_counts(spark, tmp_path, ingestion):
    tops = ("a", "b", ".h", "c/.i", "c", "a/@eaDir")
    keys = [f"{top}/{name}" for top in tops for name in NAMES]
    expected = as_a_folder(keys, ingestion)
    index = listed(write_inventory(tmp_path, [Row(key) for key in keys]), **ingestion)
    assert [row[:3] for row in rows_of(index)] == [
        (row["path"], row["label"], row["size"]) for row in expected.table.to_pylist()
    ]
    for name in ("count", "labels", "unlabelled", "skipped"):
        assert getattr(index, name) == getattr(expected, name)


def test_nothing_to_take_is_one_sentence(spark, tmp_path):
    manifest = write_inventory(tmp_path, [Row("a.txt"), Row(".b.png")])
    with pytest.raises(InputError, match=r"There are no images in s3://photos by .*its 2 files"):
        listed(manifest)
    with pytest.raises(InputError, match=r"There are no images in s3://photos/x by .*is empty"):
        listed(f"{manifest}#x")


def test_labels_of_a_column_are_refused(spark, tmp_path):
    manifest = write_inventory(tmp_path, [Row("a.png")])
    with pytest.raises(InputError, match=r"ingestion.label is column, but .*manifest.json is no"):
        listed(manifest, label="column", column="kind")
    with pytest.raises(InputError, match=r"is no table, so it has no column"):
        find_source(str(manifest), IngestionParameters()).column("split")


def test_a_folder_and_an_inventory_are_of_one_kind():
    listing = Listing("/r", [StoredFile("a/1.png", 3, SECOND)], None, {}, [])
    assert listing.amount() == (1, 3)
