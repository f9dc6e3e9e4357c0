"""Creation of a cluster or a job whose answer is lost, or that is interrupted."""

import os
import signal
import threading

import pytest

from pixelmill.emr.creation import signals_held
from pixelmill.emr.launching import launch_cluster
from pixelmill.emr.record import find_launch, load_launch
from pixelmill.emr.serverless_launching import launch_serverless
from pixelmill.errors import InputError
from tests.aws_requests import lose_answer, lose_request, on_request, press_ctrl_c
from tests.conftest import ROOT
from tests.emr.jobs import job
from tests.emr.launched import ACCOUNT, STORAGE


@pytest.fixture
def clusters(aws):
    """Gives the clusters of the account."""
    return lambda *states: aws("emr").list_clusters(ClusterStates=states)["Clusters"]


@pytest.fixture
def on_serverless(s3):
    """Launches a job with an environment that is there already."""
    s3.put_object(Bucket="photos", Key="mill/_emr/environment.tar.gz", Body=b"")
    environment = f"{STORAGE}/_emr/environment.tar.gz"
    return lambda echo=print: launch_serverless(job("release=emr-7.9.0"), ROOT, environment, echo)


def test_a_cluster_whose_answer_is_lost_is_the_only_one(clusters):
    with on_request("emr.RunJobFlow", lose_answer):
        launch = launch_cluster(job(), ROOT, print)
    (cluster,) = clusters()
    assert launch.owner == cluster["Id"]
    assert load_launch(STORAGE, "pets") == launch
    assert launch.account == ACCOUNT


def test_a_request_that_does_not_arrive_creates_nothing(clusters):
    with (
        on_request("emr.RunJobFlow", lose_request),
        pytest.raises(InputError, match=r"^the cluster 'pixelmill pets .*' cannot be created: AWS"),
    ):
        launch_cluster(job(), ROOT, print)
    assert clusters() == []


def test_a_cluster_that_cannot_be_looked_for_may_cost(aws):
    with (
        on_request("emr.RunJobFlow", lose_answer),
        on_request("emr.ListClusters", lose_request),
        pytest.raises(InputError, match=r"may have been created all the same.*console"),
    ):
        launch_cluster(job(), ROOT, print)


def test_ctrl_c_while_a_cluster_is_created_ends_it(clusters):
    lines = []
    with on_request("emr.RunJobFlow", press_ctrl_c), pytest.raises(KeyboardInterrupt):
        launch_cluster(job(), ROOT, lines.append)
    (cluster,) = clusters("TERMINATED")
    assert lines[-1] == f"the cluster {cluster['Id']} was ended again"


def test_a_job_whose_answer_is_lost_is_found(aws, on_serverless):
    with on_request("emr-serverless.StartJobRun", lose_answer):
        launch = on_serverless()
    found = aws("emr-serverless").list_job_runs(applicationId=launch.owner)["jobRuns"]
    assert launch.run in {run["id"] for run in found}


def test_ctrl_c_while_a_job_is_started_ends_it(aws, on_serverless):
    with on_request("emr-serverless.StartJobRun", press_ctrl_c), pytest.raises(KeyboardInterrupt):
        on_serverless()
    launch = find_launch(STORAGE, "pets")
    found = aws("emr-serverless").get_job_run(applicationId=launch.owner, jobRunId=launch.run)
    assert found["jobRun"]["state"] in ("CANCELLING", "CANCELLED")


def test_a_second_ctrl_c_waits_no_longer():
    reached = []

    def press_twice():
        with signals_held():
            press_ctrl_c()
            reached.append(1)
            press_ctrl_c()
            reached.append(2)

    with pytest.raises(KeyboardInterrupt):
        press_twice()
    assert reached == [1]
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_signals_that_are_ignored_stay_ignored():
    former = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        with signals_held():
            os.kill(os.getpid(), signal.SIGHUP)
        assert signal.getsignal(signal.SIGHUP) is signal.SIG_IGN
    finally:
        signal.signal(signal.SIGHUP, former)


def test_nothing_is_held_in_another_thread():
    found = []

    def look():
        with signals_held():
            found.append(signal.getsignal(signal.SIGINT))

    thread = threading.Thread(target=look)
    thread.start()
    thread.join()
    assert found == [signal.default_int_handler]
