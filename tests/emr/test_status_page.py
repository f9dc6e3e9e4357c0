"""The screen of `kedro emr status`."""

from datetime import UTC, datetime, timedelta

import pytest

from pixelmill.emr.record import Launch
from pixelmill.emr.spent import Spent
from pixelmill.emr.state import RunState
from pixelmill.emr.status_page import StatusView, duration, status_lines
from pixelmill.progress_record import ProgressRecord
from pixelmill.storage.lease_owner import LeaseRecord, Owner

NOW = datetime(2026, 5, 1, 12, tzinfo=UTC)
LAUNCH = Launch(
    target="cluster",
    owner="j-1",
    run="s-1",
    dataset="pets",
    storage="s3://photos/mill",
    region="eu-west-1",
    release="emr-spark-8.1.0",
    started=NOW - timedelta(hours=2),
    logs="s3://photos/mill/_emr/pets/20260501T100000Z-0000/logs",
)
PROGRESS = ProgressRecord(
    dataset="pets",
    images=1_000_000,
    done=250_000,
    failed=12,
    images_per_second=410.0,
    started=NOW - timedelta(hours=1),
    updated=NOW - timedelta(seconds=8),
    node="featurize_images",
    host="ip-10-0-0-7",
)
RUNNING = RunState("running", "the cluster j-1 is running", "", costs=True)
FINISHED = RunState("finished", "the cluster j-1 is terminated", "", costs=False)
FAILED = RunState("failed", "the cluster j-1 is terminated with errors", "bootstrap", costs=False)
SPENT = Spent(4.3, "6 nodes, 12.0 node hours", "list prices of 2025-07-01")


def view(**changes):
    usual = {"launch": LAUNCH, "state": RUNNING, "progress": PROGRESS, "spent": SPENT}
    return StatusView("pets", "s3://photos/mill", **(usual | changes))


def progress(**changes):
    return PROGRESS.model_copy(update=changes)


def text_of(**changes):
    return "\n".join(status_lines(view(**changes), NOW))


def test_a_run_that_goes_on():
    assert status_lines(view(), NOW) == [
        "pets on a cluster in eu-west-1, emr-spark-8.1.0, launched 2 h 0 min ago",
        "  state        running: the cluster j-1 is running",
        "  images       250,000 of 1,000,000 (25.0%), 410.0 a second, 30 min left, 12 failures",
        "  node         featurize_images, on ip-10-0-0-7",
        "  last sign    8 s ago",
        f"  cost so far  4.30 USD ({SPENT.of}; {SPENT.prices}, without S3 and tax)",
        "",
        "kedro emr logs --params dataset=pets",
        "kedro emr stop --params dataset=pets",
    ]


def test_a_finished_run_shows_its_results_and_final_cost():
    done = progress(state="finished", done=1_000_000)
    text = text_of(state=FINISHED, progress=done)
    assert "finished: the cluster j-1 is terminated, and costs nothing more" in text
    assert "results      s3://photos/mill/08_reporting/pets/" in text
    assert "left" not in text
    assert "emr stop" not in text


def test_a_silent_run_is_reported_with_what_it_may_mean():
    text = text_of(progress=progress(updated=NOW - timedelta(minutes=9)))
    assert "9 min ago, which is long: the driver may be dead" in text


def test_the_lease_knows_better_than_the_clock_of_another_machine():
    lease = LeaseRecord(Owner(), "etag", 5.0)
    text = text_of(progress=progress(updated=NOW - timedelta(minutes=9)), lease=lease)
    assert "last sign    5 s ago" in text


def test_why_it_failed_in_the_words_of_the_run_or_else_of_aws():
    assert "why          bootstrap" in text_of(state=FAILED, progress=None)
    own = progress(state="failed", sentence="the disk is full")
    assert "why          the disk is full" in text_of(state=FAILED, progress=own)


@pytest.mark.parametrize(
    ("changes", "counts"),
    [
        ({"started": NOW - timedelta(days=1)}, False),
        ({"launch": "20260501T100000Z-0000"}, True),
        ({"launch": "20260401T100000Z-0000"}, False),
        ({"launch": "20260501T100000Z-0000", "started": NOW - timedelta(days=1)}, True),
    ],
)
def test_the_progress_of_an_earlier_run_is_not_that_of_this_launch(changes, counts):
    assert ("images" in text_of(progress=progress(**changes))) is counts


def test_before_the_first_image():
    early = progress(images=1000, done=None, images_per_second=0.0)
    assert "images       1,000; none is done yet" in text_of(progress=early)
    assert "images  " not in text_of(progress=progress(images=None, done=None))


def test_a_run_that_nobody_launched_is_shown_too():
    lines = status_lines(view(launch=None, state=None, spent=None), NOW)
    assert lines[0] == "pets in s3://photos/mill: not launched by kedro emr"
    assert "  state        running" in lines
    assert not [line for line in lines if "kedro emr stop" in line]


def test_what_nobody_can_price_is_said():
    assert "cost so far  unknown: no prices" in text_of(spent=None, cost_unknown="no prices")


@pytest.mark.parametrize(
    ("seconds", "said"), [(0.4, "0 s"), (119, "119 s"), (120, "2 min"), (3600 * 49, "2 d 1 h")]
)
def test_durations_are_said_as_one_says_them(seconds, said):
    assert duration(seconds) == said
