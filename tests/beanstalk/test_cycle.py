"""From nothing to a service, to a newer version of it, and to nothing again."""

import json
import re
import time

import pytest

from pixelmill.beanstalk.chosen import choose_deployment
from pixelmill.beanstalk.environment import WaitPolicy
from pixelmill.beanstalk.logs import machine_tails
from pixelmill.cli import cli
from pixelmill.errors import InputError
from tests.beanstalk.conftest import KEY
from tests.beanstalk.eb_server import ACCOUNT, REGION

FOLDER = "mill/_beanstalk/pixelmill"
PROPERTIES = "aws:elasticbeanstalk:application:environment"
SHOWN = re.compile(r"^([a-z0-9]+:\w+) \{", re.MULTILINE)


def stored(s3, bucket="photos"):
    return [item["Key"] for item in s3.list_objects_v2(Bucket=bucket).get("Contents", [])]


def record(s3):
    return json.loads(
        s3.get_object(Bucket="photos", Key=f"{FOLDER}/deployment.json")["Body"].read()
    )


def roles(aws):
    return sorted(role["RoleName"] for role in aws("iam").list_roles()["Roles"])


def test_kedro_has_the_commands():
    group = cli.commands["beanstalk"]
    names = group.list_commands(None)
    assert names == ["deploy", "logs", "plan", "status", "stop"]
    assert all(group.get_command(None, name).help for name in names)
    assert group.get_command(None, "launch") is None


def test_deploy_update_status_logs_and_stop(
    kedro_beanstalk, aws, s3, beanstalk_server, model, monkeypatch
):
    status, output = kedro_beanstalk("deploy", "--model", model)
    assert status == 0, output
    lines = output.splitlines()
    assert lines[-1].startswith("pixelmill serves s3://photos/mill/_beanstalk/pixelmill/models/")
    assert lines[-1].endswith(f"at {beanstalk_server.url}")
    assert any("Successfully launched environment" in line for line in lines)
    options = beanstalk_server.options["pixelmill"]
    place = options[PROPERTIES, "PIXELMILL_MODEL"].removeprefix("s3://photos/")
    assert f"{place}/manifest.json" in stored(s3)
    assert options["aws:autoscaling:launchconfiguration", "RootVolumeType"] == "gp3"
    assert options["aws:autoscaling:launchconfiguration", "DisableIMDSv1"] == "true"
    found = beanstalk_server.environments["pixelmill"]
    assert found["SolutionStackName"] == "64bit Amazon Linux 2023 v4.13.9 running Docker"
    assert roles(aws) == [f"pixelmill-{REGION}-instance", f"pixelmill-{REGION}-service"]

    monkeypatch.setenv("PIXELMILL_API_KEY", KEY)
    status, output = kedro_beanstalk("deploy", "--model", model, "--set", "serve={max_images: 4}")
    assert status == 0, output
    assert "updating the environment pixelmill" in output
    assert KEY not in output
    assert options[PROPERTIES, "PIXELMILL_SERVE"] == "max_images=4"
    assert options[PROPERTIES, "PIXELMILL_API_KEY"] == KEY
    assert KEY not in json.dumps(record(s3))

    status, output = kedro_beanstalk("status")
    assert status == 0, output
    assert "state    Ready, health Green, runs version" in output
    assert "machine  i-0123456789abcdef0 t3.small Ok" in output

    logs = aws("logs")
    group = (
        "/aws/elasticbeanstalk/pixelmill/var/log/eb-docker/containers/eb-current-app/stdouterr.log"
    )
    logs.create_log_group(logGroupName=group)
    logs.create_log_stream(logGroupName=group, logStreamName="i-0")
    events = [{"timestamp": int(time.time() * 1000), "message": "pixelmill \x1b[2J serves"}]
    logs.put_log_events(logGroupName=group, logStreamName="i-0", logEvents=events)
    status, output = kedro_beanstalk("logs")
    assert status == 0, output
    assert "\x1b" not in output
    assert "serves" in output

    status, output = kedro_beanstalk("stop", answer="y\n")
    assert status == 0, output
    assert "1 log groups /aws/elasticbeanstalk/pixelmill/" in output
    assert f"elasticbeanstalk-{REGION}-{ACCOUNT}" in output
    assert_nothing_is_left(aws, s3, beanstalk_server)
    assert kedro_beanstalk("status")[1].startswith("Error: no service 'pixelmill' was deployed")


def assert_nothing_is_left(aws, s3, server):
    assert server.alive() == []
    assert server.applications == {}
    assert server.versions == {}
    assert roles(aws) == []
    assert aws("iam").list_instance_profiles()["InstanceProfiles"] == []
    assert [key for key in stored(s3) if "_beanstalk" in key] == []


