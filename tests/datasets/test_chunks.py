"""A table that grows by whole chunks, on disk and on S3."""

import fsspec
import pytest

from pixelmill.datasets.chunks import chunk_folders, drop_chunks


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
