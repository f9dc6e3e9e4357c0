"""The RunJobFlow request of a cluster, built without calling AWS."""

from typing import Any

from pixelmill.aws.instance_types import check_fleet
from pixelmill.emr.job import Job
from pixelmill.emr.security import security_content, security_name
from pixelmill.emr.settings import ClusterSettings, FleetSettings
from pixelmill.emr.spark_properties import executor_size, resilience
from pixelmill.errors import InputError

HOME = "/opt/pixelmill"
PYTHON = f"{HOME}/venv/bin/python"
ROOT_DISK = 30  # GB: TensorFlow, OpenVINO and their caches are beside the operating system


def cluster_request(job: Job, digest: str = "<digest>") -> dict[str, Any]:
    """Return the arguments of RunJobFlow.

    Args:
        job: Job to run.
        digest: SHA-256 of the list of digests among the uploaded files, which is known when they
            are made. Nodes that scaling adds hours later compare what they fetch with it.

    Raises:
        InputError: If the settings are of no cluster that can be.
    """
    settings = job.settings
    return {
        "Name": job.name,
        "ReleaseLabel": settings.release,
        "Applications": [{"Name": "Spark"}],
        "LogUri": f"{job.logs}/",
        "ServiceRole": settings.service_role,
        "JobFlowRole": settings.instance_profile,
        "SecurityConfiguration": security_name(security_content(job)),
        "VisibleToAllUsers": True,
        "ScaleDownBehavior": "TERMINATE_AT_TASK_COMPLETION",
        "EbsRootVolumeSize": ROOT_DISK,
        "StepConcurrencyLevel": 1,
        "Instances": _instances(settings),
        "ManagedScalingPolicy": {"ComputeLimits": compute_limits(settings)},
        # The cluster ends with its last step; this ends one whose step never came to run.
        "AutoTerminationPolicy": {"IdleTimeout": settings.idle_minutes * 60},
        "Configurations": _configurations(job),
        "BootstrapActions": [_bootstrap(job, digest)],
        "Steps": [_step(job)],
        "Tags": [{"Key": key, "Value": value} for key, value in job.tags.items()],
    }


def instance_fleets(settings: ClusterSettings) -> list[dict[str, Any]]:
    """Return the nodes of a cluster at its start, by role; `plan` prices these.

    Args:
        settings: Cluster settings.

    Raises:
        InputError: For instance types that the nodes cannot have.
    """
    for role in ("primary", "core", "task"):
        check_fleet(role, getattr(settings, role).instances)
    primary = settings.primary.model_copy(update={"on_demand": 1, "spot": 0})
    fleets = [_fleet("MASTER", primary, settings), _fleet("CORE", settings.core, settings)]
    if settings.task.nodes:  # EMR knows no fleet of nothing
        fleets.append(_fleet("TASK", settings.task, settings))
    return fleets


def compute_limits(settings: ClusterSettings) -> dict[str, Any]:
    """Return what managed scaling may do with a cluster, in core and task nodes.

    Args:
        settings: Cluster settings.

    Raises:
        InputError: If the cluster starts with more nodes than it may have.
    """
    if settings.most_nodes < settings.nodes:
        raise InputError(
            f"most_nodes is {settings.most_nodes}, and core and task are {settings.nodes} nodes "
            f"from the start: give --set most_nodes={settings.nodes} or more"
        )
    limits = {
        "UnitType": "InstanceFleetUnits",
        "MinimumCapacityUnits": settings.core.nodes,
        "MaximumCapacityUnits": settings.most_nodes,
        "MaximumCoreCapacityUnits": settings.core.nodes,
    }
    if settings.core.spot or settings.task.spot:
        # The first nodes may have become on-demand ones; what managed scaling adds is spot.
        limits["MaximumOnDemandCapacityUnits"] = settings.nodes
    return limits