def test_a_dry_run_shows_what_a_deployment_sends_and_sends_nothing(
    kedro_beanstalk, aws, s3, beanstalk_server, model, monkeypatch
):
    monkeypatch.setenv("PIXELMILL_API_KEY", KEY)
    sent = []
    status, output = kedro_beanstalk("deploy", "--model", model, "--dry-run")
    assert status == 0, output
    assert beanstalk_server.asked == []
    assert stored(s3) == []
    assert KEY not in output
    assert "***" in output
    shown = SHOWN.findall(output)
    with requests_noted(monkeypatch, sent):
        assert kedro_beanstalk("deploy", "--model", model)[0] == 0
    # What is asked again until the environment is ready, and the URL, comes on top.
    until_asked = sent.index("elasticbeanstalk:CreateEnvironment") + 1
    quotas = ["servicequotas:GetServiceQuota", "servicequotas:GetAWSDefaultServiceQuota"]
    assert [name for name in sent[:until_asked] if name != quotas[1]] == shown[: until_asked - 1]


def requests_noted(monkeypatch, found):
    """Notes the name of every request of boto3 while the block runs."""
    from pixelmill.aws.clients import prepared_clients

    def prepare(client):
        client.meta.events.register(
            "before-call.*.*",
            lambda model, **_: found.append(f"{model.service_model.signing_name}:{model.name}"),
        )

    return prepared_clients(prepare)


def test_without_a_bucket_that_of_elastic_beanstalk_is_used(
    kedro_beanstalk, s3, beanstalk_server, model, monkeypatch
):
    monkeypatch.setenv("PIXELMILL_STORAGE", "data")
    assert kedro_beanstalk("deploy", "--model", model)[0] == 0
    bucket = f"elasticbeanstalk-{REGION}-{ACCOUNT}"
    assert all(key.startswith("pixelmill/_beanstalk/pixelmill/") for key in stored(s3, bucket))
    assert kedro_beanstalk("stop", "--yes")[0] == 0
    assert stored(s3, bucket) == []


def test_versions_that_a_bucket_keeps_are_named(kedro_beanstalk, s3, model):
    s3.put_bucket_versioning(Bucket="photos", VersioningConfiguration={"Status": "Enabled"})
    assert kedro_beanstalk("deploy", "--model", model)[0] == 0
    count = len(stored(s3))
    status, output = kedro_beanstalk("stop", "--yes")
    assert status == 0
    assert f"removed {count} objects" in output
    assert f"earlier versions of {count} objects below s3://photos/mill/_beanstalk" in output


def test_a_model_on_s3_is_used_in_its_place_and_stays(kedro_beanstalk, s3, beanstalk_server):
    s3.put_object(Bucket="photos", Key="models/pets/manifest.json", Body=b"{}")
    assert kedro_beanstalk("deploy", "--model", "s3://photos/models/pets")[0] == 0
    options = beanstalk_server.options["pixelmill"]
    assert options[PROPERTIES, "PIXELMILL_MODEL"] == "s3://photos/models/pets"
    status, output = kedro_beanstalk("stop", "--yes")
    assert status == 0
    assert "the model in s3://photos/models/pets" in output
    assert stored(s3) == ["models/pets/manifest.json"]


def test_the_tail_is_asked_of_the_machines(kedro_beanstalk, model):
    assert kedro_beanstalk("deploy", "--model", model)[0] == 0
    status, output = kedro_beanstalk("logs", "--tail")
    assert status == 0, output
    assert output == "--- i-0123456789abcdef0\nthe last line\\x1b[2J\n"


def test_the_tail_is_that_of_all_machines(kedro_beanstalk, beanstalk_server, model):
    assert kedro_beanstalk("deploy", "--model", model)[0] == 0
    beanstalk_server.machines = ["i-0", "i-1", "i-2"]
    status, output = kedro_beanstalk("logs", "--tail")
    assert status == 0, output
    assert output == "".join(f"--- i-{n}\nthe last line\\x1b[2J\n" for n in range(3))


def test_a_machine_that_sends_no_tail_is_named(kedro_beanstalk, beanstalk_server, model):
    assert kedro_beanstalk("deploy", "--model", model)[0] == 0
    beanstalk_server.machines, beanstalk_server.silent = ["i-0", "i-1"], {"i-1"}
    tails = machine_tails(choose_deployment(()), WaitPolicy(every=0.01, answer=0.5))
    assert next(tails) == ("i-0", ["the last line\\x1b[2J"])
    with pytest.raises(InputError, match=r"^i-1 of pixelmill sent no logs within 0 s$"):
        next(tails)


def test_a_tail_that_cannot_be_fetched_is_no_log(kedro_beanstalk, beanstalk_server, model):
    assert kedro_beanstalk("deploy", "--model", model)[0] == 0
    beanstalk_server.tail = "expired"
    status, output = kedro_beanstalk("logs", "--tail")
    assert status == 1
    assert output == "Error: the logs cannot be fetched: S3 answers with status 403\n"


def test_without_a_yes_nothing_ends(kedro_beanstalk, beanstalk_server, model):
    assert kedro_beanstalk("deploy", "--model", model)[0] == 0
    status, output = kedro_beanstalk("stop", answer="\n")
    assert status == 0
    assert output.endswith("nothing was stopped\n")
    assert beanstalk_server.alive() == ["pixelmill"]
