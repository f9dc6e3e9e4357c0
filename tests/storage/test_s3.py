"""Files on S3: a real client against moto's server."""

import io

import boto3
import pytest
import requests

from pixelmill.errors import InputError
from pixelmill.storage import open_storage

ODD_NAMES = [
    "a space.png", "quo\"t'e.png", "50%.png", "50%25.png", "h#sh.png", "ünïcödé-日本.png",
    "tab\t.png", "back\\slash.png", "[br]{x}*?.png", " lead.png", "trail .png", "plus+&=.png",
    "e\u0301.png", "\u00e9.png", "Case.png", "case.png", "two//slashes.png", "dot/./x.png",
]  # fmt: skip


def put(s3, *keys):
    for key in keys:
        s3.put_object(Bucket="photos", Key=key, Body=key.encode())


def listed(root):
    return sorted(file.path for file in open_storage(root).list_files())


def test_odd_keys_are_listed_found_and_read_back(s3):
    put(s3, *(f"pre/{name}" for name in ODD_NAMES))
    storage = open_storage("s3://photos/pre")
    files = sorted(storage.list_files(), key=lambda file: file.path)
    assert [file.path for file in files] == sorted(ODD_NAMES)
    paths = [file.path for file in files]
    assert storage.find_files(paths) == files
    blobs = list(storage.read_all(paths, 8))
    assert [blob.data for blob in blobs] == [f"pre/{path}".encode() for path in paths]
    assert [blob.modified for blob in blobs] == [file.modified for file in files]
    assert [len(blob.data) - len("pre/") for blob in blobs] == [file.size - 4 for file in files]


def test_a_prefix_is_a_folder_and_not_the_beginning_of_a_name(s3):
    put(s3, "cat/x.png", "cats/y.png", "cat.png", "cat/folder/")
    assert listed("s3://photos/cat") == ["x.png"]
    assert listed("s3://photos") == ["cat.png", "cat/x.png", "cats/y.png"]


def test_more_files_than_one_answer_lists(s3, monkeypatch):
    monkeypatch.setenv("MOTO_S3_DEFAULT_MAX_KEYS", "10")
    put(s3, *(f"{number:02}.png" for number in range(25)))
    assert len(s3.list_objects_v2(Bucket="photos")["Contents"]) == 10
    assert listed("s3://photos") == [f"{number:02}.png" for number in range(25)]


def test_few_files_are_found_in_a_bucket_of_many(s3, monkeypatch):
    monkeypatch.setattr("pixelmill.storage.s3._LISTED_FOR_EACH_SOUGHT", -500)
    put(s3, "a.png", "b.png", "c/d.png")
    found = open_storage("s3://photos").find_files(["c/d.png", "gone.png"])
    assert [file and file.size for file in found] == [7, None]


def test_a_vanished_object_is_a_reason_of_one_image(s3):
    put(s3, "x.png")
    blobs = open_storage("s3://photos").read_all(["gone.png", "x.png", "tab\tgone.png"], 2)
    assert [getattr(blob, "data", str(blob)) for blob in blobs] == [
        "unreadable, vanished: there is no object of this key",
        b"x.png",
        "unreadable, vanished: there is no object of this key",
    ]


def test_writes_and_reads_back(s3):
    storage = open_storage("s3://photos/new")
    storage.write_bytes("a/w.bin", b"\x00\xff")
    assert storage.read_bytes("a/w.bin") == b"\x00\xff"
    assert listed("s3://photos") == ["new/a/w.bin"]


def test_a_large_file_is_read_in_parts_of_one_version(s3, monkeypatch):
    monkeypatch.setattr("pixelmill.storage.s3._PIECE", 1000)
    s3.put_object(Bucket="photos", Key="list.csv", Body=b"a" * 2500)
    with open_storage("s3://photos").open_file("list.csv") as file:
        assert file.read() == b"a" * 2500
        file.seek(-10, io.SEEK_END)
        assert file.read(20) == b"a" * 10
        file.seek(0)
        assert file.read(500) == b"a" * 500
        s3.put_object(Bucket="photos", Key="list.csv", Body=b"b" * 2500)
        with pytest.raises(InputError, match=r"^s3://photos/list\.csv: .* replaced while it wa"):
            file.read()


def test_an_archived_object_says_what_to_do(s3):
    for name in ("x.png", "tab\t.png"):
        s3.put_object(Bucket="photos", Key=name, Body=b"x", StorageClass="GLACIER")
    errors = open_storage("s3://photos").read_all(["x.png", "tab\t.png"], 1)
    sentence = "unreadable, archived: restore it from S3 Glacier"
    assert [str(error) for error in errors] == [sentence] * 2
    with pytest.raises(InputError, match=r"^s3://photos/x\.png: the object is archived; restore"):
        open_storage("s3://photos").read_bytes("x.png")


