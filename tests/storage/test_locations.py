"""How folders and files are named."""

from pathlib import Path

import pytest

from pixelmill.errors import InputError
from pixelmill.storage import child, join_root, open_storage
from pixelmill.storage.locations import is_s3, local_path, split_s3, without_empty_names


def test_folders_become_absolute(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert local_path("photos/") == str(tmp_path / "photos")
    assert local_path("./a/../b") == str(tmp_path / "b")
    assert local_path("~/photos") == str(Path.home() / "photos")
    assert local_path("~photos") == str(tmp_path / "~photos")


def test_file_uris_are_decoded_and_plain_paths_are_not():
    assert local_path("file:///a%20b/c%23") == "/a b/c#"
    assert local_path("file://localhost/a") == "/a"
    assert local_path("/a%20b") == "/a%20b"


@pytest.mark.parametrize("uri", ["s3://bucket/a/b/", "s3a://bucket/a/b", "S3://bucket/a/b//"])
def test_s3_uris(uri):
    assert is_s3(uri)
    assert split_s3(uri) == ("bucket", "a/b")
    assert open_storage(uri).root == "s3://bucket/a/b"


@pytest.mark.parametrize(
    ("location", "sentence"),
    [
        ("s3:///a", "names no bucket"),
        ("s3://photos--use1-az4--x-s3/a", r"^s3://photos--use1.* is in a directory bucket"),
        (
            "s3://arn:aws:s3:eu-west-1:1:accesspoint/p/a",
            r"is an ARN: write the access point's alias",
        ),
        ("gs://bucket/a", "no way to read gs://"),
        ("https://example.com/x.jpg", "no way to read https://"),
        ("file://host/a", "on another machine"),
    ],
)
def test_other_locations_are_refused(location, sentence):
    with pytest.raises(InputError, match=sentence):
        open_storage(location)


@pytest.mark.parametrize(
    ("folder", "path", "location"),
    [
        ("/t", "a/b.png", "/t/a/b.png"),
        ("/t", "../b.png", "/b.png"),
        ("/t", "/x/b.png", "/x/b.png"),
        ("/t", "~b%20#.png", "/t/~b%20#.png"),
        ("/t", "s3://k/b.png", "s3://k/b.png"),
        ("/t", "file:///x/b%20.png", "/x/b .png"),
        ("s3://k/t", "./a/b.png", "s3://k/t/a/b.png"),
        ("s3://k/t", "/x/b.png", "/x/b.png"),
        ("s3://k/t/u", "../../a/../b.png", "s3://k/a/../b.png"),
        ("s3://k/t", "../../b.png", "s3://k/../b.png"),
        ("/t", "s3://k//a//b.png", "s3://k//a//b.png"),
        ("s3://k/t", "S3A://k/b.png/", "s3://k/b.png/"),
    ],
)
def test_paths_of_a_table(folder, path, location):
    assert join_root(folder, path) == location


def test_children_of_roots():
    assert child("/", "x") == "/x"
    assert child("s3://k", "x") == "s3://k/x"


@pytest.mark.parametrize(
    ("location", "plain"),
    [
        ("s3://k/t/", "s3://k/t"),
        ("s3://k///t//u", "s3://k/t/u"),
        ("/t/u/", "/t/u"),
        ("/", "/"),
        ("data", "data"),
        ("", ""),
    ],
)
def test_empty_names_are_left_out(location, plain):
    assert without_empty_names(location) == plain
