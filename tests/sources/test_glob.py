"""Patterns of paths."""

import pytest

from pixelmill.errors import InputError
from pixelmill.parameters import IngestionParameters
from pixelmill.sources import find_source

FILES = [
    "a/large/1.jpg", "a/large/2.png", "a/small/1.jpg", "b/large/1.jpg", "b/large/deep/3.jpg",
    "b/1.jpg", "top.jpg", "a/large/n.txt", ".h/large/1.jpg",
]  # fmt: skip
EXPECTED = {
    "*.jpg": ("", ["top.jpg"]),
    "*/large/*.jpg": ("", ["a/large/1.jpg", "b/large/1.jpg"]),
    "*/large/*": ("", ["a/large/1.jpg", "a/large/2.png", "b/large/1.jpg"]),
    "a/*/1.jpg": ("/a", ["large/1.jpg", "small/1.jpg"]),
    "**/1.jpg": ("", ["a/large/1.jpg", "a/small/1.jpg", "b/1.jpg", "b/large/1.jpg"]),
    "b/**": ("/b", ["1.jpg", "large/1.jpg", "large/deep/3.jpg"]),
    "[b-z]/**/*.jpg": ("", ["b/1.jpg", "b/large/1.jpg", "b/large/deep/3.jpg"]),
    "?/large/[!1].*": ("", ["a/large/2.png"]),
}


@pytest.fixture
def folder(tmp_path):
    for name in FILES:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(b"x")
    return tmp_path


def list_images(images, **ingestion):
    return find_source(images, IngestionParameters(**ingestion)).list_images()


@pytest.mark.parametrize("pattern", EXPECTED)
def test_patterns_on_disk(folder, pattern):
    below, paths = EXPECTED[pattern]
    listing = list_images(f"{folder}/{pattern}")
    assert listing.root == f"{folder}{below}"
    assert [file.path for file in listing.files] == paths


def test_patterns_on_s3(s3):
    for key in FILES:
        s3.put_object(Bucket="photos", Key=f"pre/{key}", Body=b"x")
    for pattern, (below, paths) in EXPECTED.items():
        listing = list_images(f"s3://photos/pre/{pattern}")
        assert listing.root == f"s3://photos/pre{below}"
        assert [file.path for file in listing.files] == paths


def test_a_relative_pattern(folder, monkeypatch):
    monkeypatch.chdir(folder)
    assert list_images("*.jpg").root == str(folder)


def test_a_folder_that_is_called_like_a_pattern(tmp_path):
    for name in ("photos [2020]/a*/1.png", "photos [2020]/a*/n.txt", "photos 2/ab/2.png"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(b"x")
    listing = list_images(f"{tmp_path}/photos [2020]/a*/*.png")
    assert listing.root == f"{tmp_path}/photos [2020]/a*"
    assert [file.path for file in listing.files] == ["1.png"]


def test_what_matches_and_is_no_image_is_counted(folder):
    skipped = list_images(f"{folder}/*/large/*").skipped
    assert skipped == {"hidden": 1, "not an image": 1, "duplicate path": 0}


def test_folders_that_cannot_match_are_not_looked_into(folder):
    (folder / "b/.git").mkdir()
    (folder / "a/large/.git").mkdir()
    assert list_images(f"{folder}/*/*.jpg").skipped["hidden"] == 1  # neither .h nor a/large/.git
    assert list_images(f"{folder}/a/**/*.jpg").skipped["hidden"] == 1


def test_a_pattern_without_a_match(folder):
    with pytest.raises(InputError, match=r"No image matches .*/x\*\.jpg"):
        list_images(f"{folder}/x*.jpg")
    with pytest.raises(InputError, match=r"There is no folder .*nowhere"):
        list_images(f"{folder}/nowhere/*.jpg")


def test_what_is_excluded_below_the_patterns_folder(folder):
    listing = list_images(f"{folder}/**/*.jpg", exclude=["a", "b/large/**"])
    assert [file.path for file in listing.files] == ["b/1.jpg", "top.jpg"]
    assert listing.skipped["excluded"] == 3
