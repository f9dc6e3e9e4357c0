"""One run at a time on a data set on S3: real processes and moto's conditional writes."""

import json
import logging
import os
import subprocess
import sys
import threading
import time

import pytest
from botocore.exceptions import ClientError

from pixelmill.errors import InputError
from pixelmill.storage.commit import write_marker
from pixelmill.storage.lease import Lease, find_lease
from pixelmill.storage.lease_owner import Owner

STORAGE = "s3://photos/mill"
KEY = "mill/02_intermediate/pets/_lease"
HOLD = """
import sys, time
from pixelmill.storage.lease import Lease
lease = Lease(sys.argv[1], "pets", renewed_every=0.3, lifetime=60.0)
lease.acquire()
print("held", flush=True)
time.sleep(60)
"""


def lease(**changes):
    """A lease of the data set 'pets' that is renewed all the time."""
    return Lease(STORAGE, "pets", **({"renewed_every": 0.3, "lifetime": 60.0} | changes))


def put(s3, owner, **condition):
    s3.put_object(Bucket="photos", Key=KEY, Body=owner.model_dump_json().encode(), **condition)


def from_elsewhere(**changes):
    return Owner(host="elsewhere", pid=7, processes="other boot", **changes)


@pytest.fixture
def holder(s3):
    """A process that holds the data set."""
    process = subprocess.Popen(
        [sys.executable, "-c", HOLD, STORAGE], stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "held\n"
    yield process
    process.kill()
    process.wait()


def test_a_second_run_is_refused_with_the_owner_of_the_first(holder):
    message = rf"process {holder.pid} on .*kedro emr status --params dataset=pets shows it"
    with pytest.raises(InputError, match=message):
        lease().acquire()


def test_a_run_that_goes_on_is_refused_long_after_it_began(holder):
    time.sleep(6)
    with pytest.raises(InputError, match="another run works on the data set 'pets'"):
        lease(lifetime=4.0).acquire()


def test_a_killed_run_of_this_machine_gives_the_data_set_free_at_once(holder):
    holder.kill()
    holder.wait()
    began = time.monotonic()
    with_long_life = lease(lifetime=180.0)
    with_long_life.acquire()
    with_long_life.release()
    assert time.monotonic() - began < 5


def test_the_lease_of_a_dead_run_of_another_machine_expires(s3):
    put(s3, from_elsewhere())
    with pytest.raises(InputError, match=r"process 7 on elsewhere, last heard of \d+ s ago"):
        lease().acquire()
    time.sleep(3)
    second = lease(lifetime=1.5)
    second.acquire()
    assert find_lease(STORAGE, "pets").owner.pid == os.getpid()
    second.release()


def test_what_is_released_can_be_taken(s3):
    first, second = lease(), lease()
    first.acquire()
    first.release()
    assert find_lease(STORAGE, "pets") is None
    second.acquire()
    second.release()


def test_of_many_at_once_one_has_it(s3):
    leases = [lease() for _ in range(8)]
    refused = []

    def take(one):
        try:
            one.acquire()
        except InputError as error:
            refused.append(str(error))

    threads = [threading.Thread(target=take, args=(one,)) for one in leases]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(refused) == 7
    for one in leases:
        one.release()


@pytest.mark.parametrize("taken", [True, False])
def test_who_lost_the_lease_gets_an_error_and_may_not_write(s3, taken):
    lost = threading.Event()
    loser = lease(when_lost=lost.set)
    loser.acquire()
    loser.check()
    if taken:
        put(s3, from_elsewhere(launch="j-1/s-2"))
    else:
        s3.delete_object(Bucket="photos", Key=KEY)
    assert lost.wait(20)
    other = "process 7 on elsewhere of the launch j-1/s-2" if taken else "somebody who deleted"
    with pytest.raises(InputError, match=f"taken from this run by {other}"):
        loser.check()
    loser.release()
    assert (find_lease(STORAGE, "pets") is not None) is taken


def test_a_renewal_whose_answer_was_lost_is_no_loss(s3):
    ours = lease()
    ours.acquire()
    body = json.loads(s3.get_object(Bucket="photos", Key=KEY)["Body"].read())
    put(s3, Owner(**body | {"renewed": 1000}))
    time.sleep(1.5)
    ours.check()
    assert find_lease(STORAGE, "pets").owner.renewed < 1000
    ours.release()
    assert find_lease(STORAGE, "pets") is None


def test_a_run_that_cannot_reach_s3_stops_before_another_may_begin(s3):
    lost = threading.Event()
    ours = lease(when_lost=lost.set, lifetime=9.0)
    ours.acquire()
    began = time.monotonic()
    s3.delete_object(Bucket="photos", Key=KEY)
    s3.delete_bucket(Bucket="photos")
    assert lost.wait(20)
    assert time.monotonic() - began < 9.0
    with pytest.raises(InputError, match="S3 took no sign of life of this run"):
        ours.check()
    ours.release()


class ClosedLaptop:
    """The clocks of a machine that can be put to sleep, while the threads of a process stop."""

    def __init__(self):
        self.slept = 0.0

    def __call__(self):
        return time.monotonic() + self.slept, time.time()


@pytest.fixture
def laptop():
    return ClosedLaptop()


@pytest.fixture
def sleeper(s3, laptop):
    """A lease whose thread will not renew it during the test."""
    ours = lease(renewed_every=30.0, lifetime=180.0, clocks=laptop)
    ours.acquire()
    yield ours
    ours.release()


def test_who_slept_past_its_lease_writes_no_marker_once_another_took_over(
    s3, sleeper, laptop, tmp_path
):
    write_marker(str(tmp_path), "before", b"")
    put(s3, from_elsewhere())
    laptop.slept = 3600.0
    with pytest.raises(InputError, match="taken from this run by process 7 on elsewhere"):
        write_marker(str(tmp_path), "after", b"")
    assert [file.name for file in tmp_path.iterdir()] == ["before"]


def test_who_slept_while_nobody_took_over_goes_on(sleeper, laptop, tmp_path):
    renewals = find_lease(STORAGE, "pets").owner.renewed
    laptop.slept = 3600.0
    write_marker(str(tmp_path), "after", b"")
    sleeper.check()
    assert find_lease(STORAGE, "pets").owner.renewed == renewals + 1


def test_who_wakes_without_a_network_stops(s3, sleeper, laptop):
    s3.delete_object(Bucket="photos", Key=KEY)
    s3.delete_bucket(Bucket="photos")
    laptop.slept = 3600.0
    with pytest.raises(InputError, match="S3 took no sign of life of this run"):
        sleeper.check()


def test_a_marker_asks_nobody_once_the_lease_is_released(s3, sleeper, laptop, tmp_path):
    sleeper.release()
    laptop.slept = 3600.0
    put(s3, from_elsewhere())
    write_marker(str(tmp_path), "after", b"")
    assert (tmp_path / "after").read_bytes() == b""


def test_the_clocks_go_on_while_the_machine_sleeps():
    """Linux starts a process as if the machine had slept (time_namespaces(7))."""
    code = "from pixelmill.storage.lease import sleepless_clocks; print(sleepless_clocks()[0])"
    command = ["unshare", "--time", "--boottime", "3600", sys.executable, "-c", code]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        pytest.skip(f"no time namespaces here: {done.stderr.strip()}")
    assert float(done.stdout) - time.clock_gettime(time.CLOCK_MONOTONIC) > 3500


def test_a_store_without_conditional_writes_is_one_warning_and_no_lease(s3, caplog):
    ours = lease()

    def refuse(**_):
        raise ClientError({"Error": {"Code": "NotImplemented"}}, "PutObject")

    ours._client.meta.events.register("before-call.s3.PutObject", refuse)
    with caplog.at_level(logging.WARNING):
        ours.acquire()
    ours.check()
    ours.release()
    assert len(caplog.records) == 1
    assert "this store knows no conditional writes" in caplog.text


def ignore_conditions(client):
    """Have a store see no conditions, as some that accept every write do."""

    def forget(request, **_):
        for name in ("If-Match", "If-None-Match"):
            del request.headers[name]

    client.meta.events.register("before-sign.s3.PutObject", forget)


def test_a_store_that_ignores_conditions_is_one_warning(s3, caplog):
    ours = lease()
    ignore_conditions(ours._client)
    with caplog.at_level(logging.WARNING):
        ours.acquire()
    assert caplog.text.count("this store ignores conditional writes") == 1
    with pytest.raises(InputError, match="another run works on the data set 'pets'"):
        lease().acquire()
    ours.check()
    ours.release()


def test_a_store_with_conditional_writes_is_no_warning(s3, caplog):
    ours = lease()
    with caplog.at_level(logging.WARNING):
        ours.acquire()
    ours.release()
    assert "conditional writes" not in caplog.text


def test_a_missing_bucket_is_one_sentence(s3):
    with pytest.raises(InputError, match="there is no such bucket"):
        Lease("s3://nowhere/x", "pets").acquire()


def test_an_object_of_somebody_else_is_not_overwritten(s3):
    s3.put_object(Bucket="photos", Key=KEY, Body=b"notes")
    with pytest.raises(InputError, match="is no lease of pixelmill"):
        lease().acquire()
