"""Tasks of Spark that download the URLs of a list."""

import gc

import pyarrow as pa

from pixelmill.collection.results import KEPT
from pixelmill.collection.tasks import CollectUrls, new_tally
from pixelmill.tables import arrow_types


def test_a_task_counts_its_rows_and_leaves_garbage_collection_as_it_was(place, spark):
    urls = [place.absolute("photo/1.jpg"), place.absolute("missing/2.jpg")]
    columns = {name: pa.nulls(2, arrow_types()[kind]) for name, kind in KEPT.items()}
    batch = pa.record_batch({"url": urls, "url_id": ["1" * 32, "2" * 32]} | columns)
    tally, before = new_tally(), gc.get_threshold()
    rows = CollectUrls(place.parameters(), 1, tally)([batch])
    came = next(rows)
    assert gc.get_freeze_count() > 0
    assert [*rows] == []
    assert (gc.get_threshold(), gc.get_freeze_count()) == (before, 0)
    assert sorted(came["status"].to_pylist()) == ["failed", "ok"]
    assert tally.value == {"ok": 1, "failed": 1}
