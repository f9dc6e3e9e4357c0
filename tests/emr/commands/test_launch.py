"""`kedro emr launch`, from the command line to what AWS then has."""

import base64
import hashlib
import json
import signal
import subprocess
import sys
import time

import pytest
import requests
from click.testing import CliRunner
from moto.moto_api import recorder as moto_recorder

from pixelmill.cli import cli
from pixelmill.emr.record import load_launch
from tests.conftest import ROOT
from tests.emr.launched import STORAGE, launch_cluster

RUN = ("--params", "dataset=pets,images=s3://photos/pets", "--config", "recipes/pets.yml")
# Keras downloads the recipe's network, which EMR Serverless cannot: its weights are on S3.
ON_S3 = ("--params", f"{RUN[1]},featurization.weights=s3://photos/vgg16.h5")
# What moto's EMR does not keep of a request; the recorded request is compared in its place.
MOTO_DROPS = {
    "AutoTerminationPolicy",
    "EbsRootVolumeSize",
    "Instances",
    "ManagedScalingPolicy",
    "ScaleDownBehavior",
    "VisibleToAllUsers",
}


@pytest.fixture
def launch(aws, known_project, monkeypatch):
    """Runs `kedro emr launch` for the data set 'pets' in this process."""
    monkeypatch.chdir(ROOT)
    monkeypatch.setenv("PIXELMILL_STORAGE", STORAGE)

    def run(*arguments):
        result = CliRunner().invoke(cli, ["emr", "launch", *RUN, *arguments])
        assert result.exception is None or isinstance(result.exception, SystemExit), result.exc_info
        return result.exit_code, result.output

    return run


@pytest.fixture
def recorder(s3_endpoint, tmp_path, monkeypatch):
    """Gives the bodies of the requests for an operation that moto got since."""
    recording = f"{s3_endpoint}/moto-api/recorder"
    monkeypatch.setattr(moto_recorder, "_location", str(tmp_path / "recording"))
    requests.post(f"{recording}/reset-recording", timeout=10)
    requests.post(f"{recording}/start-recording", timeout=10)

    def bodies(operation):
        text = requests.get(f"{recording}/download-recording", timeout=10).text
        rows = [json.loads(row) for row in text.splitlines()]
        return [
            json.loads(base64.b64decode(row["body"]))
            for row in rows
            if row["method"] == "POST"
            and row["headers"].get("X-Amz-Target", row["url"]).endswith(operation)
        ]

    yield bodies
    requests.post(f"{recording}/stop-recording", timeout=10)


def dry_request(output):
    return json.JSONDecoder().raw_decode(output)[0]


def without_launch_id(request, launch_id):
    return json.loads(json.dumps(request, default=str).replace(launch_id, "ID"))


def test_a_dry_run_needs_no_credentials_and_leaves_nothing(launch, s3, aws, monkeypatch):
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    status, output = launch("--dry-run", "--set", "task.spot=7")
    assert status == 0, output
    fleets = dry_request(output)["Instances"]["InstanceFleets"]
    assert fleets[2]["TargetSpotCapacity"] == 7
    assert "\naws emr create-security-configuration \\\n" in output
    assert "\naws emr create-cluster \\\n" in output
    assert s3.list_objects_v2(Bucket="photos")["KeyCount"] == 0


