"""The complete features of a data set, whichever featurizer made them."""

from datetime import UTC, datetime

import pytest
from kedro.io.core import DatasetError

from pixelmill.datasets.feature_sets import FeatureSets
from pixelmill.datasets.feature_table import SCHEMA, FeatureTable, FeatureUpdate

WHEN = datetime(2024, 5, 1, tzinfo=UTC)


@pytest.fixture
def folder(spark, tmp_path):
    """Features of two featurizers, of which the second is not complete."""
    table = FeatureTable(filepath=str(tmp_path))
    for mark in ("aaaa", "bbbb"):
        rows = spark.createDataFrame([("1.jpg", 1, WHEN, [1.0], None, mark)], SCHEMA)
        table.save(FeatureUpdate(mark, add=rows))
    table.save(FeatureUpdate("aaaa", complete={"fingerprint": "aaaa", "network": "resnet50"}))
    return tmp_path


def test_only_complete_sets_are_listed(folder):
    (found,) = FeatureSets(filepath=str(folder)).load()
    assert (found.name, found.fingerprint) == ("resnet50", "aaaa")
    assert [row.path for row in found.load().collect()] == ["1.jpg"]


def test_a_data_set_without_features_has_no_sets(tmp_path):
    assert FeatureSets(filepath=str(tmp_path / "nothing")).load() == []


def test_sets_are_read_only(tmp_path):
    with pytest.raises(DatasetError):
        FeatureSets(filepath=str(tmp_path)).save(None)
