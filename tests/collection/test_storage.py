"""What is stored, on disk and on S3, and what tasks report of it."""

import os
from datetime import UTC

import pyarrow as pa
import pytest

from pixelmill.collection.downloading import download_all
from pixelmill.collection.files import SHARDS, write_image, write_note
from pixelmill.collection.results import Download, UrlRequest, batch_of
from pixelmill.collection.stored import _Listing
from pixelmill.collection.url_lists import find_urls
from pixelmill.collection.writing import ImageWriter
from pixelmill.datasets.collected import DownloadsTable
from pixelmill.datasets.url_list import UrlListing, UrlListTable
from pixelmill.parameters import CollectionParameters, IngestionParameters
from pixelmill.storage import open_storage
from pixelmill.tables import DOWNLOADS
from tests.collection.conftest import OWN_SERVER
from tests.collection.photo_server import picture

SPARK_TYPES = {
    "string": pa.string(), "long": pa.int64(), "double": pa.float64(), "boolean": pa.bool_(),
    "timestamp": pa.timestamp("us", "UTC"),
}  # fmt: skip


def listed(folder, *shards):
    ids = pa.RecordBatch.from_pydict({"id": [SHARDS.index(shard) for shard in shards]})
    return {row["path"]: row for batch in _Listing(folder)([ids]) for row in batch.to_pylist()}


def test_downloads_to_s3_from_a_list_on_s3(s3, server):
    body = f"url\n{server.url}/photo/1.jpg\n{server.url}/missing/2.jpg\n".encode()
    s3.put_object(Bucket="photos", Key="list.csv", Body=body)
    given = CollectionParameters(**OWN_SERVER | {"folder": "s3://photos/mill/downloads"})
    [batch] = find_urls("s3://photos/list.csv", IngestionParameters()).batches()
    wanted = [UrlRequest(row["url"], row["url_id"]) for row in batch.to_pylist()]
    rows = [
        row
        for part in download_all(wanted, ImageWriter(open_storage(given.folder), given), given)
        for row in part
    ]
    assert sorted(row.path.rpartition(".")[2] for row in rows) == ["failed", "jpg"]
    found = listed(given.folder, *(row.path[:2] for row in rows))
    for row in rows:
        head = s3.head_object(Bucket="photos", Key=f"mill/downloads/{row.path}")
        stored = found[row.path]
        assert (stored["size"], stored["modified"]) == (head["ContentLength"], head["LastModified"])


@pytest.fixture
def workers_on_s3(s3, spark, monkeypatch):
    """Has Spark's Python workers find the bucket, as the environment of a cluster does."""
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.setitem(spark.sparkContext.environment, name, os.environ[name])
    return s3


def test_spark_collects_a_list_on_s3_into_a_bucket(storage, server, workers_on_s3):
    names = ["reserved/other/1", "reserved/tdm/1", *(f"photo/{number}.jpg" for number in range(9))]
    lines = "".join(f"{server.url}/{name},{number}\n" for number, name in enumerate(names))
    workers_on_s3.put_object(Bucket="photos", Key="list.csv", Body=f"url,label\n{lines}".encode())
    server.delay = 0.02
    place = {"folder": "s3://photos/mill/downloads", "per_host": 1}
    rows = storage.collect("s3://photos/list.csv", **place)
    assert server.most_at_once == 1  # of two tasks one has all URLs of a host
    assert [rows[name]["label"] for name in names] == [str(number) for number in range(11)]
    assert [name for name in names if rows[name]["status"] != "ok"] == ["reserved/tdm/1"]
    assert rows["reserved/tdm/1"]["tdm_reservation"] == "1"
    assert rows["reserved/other/1"]["x_robots_tag"] == "otherbot: noai"
    for row in rows.values():
        head = workers_on_s3.head_object(Bucket="photos", Key=f"mill/downloads/{row['path']}")
        assert row["modified"].astimezone(UTC) == head["LastModified"]
    asked = server.asked.total()
    assert storage.collect("s3://photos/list.csv", **place).keys() == rows.keys()
    assert server.asked.total() == asked


def test_a_large_file_on_s3_is_read_in_pieces(s3, monkeypatch):
    monkeypatch.setattr("pixelmill.storage.s3._PIECE", 1000)
    lines = "".join(f"http://example.org/{number}.jpg\n" for number in range(1000))
    s3.put_object(Bucket="photos", Key="list.txt", Body=lines.encode())
    batches = find_urls("s3://photos/list.txt", IngestionParameters()).batches()
    urls = [url for batch in batches for url in batch["url"].to_pylist()]
    assert urls == lines.split()


def test_an_image_that_is_there_is_not_written_again(tmp_path):
    storage = open_storage(str(tmp_path))
    path, digest = write_image(storage, picture(1), ".jpg")
    assert path == f"{digest[:2]}/{digest}.jpg"
    first = (tmp_path / path).stat().st_mtime_ns
    assert write_image(storage, picture(1), ".jpg") == (path, digest)
    note = write_note(storage, "0" * 32, "HTTP 404")
    written = (tmp_path / note).stat().st_mtime_ns
    write_note(storage, "0" * 32, "HTTP 404")
    assert (tmp_path / path).stat().st_mtime_ns == first
    assert (tmp_path / note).stat().st_mtime_ns == written
    write_note(storage, "0" * 32, "HTTP 410")
    assert (tmp_path / note).read_text() == "download failed: HTTP 410\n"


def test_what_is_no_download_is_not_listed(tmp_path):
    storage = open_storage(str(tmp_path))
    path, _ = write_image(storage, picture(1), ".jpg")
    shard = path[:2]
    for name in (".x.jpg.77", "0123.jpg", "readme.txt"):
        (tmp_path / shard / name).write_bytes(b"x")
    assert list(listed(str(tmp_path), shard, "00" if shard != "00" else "01")) == [path]


def test_what_a_desktop_leaves_beside_the_rows_is_not_read(spark, place, tmp_path):
    rows = place.download("photo/1.jpg").rows
    table = DownloadsTable(filepath=str(tmp_path / "downloads"))
    table.save(spark.createDataFrame(pa.Table.from_batches([batch_of(rows)])))
    listed_urls = UrlListTable(filepath=str(tmp_path / "list"))
    (tmp_path / "urls.txt").write_text("http://example.org/1.jpg\n")
    found = find_urls(str(tmp_path / "urls.txt"), IngestionParameters())
    listed_urls.save(UrlListing(found.batches(), found.facts))
    for folder in (*(tmp_path / "downloads").glob("chunk=*"), tmp_path / "list"):
        (folder / "Thumbs.db").write_bytes(b"no parquet")
    assert table.load().count() == 1
    assert listed_urls.load().rows().count() == 1


def test_rows_have_the_types_of_the_table(place):
    [row] = place.download("photo/1.jpg").rows
    assert isinstance(row, Download)
    schema = batch_of([row]).schema
    declared = dict(column.split() for column in DOWNLOADS.split(", "))
    assert {field.name: field.type for field in schema} == {
        name: SPARK_TYPES[kind] for name, kind in declared.items()
    }
