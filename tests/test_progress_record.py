"""The file that says how far a run is, on disk and on S3."""

import logging
import time
from collections import Counter

import pytest

from pixelmill.errors import InputError
from pixelmill.profiling.metering import Usage
from pixelmill.profiling.progress import Work
from pixelmill.progress_record import ProgressRecord, ProgressWriter, find_progress

PLACE = "08_reporting/pets/progress.json"


def until(condition):
    """Waits at most ten seconds for something to be true."""
    end = time.monotonic() + 10
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.02)


def work(total, done, failed=0, seconds=10.0):
    """Featurization that has just ended."""
    usage = Usage(images=done, failures=Counter({"empty file": failed}))
    began = time.monotonic()
    return Work(total, lambda: usage, began, began + seconds)


@pytest.fixture
def storage(tmp_path):
    return str(tmp_path)


def test_a_run_says_how_far_it_is_while_it_goes_on(storage):
    seen = []
    writer = ProgressWriter(storage, "pets", lambda: seen[0] if seen else None, every=0.05)
    until(lambda: find_progress(storage, "pets"))
    first = find_progress(storage, "pets")
    assert (first.state, first.images, first.done, first.node) == ("running", None, None, None)
    writer.enter("featurize_images", 100)
    seen.append(work(total=60, done=20, failed=2, seconds=10.0))
    until(lambda: find_progress(storage, "pets").done)
    record = find_progress(storage, "pets")
    assert (record.images, record.done, record.failed, record.node) == (
        100, 60, 2, "featurize_images",
    )  # fmt: skip
    assert record.images_per_second == 2.0
    assert record.seconds_left() == 20.0
    writer.finish("failed", "the disk is full")
    record = find_progress(storage, "pets")
    assert (record.state, record.sentence, record.done) == ("failed", "the disk is full", 60)


def test_when_the_next_node_begins_every_image_has_its_row(storage):
    writer = ProgressWriter(storage, "pets", lambda: None)
    writer.enter("compare_with_index")
    writer.enter("featurize_images", 100)
    writer.enter("split_images")
    writer.finish("finished")
    record = find_progress(storage, "pets")
    assert (record.images, record.done, record.node) == (100, 100, "split_images")


def test_tasks_that_spark_repeats_do_not_lead_beyond_the_end(storage):
    writer = ProgressWriter(storage, "pets", lambda: work(total=10, done=14))
    writer.enter("featurize_images", 10)
    writer.finish("failed", "killed")
    assert find_progress(storage, "pets").done == 10


def test_the_work_of_an_earlier_run_of_this_process_does_not_count(storage):
    earlier = work(total=10, done=10)
    writer = ProgressWriter(storage, "pets", lambda: earlier)
    writer.finish("failed", "no such folder")
    assert find_progress(storage, "pets").done is None


def test_it_is_on_s3_too(s3):
    writer = ProgressWriter("s3://photos/mill/", "pets")
    writer.finish("finished")
    writer.finish("failed", "reported twice")
    assert find_progress("s3://photos/mill", "pets").state == "finished"
    assert s3.head_object(Bucket="photos", Key=f"mill/{PLACE}")["ContentLength"]


def test_it_names_the_launch(storage, monkeypatch):
    monkeypatch.setenv("PIXELMILL_LAUNCH", "j-1/s-2")
    ProgressWriter(storage, "pets").finish("finished")
    assert find_progress(storage, "pets").launch == "j-1/s-2"


def test_a_storage_that_refuses_is_one_warning(s3, caplog):
    with caplog.at_level(logging.WARNING):
        writer = ProgressWriter("s3://nowhere/mill", "pets", every=0.05)
        time.sleep(0.3)
        writer.finish("finished")
    assert len(caplog.records) == 1
    assert "the progress of this run is not recorded: s3://nowhere" in caplog.text


def test_what_is_abandoned_is_written_no_more(storage):
    writer = ProgressWriter(storage, "pets", every=0.05)
    until(lambda: find_progress(storage, "pets"))
    writer.abandon()
    writer.finish("failed", "too late")
    time.sleep(0.3)
    assert find_progress(storage, "pets").state == "running"


def test_there_is_none_before_the_first_run(storage, s3):
    assert find_progress(storage, "pets") is None
    assert find_progress("s3://photos/mill", "pets") is None


def test_a_damaged_record_is_one_sentence(tmp_path):
    (tmp_path / "08_reporting/pets").mkdir(parents=True)
    (tmp_path / PLACE).write_text("{}")
    with pytest.raises(InputError, match=r"progress.json is damaged: delete it"):
        find_progress(str(tmp_path), "pets")


def test_nobody_knows_how_long_before_the_first_image():
    assert ProgressRecord(dataset="pets").seconds_left() is None
    assert ProgressRecord(dataset="pets", images=10, done=0).seconds_left() is None