@pytest.mark.parametrize("storage", ["s3://my photos", "s3://photos:80/pets"])
def test_an_impossible_name_of_a_bucket_is_one_sentence(s3, storage):
    with pytest.raises(InputError, match=rf"^{storage}: S3 has no bucket of such a name"):
        listed(storage)
    with pytest.raises(InputError, match="S3 has no bucket of such a name"):
        open_storage(storage).read("x.png")


def test_missing_bucket_and_object(s3):
    with pytest.raises(InputError, match=r"^s3://nowhere/x: there is no such bucket"):
        listed("s3://nowhere/x")
    with pytest.raises(InputError, match=r"^s3://photos/gone.csv: there is no such object"):
        open_storage("s3://photos").read_bytes("gone.csv")
    with pytest.raises(InputError, match=r"^s3://nowhere/x: there is no such bucket"):
        open_storage("s3://nowhere").write_bytes("x", b"")


@pytest.mark.parametrize("path", ["x.png", "tab\t.png"])
def test_a_missing_bucket_is_no_reason_of_one_image(s3, path):
    with pytest.raises(InputError, match=r"^s3://nowhere: there is no such bucket"):
        list(open_storage("s3://nowhere").read_all([path], 1))


@pytest.mark.parametrize(
    ("name", "value", "sentence"),
    [
        ("AWS_ENDPOINT_URL", "127.0.0.1:9000", r"^The env.*: Invalid endpoint: 127.*9000\.$"),
        ("AWS_ENDPOINT_URL", "ftp://127.0.0.1", "photos cannot be used: Custom endpoint `ftp://127"),
        ("AWS_MAX_ATTEMPTS", "many", r"^The environment's settings of AWS .*: 'many'\.$"),
        ("AWS_REGION", "eu west", "'eu west' doesn't match a supported format"),
    ],
)  # fmt: skip
def test_settings_that_cannot_be_used_are_no_reason_of_one_image(
    s3, monkeypatch, name, value, sentence
):
    monkeypatch.setenv(name, value)
    with pytest.raises(InputError, match=sentence):
        listed("s3://photos")
    with pytest.raises(InputError, match=sentence):
        list(open_storage("s3://photos").read_all(["x.png"], 1))


def test_an_endpoint_without_tls_is_no_reason_of_one_image(s3, s3_endpoint, monkeypatch):
    monkeypatch.setenv("AWS_ENDPOINT_URL", s3_endpoint.replace("http:", "https:"))
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "")  # as if it were not set
    with pytest.raises(InputError, match=r"no safe connection to S3 .* check AWS_ENDPOINT_URL"):
        list(open_storage("s3://photos").read_all(["x.png"], 1))


def test_no_credentials(s3, monkeypatch):
    put(s3, "x.png")
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    with pytest.raises(InputError, match=r"^s3://photos: no AWS credentials found"):
        listed("s3://photos")
    for path in ("x.png", "tab\t.png"):
        with pytest.raises(InputError, match=r"^s3://photos: no AWS credentials found"):
            list(open_storage("s3://photos").read_all([path], 1))


def test_no_permission(s3, s3_endpoint, monkeypatch):
    put(s3, "x.png", "tab\t.png")
    user = boto3.client("iam", "us-east-1")
    user.create_user(UserName="guest")
    key = user.create_access_key(UserName="guest")["AccessKey"]
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", key["AccessKeyId"])
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", key["SecretAccessKey"])
    _require_rights(s3_endpoint, after=0)
    try:
        with pytest.raises(InputError, match=r"^s3://photos: access denied"):
            listed("s3://photos")
        errors = open_storage("s3://photos").read_all(["x.png", "tab\t.png"], 1)
        assert [str(error) for error in errors] == ["unreadable, permission denied"] * 2
        with pytest.raises(InputError, match=r"access denied; .* credentials need s3:PutObject\.$"):
            open_storage("s3://photos").write_bytes("x.png", b"x")
    finally:
        _require_rights(s3_endpoint, after=10**9)


def test_unknown_key(s3, s3_endpoint):
    _require_rights(s3_endpoint, after=0)
    try:
        with pytest.raises(InputError, match=r"AWS does not know the access key"):
            listed("s3://photos")
        with pytest.raises(InputError, match=r"AWS does not know the access key"):
            list(open_storage("s3://photos").read_all(["x.png"], 1))
    finally:
        _require_rights(s3_endpoint, after=10**9)


def test_an_endpoint_that_does_not_answer(s3, monkeypatch):
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
    with pytest.raises(InputError, match=r"the S3 endpoint does not answer"):
        listed("s3://photos")


def _require_rights(endpoint, after):
    """moto checks credentials and policies from the request after this number on."""
    requests.post(f"{endpoint}/moto-api/reset-auth", data=str(after).encode(), timeout=10)
