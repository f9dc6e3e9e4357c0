"""An S3 server that fails in every way that S3 does: images come whole, or not at all.

Every fault is met by both libraries that read: obstore, and boto3 for keys that obstore refuses.
"""

import os
import re
import time

import pytest

from pixelmill.errors import InputError, UnreadableImageError
from pixelmill.images.limits import Limits
from pixelmill.storage.base import StoredFile
from pixelmill.storage.s3 import RetryPolicy, S3Storage
from tests.s3_proxy import Fault, S3Proxy

CONTENT = os.urandom(200_000)
PLAIN, ODD = "cat.jpg", "a\tcat.jpg"
QUICK = RetryPolicy(connect=1, silence=0.5, request=5, total=5, attempts=4, boto3_attempts=4)
BOTH = pytest.mark.parametrize("name", [PLAIN, ODD], ids=["obstore", "boto3"])


@pytest.fixture
def proxy(s3, s3_proxy, monkeypatch):
    """A proxy before the bucket 'photos' with two images in 'pets'; the environment leads to it."""
    for name in (PLAIN, ODD):
        s3.put_object(Bucket="photos", Key=f"pets/{name}", Body=CONTENT)
    monkeypatch.setenv("AWS_ENDPOINT_URL", s3_proxy.url)
    return s3_proxy


def pets(retry_policy=QUICK):
    return S3Storage("photos", "pets", retry_policy)


def indexed(storage, name):
    return next(file for file in storage.list_files() if file.path == name)


@BOTH
@pytest.mark.parametrize(
    "fault",
    [
        Fault("slow_down", methods="GET", first=3),
        Fault("internal_error", methods="GET", first=2),
        Fault("reset", methods="GET", first=2),
        Fault("break", methods="GET", first=2),
        Fault("truncate", methods="GET", first=2),
        Fault("stall", seconds=30, methods="GET", first=1),
        Fault("stall_body", seconds=30, methods="GET", first=1),
    ],
    ids=lambda fault: fault.kind,
)
def test_a_fault_that_passes_costs_no_image(proxy, name, fault):
    storage = pets()
    proxy.set(fault)
    start = time.monotonic()
    assert storage.read(name).data == CONTENT
    assert proxy.counts()[fault.kind] == fault.first
    assert time.monotonic() - start < 15


@BOTH
@pytest.mark.parametrize(
    ("kind", "reason"),
    [
        ("slow_down", "S3 answers SlowDown"),
        ("denied", "permission denied"),
        ("break", "broke|Connection"),
        ("truncate", "broke|bytes"),
        ("stall", "in time|timeout"),
        ("stall_body", "broke|in time|timed out|timeout"),
    ],
)
def test_a_fault_that_stays_is_a_reason_of_one_image(proxy, name, kind, reason):
    storage = pets(RetryPolicy(connect=1, silence=0.3, total=3, attempts=2, boto3_attempts=2))
    proxy.set(Fault(kind, seconds=30 if "stall" in kind else 0, methods="GET", keys="cat.jpg"))
    [error] = storage.read_all([name], 1)
    assert isinstance(error, UnreadableImageError)
    assert re.search(reason, str(error)), str(error)
    assert "\n" not in str(error)
    assert "xml" not in str(error)


@BOTH
def test_an_answer_of_the_wrong_length_is_asked_for_again(proxy, name):
    storage = pets()
    file = indexed(storage, name)
    proxy.set(Fault("short", methods="GET", first=2))
    [blob] = storage.read_indexed([file], 1, Limits())
    assert blob.data == CONTENT
    assert proxy.counts()["short"] == 2


def test_a_length_that_stays_wrong_is_an_error_and_no_half_picture(proxy):
    storage = pets()
    file = indexed(storage, PLAIN)
    proxy.set(Fault("short", methods="GET"))
    [error] = storage.read_indexed([file], 1, Limits())
    assert str(error) == "unreadable, read failed: 100000 of 200000 bytes came"


@pytest.mark.parametrize("kind", ["break", "stall_body", "slow_down"])
def test_a_fault_that_passes_costs_no_part_of_a_large_file(proxy, monkeypatch, kind):
    monkeypatch.setattr("pixelmill.storage.s3._PIECE", 60_000)
    proxy.set(Fault(kind, seconds=30 if "stall" in kind else 0, methods="GET", after=1, first=2))
    with pets().open_file(PLAIN) as file:
        assert file.read() == CONTENT
    assert proxy.counts()[kind] == 2