def test_what_is_created_is_what_the_dry_run_printed(launch, recorder, aws, s3):
    _, output = launch("--dry-run")
    printed = dry_request(output)
    status, output = launch("--no-follow")
    assert status == 0, output
    record = load_launch(STORAGE, "pets")
    launch_id = record.logs.split("/")[-2]
    printed = without_launch_id(printed, printed["LogUri"].split("/")[-3])
    (sent,) = recorder("RunJobFlow")
    sums = s3.get_object(Bucket="photos", Key=f"mill/_emr/pets/{launch_id}/SHA256SUMS")["Body"]
    arguments = sent["BootstrapActions"][0]["ScriptBootstrapAction"]["Args"]
    assert arguments[1] == hashlib.sha256(sums.read()).hexdigest()
    printed["BootstrapActions"][0]["ScriptBootstrapAction"]["Args"][1] = arguments[1]
    assert without_launch_id(sent, launch_id) == printed

    emr = aws("emr")
    cluster = emr.describe_cluster(ClusterId=record.owner)["Cluster"]
    (step,) = emr.list_steps(ClusterId=record.owner)["Steps"]
    (action,) = emr.list_bootstrap_actions(ClusterId=record.owner)["BootstrapActions"]
    kept = {
        "Name": cluster["Name"],
        "ReleaseLabel": cluster["ReleaseLabel"],
        "Applications": [{"Name": each["Name"]} for each in cluster["Applications"]],
        "LogUri": cluster["LogUri"],
        "ServiceRole": cluster["ServiceRole"],
        "JobFlowRole": cluster["Ec2InstanceAttributes"]["IamInstanceProfile"],
        "SecurityConfiguration": cluster["SecurityConfiguration"],
        "StepConcurrencyLevel": cluster["StepConcurrencyLevel"],
        "Configurations": cluster["Configurations"],
        "Tags": cluster["Tags"],
        "BootstrapActions": [
            {
                "Name": action["Name"],
                "ScriptBootstrapAction": {"Path": action["ScriptPath"], "Args": action["Args"]},
            }
        ],
        "Steps": [
            {
                "Name": step["Name"],
                "ActionOnFailure": step["ActionOnFailure"],
                "HadoopJarStep": {
                    "Jar": step["Config"]["Jar"],
                    "Args": step["Config"]["Args"],
                },
            }
        ],
    }
    assert set(kept) == set(printed) - MOTO_DROPS
    assert without_launch_id(kept, launch_id) == {name: printed[name] for name in kept}
    assert cluster["AutoTerminate"] is True
    assert cluster["TerminationProtected"] is False
    assert step["Id"] == record.run
    emr.describe_security_configuration(Name=sent["SecurityConfiguration"])
    stored = {item["Key"] for item in s3.list_objects_v2(Bucket="photos")["Contents"]}
    assert action["ScriptPath"].removeprefix("s3://photos/") in stored
    assert "mill/_emr/pets/launching.json" not in stored
    assert record.arguments == list(RUN)
    assert record.versions["pixelmill"]
    assert "kedro emr stop --params dataset=pets ends it" in output


def test_a_second_launch_creates_nothing(launch, aws):
    first = launch_cluster(aws)
    status, output = launch("--no-follow")
    assert status == 1
    assert f"Error: the cluster {first.owner} already works on the data set 'pets'" in output
    assert len(aws("emr").list_clusters()["Clusters"]) == 1


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("--set", "most_nodes=1"), "Error: most_nodes is 1, and core and task are 5 nodes"),
        (("--set", "release=8"), "Error: conf/emr/cluster.yml: release is 8"),
        (("--set", "storage=null"), "Error: PIXELMILL_STORAGE is not set"),
        (("--params", "datset=x"), "Error: unknown parameter 'datset'"),
        (("--parms", "x"), "Error: No such option '--parms'"),
        (("--environment", "s3://x/y"), "Error: --environment is for --serverless"),
    ],
)
def test_what_is_wrong_is_one_sentence_before_anything_is_created(
    launch, aws, s3, arguments, sentence
):
    status, output = launch(*arguments)
    assert status in (1, 2)
    assert sentence in output
    assert "Traceback" not in output
    assert aws("emr").list_clusters()["Clusters"] == []
    assert s3.list_objects_v2(Bucket="photos")["KeyCount"] == 0


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("--set", "primary.instances=[m7g.2xlarge]"), "'m7g.2xlarge' has an ARM processor"),
        (("--set", "task.instances=[c7i.4xlarge,c7i.xlarge]"), "types of different sizes"),
        (("--set", "most_nodes=1"), "most_nodes is 1, and core and task are 5 nodes"),
        (("--set", "serverless.memory=31"), "may have 8 to 30 GB in steps of 1"),
        (
            ("--serverless", "--environment", "s3://photos/environment.tar.gz"),
            "EMR Serverless reaches no internet without subnets",
        ),
    ],
)
def test_a_dry_run_refuses_what_a_launch_would(launch, arguments, sentence):
    for dry in ((), ("--dry-run",)):
        status, output = launch(*arguments, *dry)
        assert status == 1
        assert sentence in output


