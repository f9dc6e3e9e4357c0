"""The requests of a launch as commands of the AWS command line, with JSON for every argument."""

import json
import shlex
from typing import Any

TEXTS = {
    "Name": "--name",
    "ReleaseLabel": "--release-label",
    "LogUri": "--log-uri",
    "ServiceRole": "--service-role",
    "SecurityConfiguration": "--security-configuration",
    "ScaleDownBehavior": "--scale-down-behavior",
    "EbsRootVolumeSize": "--ebs-root-volume-size",
    "StepConcurrencyLevel": "--step-concurrency-level",
}
DOCUMENTS = {
    "Applications": "--applications",
    "Configurations": "--configurations",
    "ManagedScalingPolicy": "--managed-scaling-policy",
    "AutoTerminationPolicy": "--auto-termination-policy",
}
SWITCHES = {  # name in the request: option for true, option for false
    "VisibleToAllUsers": ("--visible-to-all-users", "--no-visible-to-all-users"),
    "KeepJobFlowAliveWhenNoSteps": ("--no-auto-terminate", "--auto-terminate"),
    "TerminationProtected": ("--termination-protected", "--no-termination-protected"),
    "UnhealthyNodeReplacement": (
        "--unhealthy-node-replacement",
        "--no-unhealthy-node-replacement",
    ),
}
EC2 = {"Ec2KeyName": "KeyName", "Ec2SubnetIds": "SubnetIds"}


def create_cluster_command(request: dict[str, Any], region: str) -> str:
    """Return `aws emr create-cluster`, quoted for a shell, one option a line.

    Args:
        request: Arguments of RunJobFlow.
        region: AWS region.
    """
    instances = request["Instances"]
    options = [["--region", region]]
    options += [[option, str(request[name])] for name, option in TEXTS.items()]
    options += [[option, _json(request[name])] for name, option in DOCUMENTS.items()]
    options += [_switch(name, {**request, **instances}) for name in SWITCHES]
    options += [
        ["--ec2-attributes", _json(_ec2_attributes(request))],
        ["--instance-fleets", _json(instances["InstanceFleets"])],
        ["--bootstrap-actions", _json([_bootstrap(each) for each in request["BootstrapActions"]])],
        ["--steps", _json([_step(each) for each in request["Steps"]])],
        ["--tags", *(f"{tag['Key']}={tag['Value']}" for tag in request["Tags"])],
    ]
    return _command("create-cluster", options)


def create_security_configuration_command(name: str, content: dict[str, Any], region: str) -> str:
    """Return `aws emr create-security-configuration`, quoted for a shell."""
    options = [["--region", region], ["--name", name], ["--security-configuration", _json(content)]]
    return _command("create-security-configuration", options)


def _command(verb: str, options: list[list[str]]) -> str:
    return " \\\n  ".join([f"aws emr {verb}", *(shlex.join(option) for option in options)])


def _json(value: Any) -> str:
    return json.dumps(value, separators=(",", ":"))


def _switch(name: str, request: dict[str, Any]) -> list[str]:
    when_true, when_false = SWITCHES[name]
    return [when_true if request[name] else when_false]


def _ec2_attributes(request: dict[str, Any]) -> dict[str, Any]:
    instances = request["Instances"]
    given = {option: instances[name] for name, option in EC2.items() if name in instances}
    return {"InstanceProfile": request["JobFlowRole"], **given}


def _bootstrap(action: dict[str, Any]) -> dict[str, Any]:
    return {"Name": action["Name"], **action["ScriptBootstrapAction"]}


def _step(step: dict[str, Any]) -> dict[str, Any]:
    return {
        "Type": "CUSTOM_JAR",
        "Name": step["Name"],
        "ActionOnFailure": step["ActionOnFailure"],
        **step["HadoopJarStep"],
    }
