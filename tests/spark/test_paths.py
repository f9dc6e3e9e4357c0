"""Storage folders whose names Spark and Hadoop take for patterns."""

import json
from datetime import UTC, datetime

import pyarrow as pa
import pytest

from pixelmill.datasets.feature_sets import FeatureSets
from pixelmill.datasets.feature_table import FeatureTable, FeatureUpdate
from pixelmill.datasets.folders import remove_folder
from pixelmill.datasets.parquet_table import ParquetTable
from pixelmill.errors import InputError
from pixelmill.spark.paths import path_to_read, path_to_write

WHEN = datetime(2024, 5, 1, tzinfo=UTC)
MARK = "0123456789abcdef"
SCHEMA = (
    "path string, size long, modified timestamp, "
    "features array<float>, error string, featurizer string"
)


@pytest.fixture(params=["a [b] {c}", "s*t? back\\slash", "x:y"])
def folder(request, tmp_path):
    """A storage with such a name, beside a folder whose colon is an error in a pattern."""
    (tmp_path / "p:q").mkdir()
    (tmp_path / "a b c").mkdir()
    storage = tmp_path / request.param
    storage.mkdir()
    return storage


def test_tables_and_features_are_read_from_where_they_were_written(spark, folder):
    table = ParquetTable(filepath=str(folder / "index"))
    table.save(pa.table({"path": ["1.png", "2.png"]}))
    assert table.load().count() == 2
    table.save(spark.range(3))
    assert table.load().count() == 3
    (folder / "featurizer.json").write_text(json.dumps({"fingerprint": MARK}))
    features = FeatureTable(filepath=str(folder))
    for path in ("1.png", "2.png"):
        row = (path, 1, WHEN, [1.0], None, MARK)
        features.save(FeatureUpdate(MARK, add=spark.createDataFrame([row], SCHEMA)))
    features.save(FeatureUpdate(MARK, remove=spark.createDataFrame([("1.png",)], "path string")))
    features.save(FeatureUpdate(MARK, complete={"fingerprint": MARK}))
    assert [row.path for row in features.load().collect()] == ["2.png"]
    [found] = FeatureSets(filepath=str(folder)).load()
    assert found.load().count() == 1


def test_a_colon_beside_such_letters_is_a_sentence():
    with pytest.raises(InputError, match=r"Spark cannot read /x:y \[1\]/t, because its name has a"):
        path_to_read("/x:y [1]/t")
    assert path_to_read("/x:y/t") == "/x:y/t"


def test_uris_on_s3_keep_their_scheme(tmp_path):
    assert path_to_read("s3://photos/a[b]/t") == r"s3://photos/a\[b\]/t"
    assert path_to_write("s3://photos/a[b]/t") == "s3://photos/a[b]/t"
    assert path_to_write(f"file://{tmp_path}/t") == f"{tmp_path}/t"


def test_what_is_removed_on_s3_is_what_was_named(s3):
    """s3fs would take `a[b]` for a pattern, and remove `ab`."""
    import s3fs

    for key in ("a[b]/t/1", "a[b]/t/2", "ab/t/1", "a*/t/1", "ax/t/1"):
        s3.put_object(Bucket="photos", Key=key, Body=b"x")
    system = s3fs.S3FileSystem(skip_instance_cache=True)
    remove_folder(system, "photos/a[b]/t")
    remove_folder(system, "photos/a*/t")
    left = [item["Key"] for item in s3.list_objects_v2(Bucket="photos")["Contents"]]
    assert left == ["ab/t/1", "ax/t/1"]
