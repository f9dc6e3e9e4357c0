"""Two runs on one data set: the second refuses, and a dead one holds nothing."""

import signal
import subprocess
import sys
import time

import pytest
from kedro.io import DataCatalog, MemoryDataset
from kedro.pipeline import Node, Pipeline

from pixelmill.dataset_lock import take_lock
from pixelmill.errors import InputError
from pixelmill.hooks import ProjectHooks
from pixelmill.progress_record import find_progress
from pixelmill.storage.lease import Lease, find_lease
from pixelmill.storage.lease_owner import Owner

HOLD = """
import sys, time
from pixelmill.dataset_lock import take_lock
lock = take_lock(sys.argv[1], "pets")
print("held", flush=True)
time.sleep(60)
"""

# A run whose one node is a Spark job of a minute, as Kedro runs it, with the project's hooks.
RUN = """
import sys, time
from kedro.framework.hooks.manager import _create_hook_manager
from kedro.io import DataCatalog, MemoryDataset
from kedro.pipeline import Node, Pipeline
from kedro.runner import SequentialRunner
from pixelmill.hooks import ProjectHooks
from pixelmill.parameters import SparkParameters
from pixelmill.spark.session import configure, get_session
from pixelmill.storage.lease import Lease

def work(dataset):
    print("begun", flush=True)
    return get_session().sparkContext.parallelize([60], 1).map(time.sleep).count()

configure(SparkParameters(master="local[1]", driver_memory="1g"))
pipeline = Pipeline([Node(work, "params:dataset", "count", name="work")])
catalog = DataCatalog({"params:dataset": MemoryDataset("pets")})
hooks, manager = ProjectHooks(), _create_hook_manager()
manager.register(hooks)
hooks._storage = sys.argv[1]
manager.hook.before_pipeline_run(run_params={}, pipeline=pipeline, catalog=catalog)
hooks._lock.release()
hooks._lock = Lease(sys.argv[1], "pets", hooks._give_way, renewed_every=0.3, lifetime=60.0)
hooks._lock.acquire()
try:
    SequentialRunner().run(pipeline, catalog, manager)
except Exception as error:
    manager.hook.on_pipeline_error(
        error=error, run_params={}, pipeline=pipeline, catalog=catalog
    )
"""


def test_figures_of_an_earlier_run_are_not_printed(capsys):
    stored = {"params:dataset": "pets", "source": {"count": 7}, "metrics": {"accuracy": 0.9}}
    catalog = DataCatalog({name: MemoryDataset(value) for name, value in stored.items()})
    hooks = ProjectHooks()
    hooks.after_node_run(Node(lambda given: given, "params:dataset", "source", name="list_images"))
    hooks.after_pipeline_run(Pipeline([]), catalog)
    assert capsys.readouterr().out == "\npets: 7 images\n"


@pytest.fixture
def working(s3):
    """A run on S3 in the middle of its only node."""
    process = subprocess.Popen(
        [sys.executable, "-c", RUN, "s3://photos/mill"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert "begun\n" in process.stdout  # reads up to that line: Kedro logs before it
    time.sleep(1)  # until the job runs
    yield process
    process.kill()
    process.communicate()


@pytest.fixture
def holder(tmp_path):
    process = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(tmp_path)], stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "held\n"
    yield process
    process.kill()
    process.wait()


def test_the_second_run_refuses_with_what_to_do(holder, tmp_path):
    with pytest.raises(InputError, match=r"another run works on the data set 'pets'.*wait"):
        take_lock(str(tmp_path), "pets")


def test_another_data_set_is_free(holder, tmp_path):
    lock = take_lock(str(tmp_path), "digits")
    assert lock is not None
    assert lock.is_locked


def test_a_run_that_was_killed_holds_nothing(holder, tmp_path):
    holder.kill()
    holder.wait()
    lock = take_lock(str(tmp_path), "pets")
    assert lock is not None
    assert lock.is_locked


def test_on_s3_the_second_run_refuses_too(s3):
    first = take_lock("s3://photos/mill", "pets")
    with pytest.raises(InputError, match="kedro emr status --params dataset=pets shows it"):
        take_lock("s3://photos/mill", "pets")
    first.release()
    second = take_lock("s3://photos/mill", "pets")
    assert isinstance(second, Lease)
    second.release()  # its loss would end the commits of later tests


@pytest.mark.spark
def test_a_run_that_lost_its_data_set_stops_in_the_middle_of_a_job(working, s3):
    other = Owner(host="elsewhere", pid=7, processes="other boot")
    key = "mill/02_intermediate/pets/_lease"
    s3.put_object(Bucket="photos", Key=key, Body=other.model_dump_json().encode())
    began = time.monotonic()
    _, errors = working.communicate(timeout=50)
    assert time.monotonic() - began < 40
    assert working.returncode == 1
    assert "taken from this run by process 7 on elsewhere" in " ".join(errors.split())
    assert find_lease("s3://photos/mill", "pets").owner == other
    record = find_progress("s3://photos/mill", "pets")
    assert record.state == "running"  # what it says of itself is not written over the other


@pytest.mark.spark
def test_an_interrupted_run_says_so_and_gives_the_data_set_free(working, s3):
    working.send_signal(signal.SIGINT)
    working.communicate(timeout=50)
    record = find_progress("s3://photos/mill", "pets")
    assert (record.state, record.sentence) == (
        "failed",
        "it was interrupted; the same command does the rest",
    )
    assert find_lease("s3://photos/mill", "pets") is None
