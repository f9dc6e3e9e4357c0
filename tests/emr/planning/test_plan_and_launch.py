"""The plan's figures against an actual launch request, and what both refuse."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pixelmill.aws.quotas import ON_DEMAND, SPOT
from pixelmill.emr.cluster_request import cluster_request
from pixelmill.emr.planning.capacity import cluster_of, tasks_a_chunk
from pixelmill.emr.planning.plan import make_plan
from pixelmill.emr.serverless_request import application_request, job_request
from pixelmill.errors import InputError
from pixelmill.spark.parallelism import divided_for, partitions_of
from tests.emr.jobs import job
from tests.emr.planning.runs import PRICES, planner

SIZES = ("xlarge", "2xlarge", "4xlarge", "8xlarge")
COUNTS = st.integers(0, 6)


def requested(*changes):
    """What a launch with some settings changed asks of AWS."""
    return cluster_request(job(*changes))


def fleets(request):
    return {each["InstanceFleetType"]: each for each in request["Instances"]["InstanceFleets"]}


def planned(*changes, **of_work):
    """The plan of a run with the same settings."""
    return make_plan(planner(*changes, **of_work), {}, None)


@settings(deadline=None, max_examples=60)
@given(
    core=st.integers(1, 4),
    core_spot=COUNTS,
    task=COUNTS,
    task_spot=COUNTS,
    more=COUNTS,
    disk=st.integers(10, 500),
    size=st.sampled_from(SIZES),
)
def test_the_plan_prices_the_nodes_of_the_request(
    core, core_spot, task, task_spot, more, disk, size
):
    changes = (
        f"core.on_demand={core}",
        f"core.spot={core_spot}",
        f"task.on_demand={task}",
        f"task.spot={task_spot}",
        f"task.disk={disk}",
        f"task.instances=[c7i.{size},m7i.{size}]",
        f"most_nodes={core + core_spot + task + task_spot + more}",
    )
    request, price = requested(*changes), planner(*changes)
    cluster = cluster_of(price.settings, PRICES)
    assert [shape(group, request) for group in (cluster.primary, *cluster.workers)] == [
        asked(fleet) for fleet in fleets(request).values()
    ]
    limits = request["ManagedScalingPolicy"]["ComputeLimits"]
    scaled = price.scaled(cluster)
    assert scaled.nodes == limits["MaximumCapacityUnits"]
    most_on_demand = limits.get("MaximumOnDemandCapacityUnits", scaled.nodes)
    assert scaled.nodes - scaled.spot <= most_on_demand


def shape(group, request):
    disk = group.disk - request["EbsRootVolumeSize"]
    return group.instance.name, group.on_demand, group.spot, disk


def asked(fleet):
    preferred = fleet["InstanceTypeConfigs"][0]
    (volume,) = preferred["EbsConfiguration"]["EbsBlockDeviceConfigs"]
    return (
        preferred["InstanceType"],
        fleet["TargetOnDemandCapacity"],
        fleet.get("TargetSpotCapacity", 0),
        volume["VolumeSpecification"]["SizeInGB"],
    )


def test_a_cluster_that_ends_with_its_step_is_paid_until_its_end():
    request = requested()
    assert request["Instances"]["KeepJobFlowAliveWhenNoSteps"] is False
    plan = planned()
    m7i, c7i = PRICES.instance("m7i.2xlarge"), PRICES.instance("c7i.4xlarge")
    hours = plan.chosen.hours
    assert plan.chosen.cost.on_demand == pytest.approx(hours * (m7i.on_demand + c7i.on_demand))
    assert planned("idle_minutes=600").chosen.cost == plan.chosen.cost


@pytest.mark.parametrize("images", [90, 5_000, 400_000, 1_000_000, 100_000_000])
def test_a_chunk_has_as_many_tasks_as_in_the_run(images):
    (defaults, *_) = requested()["Configurations"]
    plan = planned(images=images)
    a_chunk = -(-images // plan.work.chunks)
    parallelism = divided_for(defaults["Properties"], plan.chosen.pace.slots, a_chunk)
    files = plan.work.chunks * partitions_of(a_chunk, parallelism)
    assert plan.chosen.needs.files == files
    if images >= 1_000_000:
        assert files == plan.work.chunks * 1024


def test_serverless_is_planned_with_the_properties_of_its_request():
    changes = ("serverless.workers=7", "serverless.vcpus=8", "serverless.memory=48")
    request = job_request(job(*changes), "app", "role", "s3://photos/environment.tar.gz")
    (found,) = request["configurationOverrides"]["applicationConfiguration"]
    properties = found["properties"]
    price = planner(*changes)
    (option,) = price.serverless(7)
    assert option.pace.slots == 7 * int(properties["spark.executor.cores"])
    tasks = tasks_a_chunk(properties, option.pace, price.work)
    assert option.needs.files == price.work.chunks * tasks


def test_the_quotas_are_those_of_the_request():
    needs = {need.quota: need for need in planned("core.on_demand=2").quotas}
    found = fleets(requested("core.on_demand=2"))
    vcpus = {"MASTER": 8, "CORE": 16, "TASK": 16}
    started = {
        target: sum(fleet.get(target, 0) * vcpus[role] for role, fleet in found.items())
        for target in ("TargetOnDemandCapacity", "TargetSpotCapacity")
    }
    assert needs[ON_DEMAND].start == started["TargetOnDemandCapacity"] == 40
    assert needs[SPOT].start == started["TargetSpotCapacity"] == 64
    assert needs[ON_DEMAND].most == 40 + 64  # without spot capacity
    assert needs[SPOT].most == (20 - 2) * 16
    (serverless,) = [need for need in needs.values() if need.quota.service == "emr-serverless"]
    limit = application_request(job())["maximumCapacity"]["cpu"]
    assert limit == f"{serverless.start} vCPU"


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ("primary.instances=[m7g.2xlarge]", "'m7g.2xlarge' has an ARM processor"),
        ("core.instances=[c7g.4xlarge]", "'c7g.4xlarge' has an ARM processor"),
        ("task.instances=[a1.4xlarge]", "'a1.4xlarge' has an ARM processor"),
        ("task.instances=[c7i.4xlarge,c7i.2xlarge]", "task.instances has types of different sizes"),
        ("primary.instances=[m7i.2xlarge,m7i.xlarge]", "primary.instances has types of different"),
        ("core.instances=[c7i.metal-48xl]", "the instance type 'c7i.metal-48xl' cannot be used"),
        ("most_nodes=2", "most_nodes is 2, and core and task are 5 nodes from the start"),
        ("serverless.memory=31", "a worker with 4 vCPUs may have 8 to 30 GB in steps of 1"),
        ("task.spot=-1", "task.spot is -1"),
        ("task.disk=nan", "task.disk is"),
    ],
)
def test_plan_and_launch_refuse_the_same_in_the_same_sentence(change, sentence):
    messages = []
    for attempt in (planned, requested):
        with pytest.raises(InputError, match=sentence.replace(".", r"\.")) as problem:
            attempt(change)
        messages.append(str(problem.value))
    assert messages[0] == messages[1]
