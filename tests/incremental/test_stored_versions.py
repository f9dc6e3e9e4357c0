"""Versions of what is stored, on disk and on S3."""

import fsspec
import pytest

from pixelmill.incremental.stored_versions import find_version

UUID = "0b7e2c1a-1111-2222-3333-0123456789ab"
OTHER = "5d9f3e4b-4444-5555-6666-0123456789ab"


@pytest.fixture(params=["disk", "s3"])
def folder(request, tmp_path):
    """A folder on disk, and one on S3."""
    if request.param == "s3":
        request.getfixturevalue("s3").create_bucket(Bucket="versions")
        return "s3://versions/table"
    return str(tmp_path / "table")


def write(folder, **files):
    system, path = fsspec.core.url_to_fs(folder)
    for name, content in files.items():
        system.makedirs(path, exist_ok=True)
        system.pipe_file(f"{path}/{name}", content)


def test_nothing_is_no_version(folder):
    assert find_version([folder]) is None


def test_names_that_spark_draws_and_commit_markers_are_no_content(folder):
    write(folder, **{f"part-0-{UUID}-c000.parquet": b"rows", "_SUCCESS": b"names"})
    before = find_version([folder])
    system, path = fsspec.core.url_to_fs(folder)
    system.rm(path, recursive=True)
    write(folder, **{f"part-0-{OTHER}-c000.parquet": b"rows", "_SUCCESS": b"other names"})
    after = find_version([folder])
    assert after.content == before.content
    assert after.stamp != before.stamp


def test_content_and_names_are_distinguished(folder):
    write(folder, a=b"1", b=b"2")
    before = find_version([folder])
    write(folder, a=b"2", b=b"1")
    swapped = find_version([folder])
    assert swapped.content != before.content
    write(folder, a=b"1", b=b"2")
    assert find_version([folder], before).content == before.content
    write(folder, c=b"")
    assert find_version([folder]).content != before.content


def test_same_stamp_is_not_read_again(folder):
    write(folder, a=b"1")
    known = find_version([folder])._replace(content="known")
    assert find_version([folder], known) is known
