"""A map goes to disk or a bucket, and takes what was there before with it."""

import boto3
import pytest

from pixelmill.datasets.map_page import MapPageFile
from pixelmill.map_page import MapPage

LARGE = MapPage("<p>large é</p>", {"sheet-00000.webp": b"first", "sheet-00001.webp": b"second"})
SMALL = MapPage("<p>small</p>", {})


def files(folder):
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


def test_a_map_on_disk_replaces_the_one_before(tmp_path):
    folder = tmp_path / "new" / "folder"
    dataset = MapPageFile(filepath=str(folder / "map.html"))
    assert not dataset.exists()
    dataset.save(LARGE)
    assert dataset.exists()
    assert dataset.load() == LARGE.html
    assert files(folder) == {
        "map.html": LARGE.html.encode(),
        "map_files/sheet-00000.webp": b"first",
        "map_files/sheet-00001.webp": b"second",
    }
    dataset.save(MapPage("<p>new</p>", {"sheet-00000.webp": b"new"}))
    assert files(folder) == {"map.html": b"<p>new</p>", "map_files/sheet-00000.webp": b"new"}
    dataset.save(SMALL)
    assert files(folder) == {"map.html": b"<p>small</p>"}
    assert not (folder / "map_files").exists()


def test_a_map_that_is_not_wanted_is_removed(tmp_path):
    dataset = MapPageFile(filepath=str(tmp_path / "map.html"))
    (tmp_path / "other.html").write_text("other")
    dataset.remove()
    dataset.save(LARGE)
    dataset.remove()
    assert files(tmp_path) == {"other.html": b"other"}
    assert not dataset.exists()


def test_a_relative_path_needs_no_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    MapPageFile(filepath="map.html").save(LARGE)
    assert sorted(files(tmp_path)) == [
        "map.html",
        "map_files/sheet-00000.webp",
        "map_files/sheet-00001.webp",
    ]


@pytest.fixture
def bucket(s3, s3_endpoint):
    """The keys of the bucket 'photos', and the content type of each."""

    def kinds():
        found = boto3.client("s3", "us-east-1").list_objects_v2(Bucket="photos")
        keys = [entry["Key"] for entry in found.get("Contents", [])]
        return {key: s3.head_object(Bucket="photos", Key=key)["ContentType"] for key in keys}

    return kinds


def test_a_map_in_a_bucket_opens_as_a_page(bucket):
    dataset = MapPageFile(filepath="s3://photos/report/map.html")
    dataset.save(LARGE)
    assert bucket() == {
        "report/map.html": "text/html; charset=utf-8",
        "report/map_files/sheet-00000.webp": "image/webp",
        "report/map_files/sheet-00001.webp": "image/webp",
    }
    assert dataset.load() == LARGE.html
    dataset.save(MapPage("<p>new</p>", {"sheet-00000.webp": b"new"}))
    assert sorted(bucket()) == ["report/map.html", "report/map_files/sheet-00000.webp"]
    dataset.remove()
    assert bucket() == {}
