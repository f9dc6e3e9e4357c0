"""`kedro emr status` against moto's EMR and S3."""

import re
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pytest
from moto.emrserverless.models import EMRServerlessBackend

from pixelmill.progress_record import ProgressRecord, ProgressWriter, progress_folder
from pixelmill.storage import open_storage
from pixelmill.storage.lease import Lease
from tests.emr.launched import (
    STORAGE,
    launch_cluster,
    launch_serverless,
    record,
    set_cluster,
    set_job,
)


def write_progress(**changes):
    record = ProgressRecord(
        **{"dataset": "pets", "images": 400, "done": 100, "images_per_second": 10.0} | changes
    )
    folder = open_storage(progress_folder(STORAGE, "pets"))
    folder.write_bytes("progress.json", record.model_dump_json().encode())


@pytest.mark.parametrize("launch", [launch_cluster, launch_serverless])
def test_a_run_that_goes_on(kedro_emr, aws, launch):
    launch(aws)
    write_progress()
    lease = Lease(STORAGE, "pets")
    lease.acquire()
    status, output = kedro_emr("status")
    lease.release()
    assert status == 0
    assert "state        running: the " in output
    assert "images       100 of 400 (25.0%), 10.0 a second, 30 s left, 0 failures" in output
    assert re.search(r"last sign    \d+ s ago\n", output)
    assert "cost so far" in output
    assert "kedro emr stop --params dataset=pets" in output


def test_a_killed_driver_is_seen_by_its_silence(kedro_emr, aws):
    launch_cluster(aws)
    write_progress(updated=datetime.now(UTC) - timedelta(minutes=10))
    status, output = kedro_emr("status")
    assert status == 0
    assert "10 min ago, which is long" in output


def test_a_run_from_the_laptop_is_shown_too(kedro_emr):
    ProgressWriter(STORAGE, "pets").finish("failed", "there is no such folder")
    status, output = kedro_emr("status")
    assert status == 0
    assert "not launched by kedro emr" in output
    assert "why          there is no such folder" in output


def test_where_there_is_no_run_a_sentence_says_how_to_start_one(kedro_emr):
    status, output = kedro_emr("status")
    assert status == 1
    assert "nothing was launched for the data set 'pets'" in output
    assert "kedro emr launch --params dataset=pets does" in output


def test_an_unknown_price_hides_nothing_else(kedro_emr, aws):
    unpriced = {"InstanceRole": "MASTER", "InstanceType": "p5.48xlarge", "InstanceCount": 1}
    launch_cluster(aws, [unpriced])
    write_progress()
    status, output = kedro_emr("status")
    assert status == 0
    assert "images       100 of 400" in output
    assert "cost so far  unknown: the table of prices has no instance type 'p5.48xlarge'" in output


def test_a_run_that_aws_forgot_is_over(kedro_emr):
    record("cluster", "j-GONE", "s-1")
    status, output = kedro_emr("status", "--watch")
    assert status == 0
    assert "state        over: AWS no longer knows it" in output
    assert "emr stop" not in output


@pytest.mark.parametrize("service", ["EMR", "S3"])
def test_a_laptop_that_is_offline_gets_one_sentence(kedro_emr, aws, monkeypatch, service):
    launch_cluster(aws)
    monkeypatch.setenv(f"AWS_ENDPOINT_URL_{service}", "http://127.0.0.1:9")
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
    status, output = kedro_emr("status")
    assert status == 1
    assert output.startswith("Error: ")
    assert "does not answer" in output
    assert len(output.splitlines()) == 1


@pytest.mark.parametrize("service", ["EMR_SERVERLESS", "S3"])
def test_watching_outlives_a_network_that_breaks(kedro_emr, aws, monkeypatch, service):
    launch = launch_serverless(aws)
    monkeypatch.setenv(f"AWS_ENDPOINT_URL_{service}", "http://127.0.0.1:9")
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")

    def go_online(_):
        monkeypatch.delenv(f"AWS_ENDPOINT_URL_{service}")
        set_job(launch.owner, "SUCCESS", "STOPPED")

    clock = SimpleNamespace(sleep=go_online)  # of this module alone: servers and retries sleep too
    monkeypatch.setattr("pixelmill.emr.commands.status.time", clock)
    status, output = kedro_emr("status", "--watch")
    assert status == 0, output
    assert re.match(r".*does not answer.*; this looks again\n", output)
    assert "state        finished" in output


def test_watching_ends_with_the_run(kedro_emr, aws, monkeypatch):
    launch = launch_serverless(aws)
    answer, asked = EMRServerlessBackend.get_job_run, []

    def finish_at_the_fifth_question(*arguments, **named):
        asked.append(named)
        if len(asked) == 5:
            set_job(launch.owner, "SUCCESS", "STOPPED")
        return answer(*arguments, **named)

    monkeypatch.setattr(EMRServerlessBackend, "get_job_run", finish_at_the_fifth_question)
    status, output = kedro_emr("status", "--watch", "--every", "0.1")
    assert status == 0
    assert output.count("state        running") == 2
    assert output.count("state        finished") == 1


def test_another_endpoint_is_a_parameter(kedro_emr, aws, s3_endpoint, monkeypatch):
    monkeypatch.setenv("AWS_ENDPOINT_URL_S3", "http://127.0.0.1:9")
    launched = kedro_emr("status", "--params", f"dataset=pets,s3.endpoint={s3_endpoint}")
    assert "nothing was launched" in launched[1]


def test_a_failed_bootstrap_is_reported_in_the_words_of_aws(kedro_emr, aws):
    launch = launch_cluster(aws)
    why = "On the master instance, bootstrap action 1 returned a non-zero return code"
    set_cluster(launch.owner, "TERMINATED_WITH_ERRORS", "CANCELLED", why)
    status, output = kedro_emr("status")
    assert status == 0
    assert f"why          {why}" in output


@pytest.mark.parametrize("seconds", ["nan", "inf", "-1", "0"])
def test_a_pause_that_is_none_is_refused(kedro_emr, seconds):
    status, output = kedro_emr("status", "--watch", "--every", seconds)
    assert status == 2
    assert "Error: Invalid value for '--every'" in output
