"""The request that creates a cluster."""

import boto3
import pytest
from botocore.validate import ParamValidator

from pixelmill.emr.cluster_request import cluster_request
from pixelmill.emr.security import security_content, security_name
from pixelmill.errors import InputError
from tests.emr.jobs import ARGUMENTS, STORAGE, job


def fleets(request):
    return {each["InstanceFleetType"]: each for each in request["Instances"]["InstanceFleets"]}


def properties(request, classification="spark-defaults"):
    (found,) = (
        each["Properties"]
        for each in request["Configurations"]
        if each["Classification"] == classification
    )
    return found


def test_every_field_is_one_that_the_api_knows():
    shape = boto3.client("emr", "us-east-1").meta.service_model.operation_model("RunJobFlow")
    request = cluster_request(job("subnets=[subnet-1]", "key_pair=me"))
    report = ParamValidator().validate(request, shape.input_shape)
    assert not report.has_errors(), report.generate_report()


def test_the_primary_is_on_demand_and_workers_are_spot_that_falls_back():
    found = fleets(cluster_request(job("spot_minutes=7")))
    assert found["MASTER"]["TargetOnDemandCapacity"] == 1
    assert "TargetSpotCapacity" not in found["MASTER"]
    assert found["TASK"]["TargetSpotCapacity"] == 4
    assert found["TASK"]["LaunchSpecifications"]["SpotSpecification"] == {
        "TimeoutDurationMinutes": 7,
        "TimeoutAction": "SWITCH_TO_ON_DEMAND",
        "AllocationStrategy": "price-capacity-optimized",
    }
    assert "SpotSpecification" not in found["CORE"]["LaunchSpecifications"]


def test_nodes_have_the_types_and_disks_of_the_settings_in_their_order():
    found = fleets(cluster_request(job("core.disk=200", "core.instances=[m7i.xlarge,m6i.xlarge]")))
    types = found["CORE"]["InstanceTypeConfigs"]
    assert [each["InstanceType"] for each in types] == ["m7i.xlarge", "m6i.xlarge"]
    assert [each["Priority"] for each in types] == [0.0, 1.0]
    assert {each["WeightedCapacity"] for each in types} == {1}
    (disk,) = types[0]["EbsConfiguration"]["EbsBlockDeviceConfigs"]
    assert disk["VolumeSpecification"] == {"VolumeType": "gp3", "SizeInGB": 200}


def test_without_task_nodes_there_is_no_task_fleet():
    assert set(fleets(cluster_request(job("task.spot=0")))) == {"MASTER", "CORE"}


def test_managed_scaling_adds_spot_nodes_up_to_the_most():
    request = cluster_request(job("core.on_demand=2", "task.on_demand=1", "most_nodes=30"))
    assert request["ManagedScalingPolicy"]["ComputeLimits"] == {
        "UnitType": "InstanceFleetUnits",
        "MinimumCapacityUnits": 2,
        "MaximumCapacityUnits": 30,
        "MaximumCoreCapacityUnits": 2,
        "MaximumOnDemandCapacityUnits": 7,
    }


def test_without_spot_managed_scaling_may_add_on_demand_nodes():
    limits = cluster_request(job("task.spot=0"))["ManagedScalingPolicy"]["ComputeLimits"]
    assert "MaximumOnDemandCapacityUnits" not in limits


def test_more_nodes_than_the_most_are_refused():
    with pytest.raises(InputError, match="give --set most_nodes=5 or more"):
        cluster_request(job("most_nodes=3"))


def test_the_cluster_ends_with_its_run_and_when_it_idles():
    request = cluster_request(job("idle_minutes=20"))
    assert request["Instances"]["KeepJobFlowAliveWhenNoSteps"] is False
    assert request["Instances"]["TerminationProtected"] is False
    assert request["AutoTerminationPolicy"] == {"IdleTimeout": 1200}
    assert request["Steps"][0]["ActionOnFailure"] == "TERMINATE_CLUSTER"


def test_the_step_is_the_run_with_its_arguments_untouched():
    request = cluster_request(job())
    (step,) = request["Steps"]
    assert step["HadoopJarStep"] == {
        "Jar": "command-runner.jar",
        "Args": ["bash", "/opt/pixelmill/run.sh", "3.11", "4.1", *ARGUMENTS],
    }
    assert request["StepConcurrencyLevel"] == 1


def test_logs_bootstrap_and_tags_belong_to_the_launch():
    request = cluster_request(job("tags.team=vision"))
    folder = f"{STORAGE}/_emr/pets/20260101T000000Z-0000"
    assert request["LogUri"] == f"{folder}/logs/"
    (action,) = request["BootstrapActions"]
    args = [folder, "<digest>"]
    assert action["ScriptBootstrapAction"] == {"Path": f"{folder}/bootstrap.sh", "Args": args}
    tags = {tag["Key"]: tag["Value"] for tag in request["Tags"]}
    assert tags["team"] == "vision"
    assert tags["pixelmill:dataset"] == "pets"


def test_the_security_configuration_is_named_after_its_content():
    some, other = job(), job("kms_key=arn:aws:kms:us-east-1:123456789012:key/1")
    assert cluster_request(some)["SecurityConfiguration"] == security_name(security_content(some))
    assert security_name(security_content(some)) != security_name(security_content(other))


def test_spark_survives_the_loss_of_nodes_and_computes_nothing_twice():
    found = properties(cluster_request(job()))
    assert found["spark.decommission.enabled"] == "true"
    assert found["spark.storage.decommission.enabled"] == "true"
    assert found["spark.dynamicAllocation.enabled"] == "true"
    assert found["spark.speculation"] == "false"
    assert int(found["spark.task.maxFailures"]) > 4
    assert "spark.executor.pyspark.memory" not in found


def test_all_properties_are_texts_as_emr_wants_them():
    request = cluster_request(job())
    for each in request["Configurations"]:
        assert all(isinstance(value, str) for value in each["Properties"].values())


def test_driver_and_executors_have_the_python_of_the_bootstrap():
    request = cluster_request(job())
    found = properties(request)
    assert found["spark.pyspark.python"] == found["spark.pyspark.driver.python"]
    assert found["spark.pyspark.python"] == "/opt/pixelmill/venv/bin/python"


def test_subnets_and_key_pair_are_asked_for_where_they_are_set():
    instances = cluster_request(job("subnets=[subnet-1,subnet-2]", "key_pair=me"))["Instances"]
    assert instances["Ec2SubnetIds"] == ["subnet-1", "subnet-2"]
    assert instances["Ec2KeyName"] == "me"
    assert not {"Ec2SubnetIds", "Ec2KeyName"} & set(cluster_request(job())["Instances"])
