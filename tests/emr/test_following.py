"""Following a run from the laptop."""

from typing import NamedTuple

import pytest

from pixelmill.aws.clients import prepared_clients
from pixelmill.emr.following import detached_message, follow
from pixelmill.errors import InputError
from tests.emr.launched import launch_cluster, launch_serverless, put_log, set_cluster, set_job

BOOTSTRAP_FAILURE = (
    "On the master instance (i-0123456789abcdef0), bootstrap action 1 returned a non-zero return "
    "code"
)


class HTTPAnswer(NamedTuple):
    """What botocore looks at of an answer."""

    status_code: int


def followed(launch, *changes):
    """Follows a run while its state changes; gives what was said, without the time."""
    lines, ahead = [], iter(changes)

    def change():
        next(ahead)()

    follow(launch, lines.append, change)
    return [line[9:] if line[2:3] == ":" else line for line in lines]


def test_every_change_is_reported_once_until_the_run_is_done(aws):
    launch = launch_cluster(aws)
    set_cluster(launch.owner, "STARTING", "PENDING")
    lines = followed(
        launch,
        lambda: None,
        lambda: set_cluster(launch.owner, "BOOTSTRAPPING", "PENDING"),
        lambda: set_cluster(launch.owner, "RUNNING", "RUNNING"),
        lambda: set_cluster(launch.owner, "TERMINATING", "COMPLETED"),
    )
    done = f"the run is done, and the cluster {launch.owner} ends itself"
    assert lines == [
        f"the cluster {launch.owner} is starting; the run: starting",
        f"the cluster {launch.owner} is bootstrapping; the run: starting",
        f"the cluster {launch.owner} is running; the run: running",
        f"the cluster {launch.owner} is terminating; the run: finished",
        f"{done}; its tables are in {launch.storage}",
    ]


def test_a_failing_bootstrap_shows_the_last_lines_of_its_script(aws, s3, capsys):
    launch = launch_cluster(aws)
    node = f"{launch.owner}/node/i-0123456789abcdef0/bootstrap-actions/1"
    last = "pixelmill's bootstrap failed while installing the locked packages (exit status 1)"
    put_log(s3, f"{node}/stderr.gz", f"ERROR: no matching distribution\n{last}\n")
    lines = []
    set_cluster(launch.owner, "TERMINATING", "CANCELLED", BOOTSTRAP_FAILURE)
    with pytest.raises(InputError, match=r"a node could not be made ready \(On the master inst"):
        follow(
            launch,
            lines.append,
            lambda: set_cluster(
                launch.owner, "TERMINATED_WITH_ERRORS", "CANCELLED", BOOTSTRAP_FAILURE
            ),
        )
    assert "  | ERROR: no matching distribution" in lines
    assert lines[-1] == f"  | {last}"


def test_a_failing_run_shows_the_drivers_last_lines_and_what_to_do(aws, s3):
    launch = launch_cluster(aws)
    put_log(s3, f"{launch.owner}/steps/{launch.run}/stderr.gz", "Error: images is gone\n")
    set_cluster(launch.owner, "TERMINATED_WITH_ERRORS", "FAILED", "Shut down as step failed")
    lines = []
    with pytest.raises(InputError, match=r"the run failed .*: kedro emr logs --params dataset=pet"):
        follow(launch, lines.append)
    assert lines[-1] == "  | Error: images is gone"


def test_a_quota_is_reported_with_the_ways_out(aws):
    launch = launch_cluster(aws)
    reason = "The requested number of vCPUs exceeds your vCPU limit."
    set_cluster(launch.owner, "TERMINATED_WITH_ERRORS", "CANCELLED", reason)
    with pytest.raises(InputError, match=r"vCPU limit; launch fewer nodes .* Service Quotas"):
        follow(launch, print)


def test_a_laptop_that_goes_offline_waits_and_goes_on(aws, monkeypatch, s3_endpoint):
    launch = launch_cluster(aws)
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")

    def online():
        monkeypatch.setenv("AWS_ENDPOINT_URL", s3_endpoint)
        set_cluster(launch.owner, "TERMINATING", "COMPLETED")

    lines = followed(launch, lambda: None, online)
    assert lines[0] == "AWS does not answer for now: the run goes on, and this waits until it does"
    assert len(lines) == 3
    assert lines[-1].startswith("the run is done")


@pytest.mark.parametrize(
    ("status", "code"), [(400, "ThrottlingException"), (500, "InternalServerException")]
)
def test_a_refusal_that_passes_is_waited_for(aws, status, code):
    launch = launch_cluster(aws)
    refusals = [code, code]

    def refuse(**_):
        if not refusals:
            return None
        error = {"Code": refusals.pop(), "Message": "Rate exceeded"}
        metadata = {"HTTPStatusCode": status}
        return HTTPAnswer(status), {"Error": error, "ResponseMetadata": metadata}

    def refusing(client):
        client.meta.events.register_first("before-call.emr.DescribeCluster", refuse)

    with prepared_clients(refusing):
        lines = followed(
            launch, lambda: None, lambda: set_cluster(launch.owner, "TERMINATING", "COMPLETED")
        )
    assert lines[0] == "AWS does not answer for now: the run goes on, and this waits until it does"
    assert len(lines) == 3


def test_credentials_that_run_out_say_that_the_run_goes_on(aws, monkeypatch):
    launch = launch_cluster(aws)
    with pytest.raises(InputError, match=r"no AWS credentials .*; .* goes on without this laptop"):
        followed(launch, lambda: monkeypatch.delenv("AWS_ACCESS_KEY_ID"))


def test_a_job_run_is_followed_too(aws):
    launch = launch_serverless(aws)
    lines = followed(launch, lambda: set_job(launch.owner, "SUCCESS", "STARTED"))
    assert "the run: running" in lines[0]
    assert lines[-1].startswith("the run is done")


def test_the_commands_that_show_and_end_a_run_are_named(aws):
    launch = launch_cluster(aws)
    assert detached_message(launch) == (
        f"the cluster {launch.owner} goes on without this laptop: kedro emr status --params "
        "dataset=pets shows it, kedro emr stop --params dataset=pets ends it"
    )