def test_an_image_that_changed_is_not_asked_for_again(proxy):
    storage = pets()
    file = indexed(storage, PLAIN)
    before = proxy.counts()["GET"]
    older = StoredFile(file.path, file.size, file.modified.replace(year=2020))
    [error] = storage.read_indexed([older], 1, Limits())
    assert str(error) == "unreadable, changed since it was indexed: run again"
    assert proxy.counts()["GET"] == before + 1


def test_five_percent_of_refusals_cost_no_image(s3, proxy):
    names = [f"{number:03}.jpg" for number in range(200)]
    for name in names:
        s3.put_object(Bucket="photos", Key=f"many/{name}", Body=name.encode())
    proxy.set(Fault("slow_down", share=0.05))
    storage = S3Storage("photos", "many")  # with the retry policy of a run
    files = sorted(storage.list_files(), key=lambda file: file.path)
    assert [file.path for file in files] == names
    blobs = storage.read_indexed(files, 16, Limits())
    assert [blob.data.decode() for blob in blobs] == names
    assert proxy.counts()["slow_down"] > 3


def test_one_denied_object_is_one_row(s3, proxy):
    s3.put_object(Bucket="photos", Key="pets/secret.jpg", Body=b"x")
    proxy.set(Fault("denied", keys="secret"))
    blobs = list(pets().read_all([PLAIN, "secret.jpg", ODD], 2))
    assert [getattr(blob, "data", str(blob)) for blob in blobs] == [
        CONTENT,
        "unreadable, permission denied",
        CONTENT,
    ]


@BOTH
@pytest.mark.parametrize(
    ("kind", "sentence"),
    [
        ("expired", r"^s3://photos/pets: the AWS credentials have expired; log in again\.$"),
        ("no_bucket", r"^s3://photos/pets: there is no such bucket; check the name"),
    ],
)
def test_what_concerns_all_images_ends_the_reading(proxy, name, kind, sentence):
    storage = pets()
    proxy.set(Fault(kind, methods="GET", after=3))
    blobs = storage.read_all([name] * 20, 1)
    with pytest.raises(InputError, match=sentence):
        list(blobs)
    assert proxy.counts()["GET"] <= 6


@BOTH
def test_a_server_that_goes_away_ends_the_reading(s3, s3_endpoint, monkeypatch, name):
    s3.put_object(Bucket="photos", Key=f"pets/{name}", Body=CONTENT)
    with S3Proxy(s3_endpoint) as proxy:
        monkeypatch.setenv("AWS_ENDPOINT_URL", proxy.url)
        storage = pets()
        assert storage.read(name).data == CONTENT
    with pytest.raises(InputError, match=r"^s3://photos/pets: the S3 endpoint does not answer"):
        storage.read(name)


@BOTH
def test_credentials_that_a_profile_cannot_give_end_the_reading(proxy, monkeypatch, tmp_path, name):
    (tmp_path / "config").write_text("[default]\ncredential_process = false\n")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    with pytest.raises(InputError, match=r"^s3://photos/pets: AWS credentials are unavailable: "):
        pets().read(name)


@pytest.mark.parametrize("kind", ["slow_down", "reset", "break", "truncate", "short", "stall_body"])
def test_a_listing_is_whole_despite_faults_of_its_answers(proxy, kind):
    proxy.set(Fault(kind, seconds=30 if "stall" in kind else 0, methods="GET", first=1))
    assert {file.path for file in pets().list_files()} == {PLAIN, ODD}
    assert proxy.counts()[kind] == 1


@pytest.mark.parametrize("kind", ["slow_down", "reset", "stall"])
def test_a_file_is_written_despite_faults_of_the_answer(s3, proxy, kind):
    proxy.set(Fault(kind, seconds=30 if "stall" in kind else 0, methods="PUT", first=1))
    pets().write_bytes("weights.bin", CONTENT)
    assert s3.get_object(Bucket="photos", Key="pets/weights.bin")["Body"].read() == CONTENT
