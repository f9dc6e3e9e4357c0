"""`kedro emr logs` against logs as EMR writes them."""

import pytest

from tests.emr.launched import (
    launch_cluster,
    launch_serverless,
    put_log,
    set_cluster,
    set_job,
)

TRACE = "starting\njava.io.IOException: No space left on device\nexit"


@pytest.fixture
def cluster(aws):
    """A run on a cluster."""
    return launch_cluster(aws)


def test_the_end_of_the_drivers_log(kedro_emr, cluster, s3):
    steps = f"{cluster.owner}/steps/{cluster.run}"
    put_log(s3, f"{steps}/stderr.gz", "\n".join(f"line {number}" for number in range(100)))
    put_log(s3, f"{steps}/stdout.gz", "accuracy: 0.9\n")
    put_log(s3, f"{steps}/controller.gz", "INFO controller")
    put_log(s3, f"{cluster.owner}/steps/s-OTHER/stderr.gz", "of another step")
    status, output = kedro_emr("logs", "--lines", "3")
    assert status == 0
    assert [line for line in output.splitlines() if not line.startswith("---")] == [
        "line 97",
        "line 98",
        "line 99",
        "accuracy: 0.9",
    ]


def test_a_log_sends_nothing_to_the_terminal(kedro_emr, cluster, s3):
    text = "\tat org.apache.Spark\n\x1b]0;renamed\x07 cat\u202egpj.exe\n"
    put_log(s3, f"{cluster.owner}/steps/{cluster.run}/stderr.gz", text)
    lines = kedro_emr("logs")[1].splitlines()
    assert lines[1:] == ["    at org.apache.Spark", r"\x1b]0;renamed\x07 cat\u202egpj.exe"]


def test_while_the_step_runs_it_is_said_when_its_log_comes(kedro_emr, cluster):
    status, output = kedro_emr("logs")
    assert status == 0
    assert "there is no log in s3://photos/mill/_emr/pets/" in output
    assert "EMR copies a log to S3 when its step or job ends" in output
    assert "kedro emr status --params dataset=pets shows the progress" in output


def test_a_failed_bootstrap_shows_the_last_lines_of_the_node_that_failed(kedro_emr, cluster, s3):
    set_cluster(cluster.owner, "TERMINATED_WITH_ERRORS", "CANCELLED")
    node = f"{cluster.owner}/node"
    put_log(s3, f"{node}/i-1/bootstrap-actions/1/stdout.gz", "pixelmill is ready")
    put_log(
        s3,
        f"{node}/i-2/bootstrap-actions/1/stderr.gz",
        "no such package\npixelmill's bootstrap failed while installing the packages",
    )
    status, output = kedro_emr("logs")
    assert status == 0
    assert output.splitlines()[0].startswith(f"--- {node}/i-2/bootstrap-actions/1/stderr.gz")
    assert "no such package" in output


def test_a_run_that_failed_without_a_log_says_why_in_the_words_of_aws(kedro_emr, cluster):
    set_cluster(cluster.owner, "TERMINATED_WITH_ERRORS", "CANCELLED", "no capacity")
    _, output = kedro_emr("logs")
    assert "is terminated with errors: no capacity); a run that ended within" in output


def test_executors_that_failed_and_no_others(kedro_emr, cluster, s3):
    folder = f"{cluster.owner}/containers/application_1_0001"
    put_log(s3, f"{folder}/container_1_0001_01_000002/stderr.gz", TRACE)
    put_log(s3, f"{folder}/container_1_0001_01_000003/stderr.gz", "all is well")
    status, output = kedro_emr("logs", "--executors", "--lines", "2")
    assert status == 0
    assert "container_1_0001_01_000002/stderr.gz" in output
    assert "No space left on device" in output
    assert "starting" not in output
    assert "000003" not in output


def test_executors_without_a_failure(kedro_emr, cluster):
    assert "no executor's log" in kedro_emr("logs", "--executors")[1]


def test_the_logs_of_emr_serverless(kedro_emr, aws, s3):
    launch = launch_serverless(aws)
    jobs = f"applications/{launch.owner}/jobs/{launch.run}"
    put_log(s3, f"{jobs}/SPARK_DRIVER/stdout.gz", "accuracy: 0.9")
    put_log(s3, f"{jobs}/SPARK_EXECUTOR/2/stderr.gz", TRACE)
    assert "accuracy: 0.9" in kedro_emr("logs")[1]
    assert "No space left on device" in kedro_emr("logs", "--executors")[1]


def test_a_serverless_job_without_logs(kedro_emr, aws):
    launch = launch_serverless(aws)
    set_job(launch.owner, "FAILED", "STOPPED")
    assert "there is no log in" in kedro_emr("logs")[1]


def test_a_log_that_is_cut_is_one_sentence(kedro_emr, cluster, s3):
    key = f"{cluster.logs}/{cluster.owner}/steps/{cluster.run}/stderr.gz"
    s3.put_object(Bucket="photos", Key=key.removeprefix("s3://photos/"), Body=b"\x1f\x8b\x08")
    status, output = kedro_emr("logs")
    assert status == 1
    assert "cannot be unpacked" in output


def test_nothing_launched(kedro_emr):
    status, output = kedro_emr("logs")
    assert status == 1
    assert "nothing was launched" in output


@pytest.mark.parametrize("lines", ["0", "-3", "nan"])
def test_a_number_of_lines_that_is_none_is_refused(kedro_emr, lines):
    status, output = kedro_emr("logs", "--lines", lines)
    assert status == 2
    assert "Error: Invalid value for '--lines'" in output
