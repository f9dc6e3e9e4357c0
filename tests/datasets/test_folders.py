"""Folders are made on disk, and no bucket is ever made on S3."""

import pytest
from botocore.exceptions import ClientError
from kedro.io.core import DatasetError

from pixelmill.datasets.feature_table import FeatureTable, FeatureUpdate
from pixelmill.datasets.folders import make_folder


def test_a_folder_on_disk_is_made_with_those_above_it(tmp_path):
    make_folder(str(tmp_path / "a" / "b"))
    make_folder(str(tmp_path / "a" / "b"))
    assert (tmp_path / "a" / "b").is_dir()


def test_a_removed_bucket_is_not_created_again(s3):
    table = FeatureTable(filepath="s3://gone/04_feature/pets")
    with pytest.raises((DatasetError, OSError, ClientError)):
        table.save(FeatureUpdate("0123", complete={"fingerprint": "0123"}))
    assert [bucket["Name"] for bucket in s3.list_buckets()["Buckets"]] == ["photos"]
