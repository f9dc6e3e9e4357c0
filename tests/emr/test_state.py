"""What AWS says of a run, whatever state it is in."""

import pytest

from pixelmill.aws.clients import prepared_clients
from pixelmill.emr.state import find_state, read_state
from pixelmill.errors import InputError
from tests.emr.launched import launch_cluster, launch_serverless, record, set_cluster, set_job

CLUSTERS = [
    ("STARTING", "PENDING", "starting", True),
    ("BOOTSTRAPPING", "PENDING", "starting", True),
    ("RUNNING", "RUNNING", "running", True),
    ("TERMINATING", "COMPLETED", "finished", True),
    ("TERMINATED", "COMPLETED", "finished", False),
    ("TERMINATED_WITH_ERRORS", "FAILED", "failed", False),
    ("TERMINATED_WITH_ERRORS", "PENDING", "failed", False),
    ("TERMINATING", "RUNNING", "stopped", True),
    ("TERMINATED", "CANCELLED", "stopped", False),
    ("WAITING", "CANCELLED", "stopped", True),
]
JOBS = [
    ("SCHEDULED", "STARTING", "starting", True),
    ("RUNNING", "STARTED", "running", True),
    ("SUCCESS", "STARTED", "finished", False),
    ("FAILED", "STOPPED", "failed", False),
    ("CANCELLING", "STARTED", "stopped", True),
    ("CANCELLED", "STOPPING", "stopped", False),
]


def test_a_cluster_in_each_state(aws):
    launch = launch_cluster(aws)
    for cluster, step, phase, costs in CLUSTERS:
        set_cluster(launch.owner, cluster, step)
        state = read_state(launch)
        assert (cluster, step, state.phase, state.costs) == (cluster, step, phase, costs)
        assert state.place == f"the cluster {launch.owner} is {cluster.lower().replace('_', ' ')}"
        assert state.is_over is (phase not in ("starting", "running"))


def test_a_failed_bootstrap_comes_with_its_reason(aws):
    launch = launch_cluster(aws)
    why = "On the master instance (i-1), bootstrap action 1 returned a non-zero return code"
    set_cluster(launch.owner, "TERMINATED_WITH_ERRORS", "CANCELLED", why)
    state = read_state(launch)
    assert (state.phase, state.reason) == ("failed", why)


@pytest.mark.parametrize(
    ("code", "phase"),
    [("BOOTSTRAP_FAILURE", "failed"), ("INTERNAL_ERROR", "failed"), ("USER_REQUEST", "stopped")],
)
def test_a_cluster_that_is_ending_has_failed_or_was_stopped(aws, code, phase):
    """moto gives no codes, which are added to its answers."""

    def add_code(parsed, **_):
        parsed["Cluster"]["Status"]["StateChangeReason"] = {"Code": code}

    launch = launch_cluster(aws)
    set_cluster(launch.owner, "TERMINATING", "CANCELLED")
    with prepared_clients(
        lambda client: client.meta.events.register("after-call.emr.DescribeCluster", add_code)
    ):
        assert read_state(launch).phase == phase


def test_a_job_of_emr_serverless_in_each_state(aws):
    launch = launch_serverless(aws)
    for job, application, phase, costs in JOBS:
        set_job(launch.owner, job, application)
        state = read_state(launch)
        assert (job, state.phase, state.costs) == (job, phase, costs)
        assert state.place == f"the application {launch.owner} is {application.lower()}"


def test_a_reason_is_one_line_and_sends_nothing_to_the_terminal(aws):
    launch = launch_cluster(aws)
    why = "Job failed:\nTraceback (most recent call last):\n  \x1b[2J"
    set_cluster(launch.owner, "TERMINATED_WITH_ERRORS", "CANCELLED", why)
    assert read_state(launch).reason == r"Job failed: Traceback (most recent call last): \x1b[2J"


def test_a_cluster_that_aws_forgot_is_one_sentence(aws):
    launch = record("cluster", "j-GONE", "s-1")
    with pytest.raises(InputError, match="the state of the cluster j-GONE cannot be read: "):
        read_state(launch)
    assert find_state(launch) is None


def test_without_a_network_there_is_one_sentence(aws, monkeypatch):
    launch = launch_cluster(aws)
    monkeypatch.setenv("AWS_ENDPOINT_URL_EMR", "http://127.0.0.1:9")
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
    with pytest.raises(InputError, match=r"AWS does not answer .*: check the network"):
        read_state(launch)
