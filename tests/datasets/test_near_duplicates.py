"""The table of near-duplicates may be asked for before anybody made it."""

import pyarrow as pa

from pixelmill.datasets.near_duplicates import NearDuplicates


def test_a_missing_table_is_none_and_does_not_exist(tmp_path):
    dataset = NearDuplicates(filepath=str(tmp_path / "no" / "table.parquet"))
    assert dataset.load() is None
    assert not dataset.exists()
    assert dataset.preview() == {}


def test_rows_and_metadata_come_back(tmp_path):
    dataset = NearDuplicates(filepath=str(tmp_path / "new" / "table.parquet"))
    table = pa.table({"path": ["a", "b"], "keep": [True, False]})
    dataset.save(table.replace_schema_metadata({"image_index": "2 images"}))
    found = dataset.load()
    assert found.to_pylist() == table.to_pylist()
    assert found.schema.metadata[b"image_index"] == b"2 images"
    assert dataset.preview(1)["data"] == [["a", "True"]]


def test_a_table_may_be_in_a_bucket(s3):
    dataset = NearDuplicates(filepath="s3://photos/mill/near_duplicates.parquet")
    assert dataset.load() is None
    dataset.save(pa.table({"path": ["a"]}))
    assert dataset.load().to_pylist() == [{"path": "a"}]
