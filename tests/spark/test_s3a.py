"""Settings of S3 for Spark where it brings no connector of its own."""

import os
import shlex
from pathlib import Path

import pytest

from pixelmill.errors import InputError
from pixelmill.parameters import SparkParameters
from pixelmill.spark import s3a
from pixelmill.spark.session import submit_arguments

PROFILE = """
[work]
aws_access_key_id = AKIAPROFILE
aws_secret_access_key = secret
aws_session_token = token
"""


@pytest.fixture
def jars(tmp_path):
    (tmp_path / "hadoop-aws-3.4.1.jar").touch()
    (tmp_path / "sdk.jar").touch()
    return SparkParameters(master="local[2]", s3a_jars=str(tmp_path))


@pytest.fixture(autouse=True)
def _asked_anew():
    s3a._client_of_s3.cache_clear()
    yield
    s3a._client_of_s3.cache_clear()


def test_driver_and_workers_get_the_settings_of_another_store(s3, s3_endpoint, jars):
    found = s3a.properties(jars)
    assert found["spark.hadoop.fs.s3a.endpoint"] == s3_endpoint
    assert found["spark.executorEnv.AWS_ENDPOINT_URL_S3"] == s3_endpoint
    assert found["spark.hadoop.fs.s3a.path.style.access"] == "true"
    assert found["spark.hadoop.fs.s3a.connection.ssl.enabled"] == "false"


@pytest.mark.parametrize("variable", ["AWS_REGION", "AWS_DEFAULT_REGION"])
def test_of_aws_only_the_region_is_set(s3, monkeypatch, jars, variable):
    monkeypatch.delenv("AWS_ENDPOINT_URL")
    monkeypatch.setenv(variable, "eu-west-1")
    found = s3a.properties(jars)
    assert found["spark.hadoop.fs.s3a.endpoint.region"] == "eu-west-1"
    assert not any(
        "endpoint" in name.lower()
        for name in found.keys() - {"spark.hadoop.fs.s3a.endpoint.region"}
    )


def test_an_endpoint_of_a_vpc_is_not_passed_over(s3, monkeypatch, jars):
    endpoint = "https://bucket.vpce-1a2b-3c4d.s3.eu-west-1.vpce.amazonaws.com"
    monkeypatch.setenv("AWS_ENDPOINT_URL", endpoint)
    found = s3a.properties(jars)
    assert found["spark.hadoop.fs.s3a.endpoint"] == endpoint
    assert found["spark.executorEnv.AWS_ENDPOINT_URL_S3"] == endpoint


def test_no_key_reaches_the_command_line(s3, monkeypatch, jars):
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "nobody-may-see-this")
    assert "nobody-may-see-this" not in submit_arguments(jars, on_s3=True)


def test_the_jars_of_the_folder_are_taken(s3, jars):
    (folder,) = {str(Path(jar).parent) for jar in s3a.properties(jars)["spark.jars"].split(",")}
    assert folder == jars.s3a_jars
    assert "spark.jars.packages" not in s3a.properties(jars)


def test_without_a_folder_spark_fetches_the_connector(s3):
    found = s3a.properties(SparkParameters())
    assert found["spark.jars.packages"] == s3a.package()


def test_a_folder_without_a_connector_is_one_sentence(s3, tmp_path):
    with pytest.raises(InputError, match=r"holds no hadoop-aws-\*\.jar"):
        s3a.properties(SparkParameters(s3a_jars=str(tmp_path)))


def test_a_cluster_that_has_its_own_connector_is_left_alone(s3):
    assert "s3a" not in submit_arguments(SparkParameters(master=None), on_s3=True)


def test_without_tables_on_s3_nothing_of_it_is_set(jars):
    assert not any("s3" in word for word in shlex.split(submit_arguments(jars, "")))


def test_the_credentials_of_a_profile_reach_the_jvm(s3, monkeypatch, tmp_path):
    (tmp_path / "credentials").write_text(PROFILE)
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"):
        monkeypatch.setenv(name, "")  # so that what is exported goes with the test
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "credentials"))
    monkeypatch.setenv("AWS_PROFILE", "work")
    s3a.export_credentials()
    assert os.environ["AWS_ACCESS_KEY_ID"] == "AKIAPROFILE"
    assert os.environ["AWS_SESSION_TOKEN"] == "token"


def test_no_credentials_are_one_sentence(s3, monkeypatch):
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    with pytest.raises(InputError, match="no AWS credentials found"):
        s3a.export_credentials()
