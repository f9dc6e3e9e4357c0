"""The settings of a cluster: one file, typed, and changed by the command line for once."""

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from pixelmill.emr.settings import ServerlessSettings, load_settings
from pixelmill.errors import InputError

ROOT = Path(__file__).parents[2]


@pytest.fixture(autouse=True)
def _storage(monkeypatch):
    monkeypatch.setenv("PIXELMILL_STORAGE", "s3://bucket/prefix/")


def test_the_projects_own_file_is_a_cluster():
    settings = load_settings(ROOT)
    assert settings.bucket_and_prefix == "s3://bucket/prefix"
    assert settings.primary.on_demand == 1
    assert settings.task.spot > 0


def test_the_command_line_changes_a_line():
    settings = load_settings(ROOT, ["task.spot=20", "subnets=[subnet-1]"])
    assert (settings.task.spot, settings.subnets) == (20, ["subnet-1"])
    assert settings.task.instances == load_settings(ROOT).task.instances


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ("core.on_demand=0", "core: a cluster needs a core node"),
        ("primary.spot=1", "primary: a cluster has one primary node, on demand"),
        ("primary.on_demand=3", "primary: a cluster has one primary node, on demand"),
        ("tsak.spot=1", "tsak"),
        ("release=spark-8", "release is 'spark-8'"),
        ("serverless.vcpus=3", "serverless.vcpus is 3"),
        (
            "storage=data",
            "storage is 'data', which names no bucket on S3: export PIXELMILL_STORAGE",
        ),
    ],
)
def test_an_impossible_value_is_one_sentence(change, sentence):
    with pytest.raises(InputError) as caught:
        load_settings(ROOT, [change])
    assert sentence in str(caught.value)


# EMR Serverless's guide: least and most GB, and the step, of a worker with so many vCPUs.
SIZES = {1: (2, 8, 1), 2: (4, 16, 1), 4: (8, 30, 1), 8: (16, 60, 4), 16: (32, 120, 8)}


@settings(deadline=None)
@given(vcpus=st.sampled_from([*SIZES]), memory=st.integers(-1, 130))
def test_a_serverless_worker_has_a_size_that_aws_offers(vcpus, memory):
    least, most, step = SIZES[vcpus]
    if least <= memory <= most and (memory - least) % step == 0:
        assert ServerlessSettings(vcpus=vcpus, memory=memory).memory == memory
    else:
        with pytest.raises(ValidationError):
            ServerlessSettings(vcpus=vcpus, memory=memory)


def test_a_missing_storage_is_reported_where_it_is_needed(monkeypatch):
    monkeypatch.delenv("PIXELMILL_STORAGE")
    settings = load_settings(ROOT)
    with pytest.raises(InputError, match="PIXELMILL_STORAGE is not set"):
        _ = settings.bucket_and_prefix


def test_a_project_without_the_file_is_one_sentence(tmp_path):
    with pytest.raises(InputError, match=r"there is no conf/emr/cluster\.yml in"):
        load_settings(tmp_path)
