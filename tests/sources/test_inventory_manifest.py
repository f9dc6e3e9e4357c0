"""Manifests of S3 Inventories: what is wrong with them is said before Spark reads a row."""

import json
import shutil

import boto3
import pytest

from pixelmill.errors import InputError
from pixelmill.sources.inventory import files_of
from pixelmill.sources.inventory_manifest import find_inventory, read_manifest
from tests.sources.inventories import FOLDER, Row, write_inventory, write_manifest

COLUMNS = [
    "bucket", "key", "version_id", "is_latest", "is_delete_marker", "size", "last_modified_date",
]  # fmt: skip


def changed(folder, **changes):
    """A manifest with other fields; None takes one away."""
    manifest = json.loads(write_inventory(folder, [Row("a.png")]).read_bytes()) | changes
    kept = {name: value for name, value in manifest.items() if value is not None}
    return str(write_manifest(folder, kept))


@pytest.mark.parametrize("file_format", ["CSV", "ORC", "Parquet"])
def test_every_format_names_the_same_columns(tmp_path, file_format):
    manifest = read_manifest(str(write_inventory(tmp_path, [Row("a.png")], file_format)))
    assert manifest.columns[:7] == COLUMNS
    assert manifest.source_bucket == "photos"


def test_files_are_below_a_folder_that_holds_the_manifest(tmp_path):
    location = str(write_inventory(tmp_path / "odd [1]*", [Row("a.png")], parts=2))
    found = find_inventory(read_manifest(location), location)
    folder = str(tmp_path / r"odd \[1\]\*" / FOLDER)
    assert found == [f"{folder}/data/0000000{number}.csv.gz" for number in range(2)]


def test_files_may_be_beside_the_manifest(tmp_path):
    manifest = write_inventory(tmp_path, [Row("a.png")], parts=1)
    beside = tmp_path / "copy"
    shutil.copytree(tmp_path / "lists", beside / "lists")
    shutil.copy(manifest, beside / "manifest.json")
    location = str(beside / "manifest.json")
    [file] = find_inventory(read_manifest(location), location)
    assert file == f"{beside}/{FOLDER}/data/00000000.csv.gz"


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"sourceBucket": None}, "is no manifest of an S3 Inventory: sourceBucket: Field required"),
        (
            {"files": [{"size": 1}]},
            r"no manifest of an S3 Inventory: files\.0\.key: Field required",
        ),
        ({"destinationBucket": "lists"}, "destinationBucket: String should match pattern"),
        ({"fileFormat": "Avro"}, "fileFormat: 'Avro' is not CSV, ORC or Parquet"),
        (
            {"fileSchema": "Bucket, Key, ETag"},
            "lists no Size and no LastModifiedDate: add Size and",
        ),
        ({"fileSchema": "Bucket, Key, Size"}, "lists no LastModifiedDate: add LastModifiedDate to"),
        ({"files": []}, "has no rows: the bucket photos, or the prefix"),
    ],
)
def test_what_is_wrong_with_a_manifest_is_one_sentence(tmp_path, changes, sentence):
    with pytest.raises(InputError, match=sentence):
        read_manifest(changed(tmp_path, **changes))


@pytest.mark.parametrize("content", [b"no json", b"[1]", b"", b"\xff\x00"])
def test_any_other_file_is_no_manifest(tmp_path, content):
    (tmp_path / "manifest.json").write_bytes(content)
    with pytest.raises(InputError, match=r"manifest\.json is no manifest of an S3 Inventory"):
        read_manifest(str(tmp_path / "manifest.json"))


def test_a_manifest_that_is_missing_or_was_changed(tmp_path):
    with pytest.raises(InputError, match=r"gone\.json cannot be read: No such file"):
        read_manifest(str(tmp_path / "gone.json"))
    manifest = write_inventory(tmp_path, [Row("a.png")])
    manifest.write_bytes(manifest.read_bytes() + b" ")
    with pytest.raises(InputError, match=r"does not have the checksum in manifest\.checksum"):
        read_manifest(str(manifest))
    (manifest.parent / "manifest.checksum").unlink()
    assert read_manifest(str(manifest)).source_bucket == "photos"


def test_a_destination_prefix_with_a_slash_at_its_end(tmp_path, s3):
    """S3 then writes keys with `//`, and a manifest with `/`."""
    manifest = write_inventory(tmp_path, [Row("a.png")])
    written = json.loads(manifest.read_bytes()) | {"destinationBucket": "arn:aws:s3:::photos"}
    s3.put_object(Bucket="photos", Key="inv//manifest.json", Body=json.dumps(written))
    location = "s3://photos/inv//manifest.json"
    with pytest.raises(InputError, match=r"is missing\. Give it a destination prefix without a"):
        find_inventory(read_manifest(location), location)


def test_a_file_that_is_missing_or_cut(tmp_path):
    location = str(write_inventory(tmp_path, [Row("a.png")]))
    file = tmp_path / FOLDER / "data/00000001.csv.gz"
    whole = file.read_bytes()
    file.write_bytes(whole[:-1])
    sentence = rf"00000001\.csv\.gz has {len(whole) - 1} bytes, not {len(whole)}\. Copy it again"
    with pytest.raises(InputError, match=sentence):
        find_inventory(read_manifest(location), location)
    file.unlink()
    with pytest.raises(InputError, match=r"is not whole: .*00000001\.csv\.gz is missing"):
        find_inventory(read_manifest(location), location)


def test_files_that_a_listing_depends_on(tmp_path):
    location = str(write_inventory(tmp_path, [Row("a.png")], parts=2))
    first, *rows = files_of(f"{location}#cats")
    assert first == location
    assert rows == [f"{tmp_path}/{FOLDER}/data/0000000{number}.csv.gz" for number in range(2)]
    assert files_of("s3://lists/photos/manifest.json#cats") == ["s3://lists/photos/manifest.json"]
    (tmp_path / "folder.json").mkdir()
    for images in ("", str(tmp_path), str(tmp_path / "folder.json"), "s3://photos/cats"):
        assert files_of(images) == []


def test_an_inventory_in_a_bucket(s3, tmp_path):
    boto3.client("s3", "us-east-1").create_bucket(Bucket="lists-bucket")
    manifest = write_inventory(tmp_path, [Row("a.png")])
    for file in tmp_path.rglob("*.*"):
        key = file.relative_to(tmp_path).as_posix()
        s3.upload_file(str(file), "lists-bucket", key)
    location = f"s3://lists-bucket/{manifest.relative_to(tmp_path).as_posix()}"
    found = find_inventory(read_manifest(location), location)
    assert found[0] == f"s3://lists-bucket/{FOLDER}/data/00000000.csv.gz"
    s3.delete_object(Bucket="lists-bucket", Key=f"{FOLDER}/data/00000000.csv.gz")
    with pytest.raises(InputError, match=r"s3://lists-bucket/.*00000000\.csv\.gz is missing"):
        find_inventory(read_manifest(location), location)


def test_a_bucket_that_is_not_there(s3, tmp_path):
    with pytest.raises(InputError, match=r"s3://nowhere/.*there is no such bucket"):
        read_manifest("s3://nowhere/manifest.json")
    manifest = write_inventory(tmp_path, [Row("a.png")])
    s3.upload_file(str(manifest), "photos", "manifest.json")
    location = "s3://photos/manifest.json"
    with pytest.raises(InputError, match=r"s3://lists-bucket/.*there is no such bucket"):
        find_inventory(read_manifest(location), location)
