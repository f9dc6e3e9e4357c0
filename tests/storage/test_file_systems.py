"""Tables on S3 as they are now, whatever was listed before."""

import json

import fsspec
import requests
from moto.moto_api import recorder as moto_recorder

from pixelmill.storage import open_storage
from pixelmill.storage.file_systems import find_file_system, send_md5_with_deletions
from pixelmill.storage.lease import find_lease
from tests.s3_proxy import Fault


def test_an_object_that_came_after_a_listing_is_found_and_read(s3):
    s3.put_object(Bucket="photos", Key="table/first", Body=b"1")
    system, path = find_file_system("s3://photos/table")
    assert system.ls(path, detail=False) == ["photos/table/first"]
    s3.put_object(Bucket="photos", Key="table/second", Body=b"2")
    assert system.cat_file(f"{path}/second") == b"2"
    assert system.exists(f"{path}/second")
    s3.delete_object(Bucket="photos", Key="table/first")
    assert not system.exists(f"{path}/first")


def test_many_deletions_carry_the_checksum_that_some_stores_insist_on(s3, s3_proxy, monkeypatch):
    for name in ("one.png", "other.png"):
        s3.put_object(Bucket="photos", Key=f"pets/{name}", Body=b"a picture")
    monkeypatch.setenv("AWS_ENDPOINT_URL", s3_proxy.url)
    s3_proxy.set(Fault("without_md5", methods="POST"))
    send_md5_with_deletions()
    system, folder = fsspec.core.url_to_fs("s3://photos/pets", skip_instance_cache=True)
    system.rm(folder, recursive=True)
    assert "Contents" not in s3.list_objects_v2(Bucket="photos")


def test_requests_are_signed_for_the_region_of_the_environment(
    s3, s3_endpoint, tmp_path, monkeypatch
):
    s3.put_object(Bucket="photos", Key="table/first", Body=b"1")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-west-2")
    monkeypatch.setenv("AWS_REGION", "eu-west-1")
    recorder, recording = f"{s3_endpoint}/moto-api/recorder", tmp_path / "requests"
    monkeypatch.setattr(moto_recorder, "_location", str(recording))
    requests.post(f"{recorder}/start-recording", timeout=10)
    try:
        system, path = find_file_system("s3://photos/table/first")
        assert system.info(path)["size"] == 1
        assert open_storage("s3://photos/table").read_bytes("first") == b"1"
        assert find_lease("s3://photos", "pets") is None
    finally:
        requests.post(f"{recorder}/stop-recording", timeout=10)
    signed = [json.loads(line)["headers"] for line in recording.read_text().splitlines()]
    regions = [each["Authorization"].split("/")[2] for each in signed if "Authorization" in each]
    assert len(regions) == 3
    assert set(regions) == {"eu-west-1"}
