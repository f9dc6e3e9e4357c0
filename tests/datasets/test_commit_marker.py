"""A folder counts while it has the files that its marker lists, on disk and on S3."""

import json

import fsspec
import pytest

from pixelmill.datasets.commit_marker import changed_file, commit, list_folder, problem

DATA = {"part-0.parquet": b"rows of a chunk", "part-1.parquet": b"more rows", "_state.json": b"{}"}


@pytest.fixture(params=["disk", "s3"])
def folder(request, tmp_path):
    """A folder with two data files."""
    if request.param == "s3":
        request.getfixturevalue("s3")
    place = "s3://photos/table [1]" if request.param == "s3" else str(tmp_path / "table [1]")
    for name, content in DATA.items():
        put(place, name, content)
    return place


def put(folder, name, content):
    system, path = fsspec.core.url_to_fs(folder)
    if "file" in system.protocol:
        system.makedirs(path, exist_ok=True)
    system.pipe_file(f"{path}/{name}", content)


def remove(folder, name):
    system, path = fsspec.core.url_to_fs(folder)
    system.rm_file(f"{path}/{name}")


def marker_of(folder):
    commit(folder, f"{folder}/marks", "one")
    system, path = fsspec.core.url_to_fs(f"{folder}/marks/one")
    return system.cat_file(path)


def now(folder, marker):
    return problem(folder, marker, list_folder(folder))


def test_a_folder_is_what_its_marker_says(folder):
    marker = marker_of(folder)
    assert now(folder, marker) is None
    put(folder, "_later.json", b"what readers of Parquet pass over")
    assert now(folder, marker) is None


def test_lost_cut_and_foreign_files_are_named(folder):
    marker = marker_of(folder)
    put(folder, "part-1.parquet", b"more")
    assert now(folder, marker) == "part-1.parquet has 4 of 9 bytes"
    remove(folder, "part-1.parquet")
    assert now(folder, marker) == "part-1.parquet is missing"
    put(folder, "part-1.parquet", DATA["part-1.parquet"])
    put(folder, "part-2.parquet", b"")
    assert now(folder, marker) == "part-2.parquet is not one of its files"


def test_a_damaged_marker_does_not_count(folder):
    marker = marker_of(folder)
    for damaged in (marker[:-1], marker[1:], b"[1]", b"{}", b'{"files": [1]}', b"\xff\xfe", b"7"):
        assert now(folder, damaged) == "its marker is damaged"


def test_a_marker_of_an_early_version_names_no_files(folder):
    assert now(folder, b"") is None
    for name in DATA:
        remove(folder, name)
    assert now(folder, b"") == "it has no files"


def test_a_changed_bit_is_found_by_every_byte(tmp_path):
    place = str(tmp_path / "table")
    for name, content in DATA.items():
        put(place, name, content)
    marker = marker_of(place)
    assert changed_file(place, marker) is None
    put(place, "part-0.parquet", b"rows of b chunk")
    assert changed_file(place, marker) == "the bytes of part-0.parquet have changed"
    assert now(place, marker) == "the bytes of part-0.parquet have changed"


def test_a_file_that_hadoop_guards_is_not_read_when_its_folder_is_listed(tmp_path):
    place = str(tmp_path / "table")
    for name, content in DATA.items():
        put(place, name, content)
        put(place, f".{name}.crc", b"crc")
    marker = marker_of(place)
    put(place, "part-0.parquet", b"rows of b chunk")
    assert now(place, marker) is None
    assert changed_file(place, marker) == "the bytes of part-0.parquet have changed"


def test_a_marker_with_any_changed_bit_is_the_same_or_invalid(tmp_path):
    place = str(tmp_path / "table")
    put(place, "part-0.parquet", b"rows")
    marker, found = marker_of(place), list_folder(place)
    for bit in range(8 * len(marker)):
        changed = bytearray(marker)
        changed[bit // 8] ^= 1 << bit % 8
        if problem(place, bytes(changed), found) is None:
            listed = json.loads(changed)["files"]
            assert {name: entry["size"] for name, entry in listed.items()} == found.sizes
