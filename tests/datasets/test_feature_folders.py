"""Features of several featurizers side by side: what one run left, the next one finds."""

from datetime import UTC, datetime

from pixelmill.datasets.feature_folders import FeatureFolders
from pixelmill.datasets.feature_table import FeatureUpdate
from pixelmill.tables import FEATURES


def test_each_featurizer_has_its_own_rows_whether_complete_or_not(spark, tmp_path):
    dataset = FeatureFolders(filepath=str(tmp_path / "features"))
    now = datetime(2024, 5, 1, tzinfo=UTC)
    for mark in ("aaaa", "bbbb"):
        rows = spark.createDataFrame(
            [(f"{mark}.jpg", 1, now, [1.0], None, mark, "decoder 1")], FEATURES
        )
        dataset.save(FeatureUpdate(mark, add=rows))
    dataset.save(FeatureUpdate("aaaa", complete={"fingerprint": "aaaa"}))
    stored = dataset.load()
    assert [row["path"] for row in stored.of("aaaa").collect()] == ["aaaa.jpg"]
    assert [row["path"] for row in stored.of("bbbb").collect()] == ["bbbb.jpg"]
    nothing = stored.of("cccc")
    assert nothing.isEmpty()
    assert nothing.columns == stored.of("aaaa").columns
