"""The settings of a cluster: one file, typed, and changed by the command line for once."""

from pathlib import Path

import pytest

from pixelmill.emr.settings import load_settings
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
    with pytest.raises(InputError) as told:
        load_settings(ROOT, [change])
    assert sentence in str(told.value)


def test_no_storage_is_told_to_whoever_needs_it(monkeypatch):
    monkeypatch.delenv("PIXELMILL_STORAGE")
    settings = load_settings(ROOT)
    with pytest.raises(InputError, match="PIXELMILL_STORAGE is not set"):
        _ = settings.bucket_and_prefix


def test_a_project_without_the_file_is_one_sentence(tmp_path):
    with pytest.raises(InputError, match=r"there is no conf/emr/cluster\.yml in"):
        load_settings(tmp_path)