def spark_defaults(settings: ClusterSettings) -> dict[str, str]:
    """Return Spark's properties that follow from the nodes: executors, and fault tolerance.

    Args:
        settings: Cluster settings.
    """
    types = [*settings.core.instances, *settings.task.instances]
    return {**executor_size(types).properties(), **resilience()}


def _instances(settings: ClusterSettings) -> dict[str, Any]:
    instances: dict[str, Any] = {
        "InstanceFleets": instance_fleets(settings),
        "KeepJobFlowAliveWhenNoSteps": False,
        "TerminationProtected": False,
        "UnhealthyNodeReplacement": True,
    }
    if settings.key_pair is not None:
        instances["Ec2KeyName"] = settings.key_pair
    if settings.subnets:
        instances["Ec2SubnetIds"] = settings.subnets
    return instances


def _fleet(role: str, fleet: FleetSettings, settings: ClusterSettings) -> dict[str, Any]:
    request: dict[str, Any] = {
        "Name": {"MASTER": "primary"}.get(role, role.lower()),
        "InstanceFleetType": role,
        "TargetOnDemandCapacity": fleet.on_demand,
        "InstanceTypeConfigs": [
            _instance_type(name, rank, fleet.disk) for rank, name in enumerate(fleet.instances)
        ],
        # The types in the order of the settings.
        "LaunchSpecifications": {"OnDemandSpecification": {"AllocationStrategy": "prioritized"}},
    }
    if fleet.spot:
        request["TargetSpotCapacity"] = fleet.spot
        request["LaunchSpecifications"]["SpotSpecification"] = {
            "TimeoutDurationMinutes": settings.spot_minutes,
            "TimeoutAction": "SWITCH_TO_ON_DEMAND",
            "AllocationStrategy": "price-capacity-optimized",
        }
    return request


def _instance_type(name: str, rank: int, disk: int) -> dict[str, Any]:
    volume = {"VolumeType": "gp3", "SizeInGB": disk}
    return {
        "InstanceType": name,
        "WeightedCapacity": 1,
        "Priority": float(rank),
        "BidPriceAsPercentageOfOnDemandPrice": 100.0,
        "EbsConfiguration": {
            "EbsOptimized": True,
            "EbsBlockDeviceConfigs": [{"VolumeSpecification": volume, "VolumesPerInstance": 1}],
        },
    }


def _configurations(job: Job) -> list[dict[str, Any]]:
    settings = job.settings
    python = {"PYSPARK_PYTHON": PYTHON}
    calculator = "org.apache.hadoop.yarn.util.resource.DominantResourceCalculator"
    return [
        {
            "Classification": "spark-defaults",
            "Properties": {
                **spark_defaults(settings),
                "spark.pyspark.python": PYTHON,
                "spark.pyspark.driver.python": PYTHON,
                "spark.executorEnv.AWS_REGION": job.region,
                "spark.executorEnv.AWS_DEFAULT_REGION": job.region,
            },
        },
        {
            "Classification": "spark-env",
            "Properties": {},
            "Configurations": [{"Classification": "export", "Properties": python}],
        },
        {  # YARN counts cores too, or nodes with more memory would get more tasks than cores
            "Classification": "capacity-scheduler",
            "Properties": {"yarn.scheduler.capacity.resource-calculator": calculator},
        },
    ]


def _bootstrap(job: Job, digest: str) -> dict[str, Any]:
    script = {"Path": f"{job.folder}/bootstrap.sh", "Args": [job.folder, digest]}
    return {"Name": "pixelmill", "ScriptBootstrapAction": script}


def _step(job: Job) -> dict[str, Any]:
    command = ["bash", f"{HOME}/run.sh", job.python, job.spark, *job.arguments]
    return {
        "Name": "kedro run --env emr",
        "ActionOnFailure": "TERMINATE_CLUSTER",
        "HadoopJarStep": {"Jar": "command-runner.jar", "Args": command},
    }
