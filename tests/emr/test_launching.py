"""What a launch makes beside the cluster."""

import io
import zipfile

import pytest

from pixelmill.emr.launching import ensure_certificates, launch_cluster, recorded
from pixelmill.emr.security import certificates_place
from pixelmill.errors import InputError
from tests.emr.jobs import ARGUMENTS, VERSIONS, job


def stored(s3):
    return [item["Key"] for item in s3.list_objects_v2(Bucket="photos").get("Contents", [])]


def test_certificates_are_made_once(s3):
    ensure_certificates(job())
    (key,) = stored(s3)
    assert f"s3://photos/{key}" == certificates_place(job())
    first = s3.get_object(Bucket="photos", Key=key)["Body"].read()
    assert len(zipfile.ZipFile(io.BytesIO(first)).namelist()) == 3
    ensure_certificates(job(dataset="digits"))
    assert s3.get_object(Bucket="photos", Key=key)["Body"].read() == first


def test_certificates_that_were_changed_are_refused(s3):
    ensure_certificates(job())
    (key,) = stored(s3)
    s3.put_object(Bucket="photos", Key=key, Body=b"other", Metadata={"sha256": "0" * 64})
    with pytest.raises(InputError, match=r"2\d{3}\.zip is not what a launch put there"):
        ensure_certificates(job())


def test_certificates_of_ones_own_are_left_alone(s3):
    ensure_certificates(job("certificates=s3://photos/own.zip"))
    assert stored(s3) == []


def test_the_record_says_what_was_launched():
    found = recorded(job("task.spot=2"), target="cluster", owner="j-1", run="s-1")
    assert (found.owner, found.run, found.dataset) == ("j-1", "s-1", "pets")
    assert found.arguments == ARGUMENTS
    assert found.versions == VERSIONS
    assert found.settings["task"]["spot"] == 2
    assert found.logs == f"{found.storage}/_emr/pets/20260101T000000Z-0000/logs"


def test_a_project_that_cannot_be_built_leaves_nothing_behind(aws, s3, tmp_path):
    with pytest.raises(InputError, match="wheel cannot be built"):
        launch_cluster(job(), tmp_path, print)
    assert stored(s3) == []
    assert aws("emr").list_clusters()["Clusters"] == []
