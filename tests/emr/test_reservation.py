"""One launch of a data set at a time."""

from datetime import UTC, datetime, timedelta
from threading import Barrier, Thread

import pytest
from moto.s3.models import s3_backends

from pixelmill.emr.reservation import refuse_second_launch, reserved
from pixelmill.errors import InputError
from pixelmill.storage.lease import Lease
from tests.aws_requests import lose_answer, on_request
from tests.emr.jobs import job
from tests.emr.launched import (
    ACCOUNT,
    STORAGE,
    launch_cluster,
    launch_serverless,
    record,
    set_cluster,
    set_job,
)

KEY = "mill/_emr/pets/launching.json"


def launching():
    return job(f"storage={STORAGE}")


def keys(s3):
    return [item["Key"] for item in s3.list_objects_v2(Bucket="photos").get("Contents", [])]


def test_a_second_launch_is_refused_with_the_commands_for_the_first(aws):
    first = launch_cluster(aws)
    with pytest.raises(InputError) as refusal:
        refuse_second_launch(launching())
    assert f"the cluster {first.owner} already works on the data set 'pets'" in str(refusal.value)
    assert "kedro emr status --params dataset=pets shows it" in str(refusal.value)
    assert "kedro emr stop --params dataset=pets ends it" in str(refusal.value)


@pytest.mark.parametrize(
    ("state", "step", "is_alive"),
    [
        ("STARTING", "PENDING", True),
        ("BOOTSTRAPPING", "PENDING", True),
        ("RUNNING", "RUNNING", True),
        ("TERMINATING", "RUNNING", True),
        ("TERMINATING", "FAILED", True),
        ("TERMINATING", "COMPLETED", False),
        ("TERMINATED", "COMPLETED", False),
        ("TERMINATED_WITH_ERRORS", "CANCELLED", False),
    ],
)
def test_the_state_of_the_cluster_decides(aws, state, step, is_alive):
    first = launch_cluster(aws)
    set_cluster(first.owner, state, step)
    assert is_refused() is is_alive


@pytest.mark.parametrize(
    ("state", "is_alive"), [("RUNNING", True), ("SUCCESS", False), ("FAILED", False)]
)
def test_the_state_of_a_job_run_decides(aws, state, is_alive):
    first = launch_serverless(aws)
    set_job(first.owner, state, "STARTED")
    assert is_refused() is is_alive


def is_refused():
    try:
        refuse_second_launch(launching())
    except InputError:
        return True
    return False


def test_a_cluster_that_aws_has_forgotten_is_in_nobodys_way(aws):
    record("cluster", "j-FORGOTTEN", "s-1")
    assert is_refused() is False


def test_a_lock_whose_answer_was_lost_is_ones_own(aws, s3):
    asked = []

    def lose_first_answer(request, **_):
        asked.append(request)
        if len(asked) == 1:
            lose_answer(request)

    with on_request("s3.PutObject", lose_first_answer), reserved(launching(), print):
        assert keys(s3) == [KEY]
    assert len(asked) == 2
    assert keys(s3) == []


def test_other_data_sets_are_free(aws):
    launch_cluster(aws)
    other = job(f"storage={STORAGE}", dataset="digits")
    assert refuse_second_launch(other) is None


def test_a_run_that_nobody_launched_is_in_the_way_too(aws, s3):
    lease = Lease(STORAGE, launching().dataset)
    lease.acquire()
    with pytest.raises(InputError, match=r"process \d+ on .* already works on .* kedro emr status"):
        refuse_second_launch(launching())
    lease.release()
    assert is_refused() is False


def test_of_two_launches_at_once_one_is_made(aws, s3):
    barrier, won, refused = Barrier(2), [], []

    def launch():
        try:
            with reserved(launching(), print):
                won.append(1)
                barrier.wait(20)
        except InputError as refusal:
            refused.append(str(refusal))
            barrier.wait(20)

    threads = [Thread(target=launch) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(won) == 1
    assert "another launch of the data set 'pets' began" in refused[0]
    assert keys(s3) == []


def test_the_data_set_is_free_again_when_a_launch_fails(aws, s3):
    seen = []

    def fail():
        with reserved(launching(), print):
            seen.extend(keys(s3))
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    assert seen == [KEY]
    assert keys(s3) == []


def test_what_a_dead_launch_left_is_taken_over_after_a_while(aws, s3):
    s3.put_object(Bucket="photos", Key=KEY, Body=b"{}")
    with pytest.raises(InputError, match="another launch"), reserved(launching(), print):
        raise AssertionError
    stored = s3_backends[ACCOUNT]["aws"].buckets["photos"].keys[KEY]
    stored.last_modified = datetime.now(UTC).replace(tzinfo=None) - timedelta(hours=1)
    with reserved(launching(), print):
        assert launching().id in s3.get_object(Bucket="photos", Key=KEY)["Body"].read().decode()


def test_a_launch_that_was_overtaken_leaves_the_lock_of_the_other(aws, s3, capsys):
    with reserved(launching(), print):
        s3.put_object(Bucket="photos", Key=KEY, Body=b"of another launch")
    assert s3.get_object(Bucket="photos", Key=KEY)["Body"].read() == b"of another launch"
    assert "launching.json cannot be deleted: " in capsys.readouterr().out


def test_a_lock_that_stays_does_not_hide_why_a_launch_failed(aws, s3, capsys):
    def fail():
        with reserved(launching(), print):
            s3.put_object(Bucket="photos", Key=KEY, Body=b"of another launch")
            raise InputError("no subnet")

    with pytest.raises(InputError, match="no subnet"):
        fail()
    assert "for 15 minutes it keeps others from a launch" in capsys.readouterr().out
