"""The complete features of a data set, whichever featurizer made them."""

from datetime import UTC, datetime

import pytest

from pixelmill.datasets.feature_sets import FeatureSets
from pixelmill.datasets.feature_table import FeatureTable, FeatureUpdate
from pixelmill.tables import FEATURES

WHEN = datetime(2024, 5, 1, tzinfo=UTC)


@pytest.fixture
def folder(spark, tmp_path):
    """Features of two featurizers, of which the second is not complete."""
    table = FeatureTable(filepath=str(tmp_path))
    for mark in ("aaaa", "bbbb"):
        rows = spark.createDataFrame([("1.jpg", 1, WHEN, [1.0], None, mark, "decoder 1")], FEATURES)
        table.save(FeatureUpdate(mark, add=rows))
    table.save(FeatureUpdate("aaaa", complete={"fingerprint": "aaaa", "network": "resnet50"}))
    return tmp_path


def test_only_complete_sets_are_listed(folder):
    (found,) = FeatureSets(filepath=str(folder)).load()
    assert (found.name, found.fingerprint) == ("resnet50", "aaaa")
    assert [row.path for row in found.load().collect()] == ["1.jpg"]


def test_a_data_set_without_features_has_no_sets(tmp_path):
    assert FeatureSets(filepath=str(tmp_path / "nothing")).load() == []


def test_a_set_that_a_run_extends_is_no_longer_complete_but_still_known(spark, folder):
    more = spark.createDataFrame([("2.jpg", 1, WHEN, [1.0], None, "aaaa", "decoder 1")], FEATURES)
    sets = FeatureSets(filepath=str(folder))
    sets.save(FeatureUpdate("aaaa", add=more))
    (found,) = sets.load()
    assert (found.name, found.complete) == ("resnet50", False)
    sets.save(FeatureUpdate("aaaa", complete=found.description))
    (found,) = sets.load()
    assert found.complete
    assert sorted(row.path for row in found.load().collect()) == ["1.jpg", "2.jpg"]
