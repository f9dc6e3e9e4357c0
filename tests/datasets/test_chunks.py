"""A table that grows by whole chunks, on disk and on S3."""

import fsspec
import pytest

from pixelmill.datasets.chunks import chunk_folders, clear_uncommitted, drop_chunks, find_chunks
from pixelmill.datasets.commit_marker import commit
from pixelmill.errors import InputError
from pixelmill.storage.commit import check_before_commits, forget_check

LOST = "f1a7" * 8  # a name as chunks have it: without its folder, nothing else identifies a marker


@pytest.fixture(params=["disk", "s3"])
def table(request, tmp_path):
    if request.param == "s3":
        request.getfixturevalue("s3")
        return "s3://photos/features"
    return str(tmp_path / "features")


def put(table, name, *, marked=True):
    """A chunk of one file."""
    system, path = fsspec.core.url_to_fs(table)
    for folder in (f"{path}/chunk={name}", f"{path}/_committed"):
        system.makedirs(folder, exist_ok=True)
    system.pipe_file(f"{path}/chunk={name}/part-0.parquet", b"rows")
    if marked:
        system.pipe_file(f"{path}/_committed/{name}", b"")


def test_a_table_that_is_not_there_has_no_chunks(table):
    assert chunk_folders(table) == []


def test_chunks_count_from_their_mark(table):
    put(table, "b")
    put(table, "a")
    put(table, "half", marked=False)
    assert chunk_folders(table) == [f"{table}/chunk=a", f"{table}/chunk=b"]


def test_dropped_chunks_leave_neither_mark_nor_files(table):
    put(table, "a")
    put(table, "b")
    drop_chunks(table, [f"{table}/chunk=a"])
    assert chunk_folders(table) == [f"{table}/chunk=b"]
    system, path = fsspec.core.url_to_fs(table)
    assert not system.glob(f"{path}/chunk=a/*")
    assert system.glob(f"{path}/chunk=b/*")


def put_listed(table, name):
    """A chunk whose marker lists its file."""
    put(table, name, marked=False)
    commit(f"{table}/chunk={name}", f"{table}/_committed", name)


def test_a_reader_finds_the_chunks_that_another_process_adds_meanwhile(s3):
    table = "s3://photos/features"
    for name in "abc":
        put_listed(table, name)
    objects = {one["Key"]: s3.get_object(Bucket="photos", Key=one["Key"])["Body"].read()
               for one in s3.list_objects(Bucket="photos")["Contents"]}  # fmt: skip
    drop_chunks(table, [f"{table}/chunk={name}" for name in "bc"])
    for name in "bc":
        assert len(find_chunks(table).whole) == "bc".index(name) + 1
        for key, content in objects.items():
            if f"={name}/" in key or key.endswith(f"/{name}"):
                s3.put_object(Bucket="photos", Key=key, Body=content)
    assert find_chunks(table).whole == ["a", "b", "c"]


def damage(table, name):
    """Take the files of one chunk, a part of another's, and the marker's end of a third."""
    system, path = fsspec.core.url_to_fs(table)
    if name == LOST:
        system.rm_file(f"{path}/chunk={name}/part-0.parquet")
    elif name == "cut":
        system.pipe_file(f"{path}/chunk={name}/part-0.parquet", b"ro")
    else:
        marker = system.cat_file(f"{path}/_committed/{name}")
        system.pipe_file(f"{path}/_committed/{name}", marker[:-5])


def test_what_is_not_as_its_marker_says_does_not_count_and_is_one_warning(table, caplog):
    names = [LOST, "cut", "marker", "whole"]
    for name in names:
        put_listed(table, name)
    assert find_chunks(table).whole == sorted(names)
    for name in names[:3]:
        damage(table, name)
    for _ in range(2):
        assert chunk_folders(table) == [f"{table}/chunk=whole"]
    warnings = [record for record in caplog.records if "chunks are damaged" in record.getMessage()]
    assert len(warnings) == 1
    assert (
        f"3 of 4 chunks are damaged (first {table}/chunk=cut: part-0.parquet has 2 of 4 bytes): "
        "what they held is computed again"
    ) in warnings[0].getMessage()
    clear_uncommitted(table)
    assert find_chunks(table) == (["whole"], {})
    system, path = fsspec.core.url_to_fs(table)
    assert not system.glob(f"{path}/chunk=cut/*")


def test_a_marker_alone_does_not_count(table):
    """What a cut copy of a bucket leaves: its keys are copied in order, `_committed` first."""
    put(table, "old")
    put_listed(table, "new")
    system, path = fsspec.core.url_to_fs(table)
    for name in ("old", "new"):
        system.rm_file(f"{path}/chunk={name}/part-0.parquet")
    assert chunk_folders(table) == []
    clear_uncommitted(table)
    assert find_chunks(table) == ([], {})


def test_who_may_write_no_more_removes_nothing(table):
    put(table, "of another run", marked=False)

    def lost():
        raise InputError("taken by another run")

    check_before_commits(lost)
    try:
        with pytest.raises(InputError, match="taken by another run"):
            clear_uncommitted(table)
    finally:
        forget_check(lost)
    system, path = fsspec.core.url_to_fs(table)
    assert system.ls(f"{path}/chunk=of another run")


def test_what_a_desktop_leaves_is_no_chunk_and_no_marker(table, caplog):
    name = "0" * 32
    put_listed(table, name)
    system, path = fsspec.core.url_to_fs(table)
    foreign = (".DS_Store", "desktop.ini", "._x", "Thumbs.db", "README", "README.md")
    for folder in ("", "/_committed", f"/chunk={name}"):
        for file in foreign:
            system.pipe_file(f"{path}{folder}/{file}", b"foreign")
    for _ in range(2):
        clear_uncommitted(table)
        assert chunk_folders(table) == [f"{table}/chunk={name}"]
    assert not [one for one in caplog.records if one.levelname == "WARNING"]
    assert system.exists(f"{path}/_committed/README")  # nothing of somebody else's is removed
