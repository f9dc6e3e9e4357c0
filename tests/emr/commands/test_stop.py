"""`kedro emr stop`: what costs by the hour ends, and what is saved stays."""

import threading
import time

import pytest

from pixelmill.emr.stopping import stop
from pixelmill.errors import InputError
from tests.aws_requests import on_request, press_ctrl_c
from tests.emr.launched import (
    ACCOUNT,
    launch_cluster,
    launch_serverless,
    record,
    set_cluster,
    set_job,
)


def state_of_cluster(aws, launch):
    return aws("emr").describe_cluster(ClusterId=launch.owner)["Cluster"]["Status"]["State"]


def states_of_job(aws, launch):
    client = aws("emr-serverless")
    job = client.get_job_run(applicationId=launch.owner, jobRunId=launch.run)["jobRun"]
    application = client.get_application(applicationId=launch.owner)["application"]
    return job["state"], application["state"]


def test_after_one_question_the_cluster_ends_and_it_is_said_what_stays(kedro_emr, aws):
    launch = launch_cluster(aws)
    status, output = kedro_emr("stop", answer="y\n")
    assert status == 0
    assert f"The run goes on (the cluster {launch.owner} is running). End it for good?" in output
    assert f"the cluster {launch.owner} is terminated" in output
    assert "tables and reports stay in s3://photos/mill" in output
    assert "aws s3 rm --recursive s3://photos/mill/_emr/pets" in output
    assert state_of_cluster(aws, launch) == "TERMINATED"


def test_without_a_yes_nothing_ends(kedro_emr, aws):
    launch = launch_cluster(aws)
    status, output = kedro_emr("stop", answer="\n")
    assert status == 0
    assert "nothing was stopped" in output
    assert state_of_cluster(aws, launch) == "RUNNING"


def test_a_job_of_emr_serverless_is_cancelled_and_its_application_stopped(kedro_emr, aws):
    launch = launch_serverless(aws)
    status, output = kedro_emr("stop", "--yes")
    assert status == 0
    assert f"is cancelled, and the application {launch.owner} is stopped" in output
    assert states_of_job(aws, launch) == ("CANCELLED", "STOPPED")


def test_an_application_with_other_jobs_goes_on(kedro_emr, aws):
    launch = launch_serverless(aws)
    other = aws("emr-serverless").start_job_run(
        applicationId=launch.owner,
        clientToken="other",
        executionRoleArn=f"arn:aws:iam::{ACCOUNT}:role/pixelmill-serverless",
    )["jobRunId"]
    set_job(launch.owner, "RUNNING", "STARTED", run=other)
    status, output = kedro_emr("stop", "--yes")
    assert status == 0
    assert f"the application {launch.owner} goes on with its other jobs" in output
    assert states_of_job(aws, launch) == ("CANCELLED", "STARTED")


def test_a_job_that_is_over_is_not_cancelled(kedro_emr, aws):
    launch = launch_serverless(aws)
    set_job(launch.owner, "SUCCESS", "STARTED")
    assert kedro_emr("stop", "--yes")[0] == 0
    assert states_of_job(aws, launch) == ("SUCCESS", "STARTED")


def test_a_cluster_that_outlived_its_run_is_ended(kedro_emr, aws):
    launch = launch_cluster(aws)
    set_cluster(launch.owner, "WAITING", "COMPLETED")
    status, output = kedro_emr("stop", answer="y\n")
    assert status == 0
    assert "The run is over" in output
    assert state_of_cluster(aws, launch) == "TERMINATED"


@pytest.mark.parametrize("times", [1, 2])
def test_stopping_what_is_over_is_a_sentence_and_no_error(kedro_emr, aws, times):
    launch = launch_cluster(aws)
    set_cluster(launch.owner, "TERMINATED", "COMPLETED")
    for _ in range(times):
        status, output = kedro_emr("stop")
        assert status == 0
        assert output.startswith("nothing is to be stopped: the run is over, and the cluster")


def test_what_aws_forgot_is_not_stopped(kedro_emr):
    record("cluster", "j-GONE", "s-1")
    assert kedro_emr("stop")[1].startswith("nothing is to be stopped: AWS no longer knows j-GONE")


@pytest.mark.parametrize("command", ["stop", "status"])
def test_what_runs_in_another_account_is_not_called_over(kedro_emr, command):
    record("cluster", "j-OTHERS", "s-1", account="999999999999")
    status, output = kedro_emr(command)
    assert status == 1
    assert "j-OTHERS runs in the account 999999999999, and these AWS credentials are of" in output


def test_ctrl_c_says_how_to_see_whether_it_ends(kedro_emr, aws):
    launch = launch_cluster(aws)
    with on_request("emr.TerminateJobFlows", press_ctrl_c):
        status, output = kedro_emr("stop", "--yes")
    assert status == 130
    assert f"emr status --params dataset=pets shows whether {launch.owner} ends" in output


def test_a_protected_cluster_is_one_sentence(kedro_emr, aws):
    launch = launch_cluster(aws)
    aws("emr").set_termination_protection(JobFlowIds=[launch.owner], TerminationProtected=True)
    status, output = kedro_emr("stop", "--yes")
    assert status == 1
    assert "cannot be ended: Could not shut down one or more job flows" in output


def test_it_waits_until_aws_says_that_the_job_is_cancelled(aws, monkeypatch):
    launch = launch_serverless(aws)
    set_job(launch.owner, "CANCELLING", "STARTED")
    # The service takes its time: until then the job stays as it is.
    monkeypatch.setattr(
        "moto.emrserverless.models.EMRServerlessBackend.cancel_job_run",
        lambda _, application_id, job_run_id: (application_id, job_run_id),
    )

    def cancel():
        time.sleep(1)
        set_job(launch.owner, "CANCELLED", "STARTED")

    threading.Thread(target=cancel).start()
    assert stop(launch, every=0.1, timeout=30).endswith("is stopped")
    set_job(launch.owner, "CANCELLING", "STARTED")
    with pytest.raises(InputError, match=r"asked to end it 1 s ago and says CANCELLING still"):
        stop(launch, every=0.1, timeout=1)


def test_a_mistyped_parameter_stops_no_other_run(kedro_emr):
    status, output = kedro_emr("stop", "--yes", "--params", "datset=pets")
    assert status == 1
    assert output == "Error: unknown parameter 'datset': did you mean 'dataset'?\n"
