"""The requests as commands of the AWS command line."""

import json
import re
import subprocess

from hypothesis import given, settings
from hypothesis import strategies as st

from pixelmill.emr.cli_command import (
    DOCUMENTS,
    EC2,
    SWITCHES,
    TEXTS,
    create_cluster_command,
    create_security_configuration_command,
)
from pixelmill.emr.cluster_request import cluster_request
from pixelmill.emr.security import security_content
from tests.emr.jobs import job

NUMBERS = {"EbsRootVolumeSize", "StepConcurrencyLevel"}
OPTION = re.compile(r"--[a-z0-9-]+")
JOB = job()
TEXTS_OF_A_SHELL = st.text(st.characters(codec="utf-8", exclude_characters="\0"))
ON_INSTANCES = {"KeepJobFlowAliveWhenNoSteps", "TerminationProtected", "UnhealthyNodeReplacement"}


def options_of(command, verb):
    """The options of a command as bash hands them over, each with its values."""
    script = f"aws() {{ printf '%s\\0' \"$@\"; }}\n{command}"
    result = subprocess.run(["bash", "-c", script], capture_output=True, check=True)
    words = result.stdout.decode().split("\0")[:-1]
    assert words[:2] == ["emr", verb]
    options = {}
    for word in words[2:]:
        if OPTION.fullmatch(word):
            options[word] = []
        else:
            options[list(options)[-1]].append(word)
    return options


def request_of(command):
    """The request that `aws emr create-cluster` makes of its options, as its manual has it."""
    given = options_of(command, "create-cluster")
    request = {name: given[option][0] for name, option in TEXTS.items()}
    request |= {name: int(request[name]) for name in NUMBERS}
    request |= {name: json.loads(given[option][0]) for name, option in DOCUMENTS.items()}
    switches = {name: when_true in given for name, (when_true, _) in SWITCHES.items()}
    attributes = json.loads(given["--ec2-attributes"][0])
    request["JobFlowRole"] = attributes.pop("InstanceProfile")
    request["Instances"] = {
        "InstanceFleets": json.loads(given["--instance-fleets"][0]),
        **{name: attributes[option] for name, option in EC2.items() if option in attributes},
        **{name: switches[name] for name in ON_INSTANCES},
    }
    request["VisibleToAllUsers"] = switches["VisibleToAllUsers"]
    request["BootstrapActions"] = [
        {
            "Name": each["Name"],
            "ScriptBootstrapAction": {"Path": each["Path"], "Args": each["Args"]},
        }
        for each in json.loads(given["--bootstrap-actions"][0])
    ]
    request["Steps"] = [
        {
            "Name": each["Name"],
            "ActionOnFailure": each["ActionOnFailure"],
            "HadoopJarStep": {"Jar": each["Jar"], "Args": each["Args"]},
        }
        for each in json.loads(given["--steps"][0])
    ]
    request["Tags"] = [
        dict(zip(("Key", "Value"), tag.split("=", 1), strict=True)) for tag in given["--tags"]
    ]
    return request


def test_the_command_line_makes_the_same_request():
    request = cluster_request(job("subnets=[subnet-1]", "key_pair=my key", "tags.team=a b"))
    assert request_of(create_cluster_command(request, "us-east-1")) == request


@settings(max_examples=30, deadline=None)
@given(st.lists(TEXTS_OF_A_SHELL, max_size=4), TEXTS_OF_A_SHELL)
def test_any_argument_survives_the_shell(arguments, tag):
    request = cluster_request(JOB)
    request["Steps"][0]["HadoopJarStep"]["Args"] = arguments
    request["Tags"].append({"Key": "note", "Value": tag})
    assert request_of(create_cluster_command(request, "us-east-1")) == request


def test_the_security_configuration_is_created_under_its_name():
    content = security_content(job())
    command = create_security_configuration_command("pixelmill-1", content, "eu-west-1")
    given = options_of(command, "create-security-configuration")
    assert given["--name"] == ["pixelmill-1"]
    assert given["--region"] == ["eu-west-1"]
    assert json.loads(given["--security-configuration"][0]) == content
