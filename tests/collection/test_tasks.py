"""Tasks of Spark that download the URLs of a list."""

import gc
import os
import signal

import pyarrow as pa

from pixelmill.collection.checking import Checks, damage
from pixelmill.collection.results import KEPT
from pixelmill.collection.tasks import CollectUrls, collect_rows, new_tally
from pixelmill.tables import arrow_types
from tests.collection.photo_server import picture


def wanted(*urls):
    columns = {name: pa.nulls(len(urls), arrow_types()[kind]) for name, kind in KEPT.items()}
    names = [f"{number:032}" for number in range(len(urls))]
    return pa.table({"url": urls, "url_id": names} | columns)


def test_a_task_counts_its_rows_and_leaves_garbage_collection_as_it_was(place, spark):
    urls = [place.absolute("photo/1.jpg"), place.absolute("missing/2.jpg")]
    tally, before = new_tally(), gc.get_threshold()
    rows = CollectUrls(place.parameters(), 1, tally)(wanted(*urls).to_batches())
    came = next(rows)
    assert gc.get_freeze_count() > 0
    assert [*rows] == []
    assert (gc.get_threshold(), gc.get_freeze_count()) == (before, 0)
    assert sorted(came["status"].to_pylist()) == ["failed", "ok"]
    assert tally.value == {"ok": 1, "failed": 1}


def crash_or_check(data):
    """As a codec that one image crashes."""
    if data == picture(100):
        os.kill(os.getpid(), signal.SIGSEGV)
    return damage(data)


def test_an_image_that_ends_its_worker_is_one_row(place, spark):
    urls = [place.absolute(f"photo/{number}.jpg") for number in (100, 200, 300)]
    checks = Checks(crash_or_check, crash_or_check)
    collect = CollectUrls(place.parameters(), 1, new_tally(), checks=checks)
    came = collect_rows([wanted(*urls)], collect).sort_by("url")
    assert came["status"].to_pylist() == ["failed", "ok", "ok"]
    assert came["reason"].to_pylist()[0] == "it ended the process that decoded it: SIGSEGV"