def test_interrupting_the_laptop_leaves_the_cluster(aws, monkeypatch):
    monkeypatch.setenv("PIXELMILL_STORAGE", STORAGE)
    command = [sys.executable, "-m", "kedro", "emr", "launch", *RUN]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
    lines = []
    while not lines or "the run:" not in lines[-1]:
        lines.append(process.stdout.readline())
        assert lines[-1], "".join(lines)
    time.sleep(1)
    process.send_signal(signal.SIGINT)
    rest, _ = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "goes on without this laptop: kedro emr status --params dataset=pets shows it" in rest
    owner = load_launch(STORAGE, "pets").owner
    state = aws("emr").describe_cluster(ClusterId=owner)["Cluster"]["Status"]["State"]
    assert state not in ("TERMINATING", "TERMINATED")


def test_serverless_creates_what_the_dry_run_printed(launch, aws, s3, recorder):
    s3.put_object(Bucket="photos", Key="environment.tar.gz", Body=b"archive")
    options = ("--serverless", "--environment", "s3://photos/environment.tar.gz", *ON_S3)
    options += ("--set", "release=emr-7.0.0")  # moto knows no label of another form
    printed = json.loads(launch(*options, "--dry-run")[1])
    status, output = launch(*options, "--no-follow")
    assert status == 0, output
    record = load_launch(STORAGE, "pets")
    launch_id = record.logs.split("/")[-2]

    wanted = printed["CreateApplication"]
    (sent,) = recorder("/applications")
    assert {name: value for name, value in sent.items() if name != "clientToken"} == wanted
    client = aws("emr-serverless")
    kept = client.get_application(applicationId=record.owner)["application"]
    kept["type"] = kept["type"].upper()
    assert {name: kept.get(name) for name in wanted} == wanted | {"architecture": None}

    wanted = printed["StartJobRun"]
    role = wanted.pop("executionRoleArn")
    assert wanted.pop("applicationId") == "<application>"
    printed_id = wanted["jobDriver"]["sparkSubmit"]["entryPoint"].split("/")[-2]
    wanted = without_launch_id(wanted, printed_id)
    kept = client.get_job_run(applicationId=record.owner, jobRunId=record.run)["jobRun"]
    assert kept["executionRole"] == f"arn:aws:iam::123456789012:role/{role}"
    assert without_launch_id({name: kept.get(name) for name in wanted}, launch_id) == wanted
    stored = {item["Key"] for item in s3.list_objects_v2(Bucket="photos")["Contents"]}
    prefix = f"mill/_emr/pets/{launch_id}"
    assert {f"{prefix}/serverless_entry.py", f"{prefix}/project.tar.gz"} <= stored

    launch(*options, "--no-follow")
    assert len(client.list_applications()["applications"]) == 1


def test_a_release_that_serverless_lacks_is_one_sentence(launch, s3):
    s3.put_object(Bucket="photos", Key="environment.tar.gz", Body=b"archive")
    environment = ("--environment", "s3://photos/environment.tar.gz")
    status, output = launch("--serverless", *environment, *ON_S3)
    assert status == 1
    assert (
        "Error: the application of EMR Serverless cannot be created: Type 'SPARK' is not" in output
    )
