"""Tables on S3, and tables of images on S3."""

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pixelmill.parameters import IngestionParameters
from pixelmill.sources import find_source


def source(table, **ingestion):
    return find_source(str(table), IngestionParameters(**ingestion))


def test_a_table_on_s3_with_relative_paths_and_uris(s3):
    for key in ("data/a/1.png", "data/b/2.png"):
        s3.put_object(Bucket="photos", Key=key, Body=b"1234")
    table = b"file,kind\na/1.png,x\ns3://photos/data/b/2.png,y\ns3a://photos/data/a/1.png,z\n"
    s3.put_object(Bucket="photos", Key="data/list.csv", Body=table)
    listing = source(
        "s3://photos/data/list.csv", path_column="file", label="column", column="kind"
    ).list_images()
    assert listing.root == "s3://photos/data"
    assert [(file.path, file.size) for file in listing.files] == [("a/1.png", 4), ("b/2.png", 4)]
    assert listing.labels == ["x", "y"]


@pytest.mark.parametrize("name", ["/list.txt", "data//list.txt"])
def test_a_table_whose_key_has_empty_names_is_that_table(s3, name):
    for key in (name, "list.txt", "data/list.txt"):
        body = b"s3://photos//1.png" if key == name else b"s3://photos/2.png"
        s3.put_object(Bucket="photos", Key=key, Body=body)
    s3.put_object(Bucket="photos", Key="/1.png", Body=b"1234")
    listing = source(f"s3://photos/{name}").list_images()
    assert (listing.root, listing.files[0].path, listing.files[0].size) == (
        "s3://photos",
        "/1.png",
        4,
    )


def test_a_parquet_folder_on_s3(s3):
    s3.put_object(Bucket="photos", Key="1.png", Body=b"1")
    data = pa.BufferOutputStream()
    pq.write_table(pa.table({"path": ["1.png"]}), data)
    s3.put_object(
        Bucket="photos", Key="t.parquet/part-0.parquet", Body=data.getvalue().to_pybytes()
    )
    s3.put_object(Bucket="photos", Key="t.parquet/_SUCCESS", Body=b"")
    assert [file.path for file in source("s3://photos/t.parquet").list_images().files] == ["1.png"]


def test_a_table_on_disk_of_images_on_s3(s3, tmp_path):
    s3.put_object(Bucket="photos", Key="a/1.png", Body=b"1")
    (tmp_path / "list.csv").write_text("path\ns3://photos/a/1.png\n")
    listing = source(tmp_path / "list.csv").list_images()
    assert (listing.root, listing.files[0].path) == ("s3://photos/a", "1.png")
