"""Typed settings of a cluster: `conf/emr/cluster.yml`, overridden by the command line."""

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, model_validator

from pixelmill.aws.settings_file import S3_PREFIX, SettingsFile, read_settings
from pixelmill.errors import NO_STORAGE, InputError
from pixelmill.parameters import Count, Parameters
from pixelmill.storage.locations import without_empty_names

FILE = "conf/emr/cluster.yml"
MOST_NODES = 4000  # of an instance fleet, by EMR's guide
Nodes = Annotated[int, Field(ge=0, le=MOST_NODES)]
# GB of memory that a worker of EMR Serverless may have: least, most and step, by its vCPUs.
# Source: EMR Serverless's guide, "Understanding application behavior", worker configurations.
WORKER_MEMORY = {
    1: (2, 8, 1),
    2: (4, 16, 1),
    4: (8, 30, 1),
    8: (16, 60, 4),
    16: (32, 120, 8),
}


class FleetSettings(Parameters):
    """Nodes of one role, of any of some instance types.

    Attributes:
        instances: Types, the preferred first, each with as many vCPUs as the first.
        on_demand: Nodes that stay.
        spot: Nodes that may be taken away.
        disk: GB of EBS a node.
    """

    instances: Annotated[list[str], Field(min_length=1)]
    on_demand: Nodes = 0
    spot: Nodes = 0
    disk: Annotated[int, Field(ge=10, le=16_384)] = 64

    @property
    def nodes(self) -> int:
        """Number of nodes at the start."""
        return self.on_demand + self.spot


class ServerlessSettings(Parameters):
    """What an application of EMR Serverless may use.

    Attributes:
        role: Name or ARN of the role that a job runs with.
        vcpus: vCPUs of each worker.
        memory: Memory of each worker in GB, as `WORKER_MEMORY` allows with its vCPUs.
        workers: Maximum number of workers at once, beside the driver.
        security_groups: Security groups of the workers, where the cluster's `subnets` are set.
    """

    role: str = "pixelmill-serverless"
    vcpus: Literal[1, 2, 4, 8, 16] = 4
    memory: Count = 16
    workers: Annotated[int, Field(ge=1, le=10_000)] = 50
    security_groups: list[str] = Field(default_factory=list)

    @model_validator(mode="after")
    def _has_a_size_that_aws_offers(self) -> "ServerlessSettings":
        least, most, step = WORKER_MEMORY[self.vcpus]
        if self.memory not in range(least, most + 1, step):
            raise ValueError(
                f"a worker with {self.vcpus} vCPUs may have {least} to {most} GB in steps of "
                f"{step}; serverless.memory is {self.memory}"
            )
        return self


class ClusterSettings(Parameters):
    """A cluster, and the run on it.

    Attributes:
        storage: Bucket and prefix of all tables; null where it is not known yet.
        region: Region of the cluster; null uses that of the AWS profile.
        release: Release label of EMR.
        primary: The node of the driver, on demand.
        core: Nodes that stay for the whole run, at least one.
        task: Nodes that come and go.
        most_nodes: Maximum number of core and task nodes of managed scaling; not fewer than
            the cluster starts with.
        subnets: Subnets of the nodes; EMR uses one of them.
        service_role: Role of EMR itself.
        instance_profile: Role of the nodes.
        key_pair: Name of the EC2 key pair to log in to the primary node with; null is no login.
        idle_minutes: Minutes after which an idle cluster terminates itself.
        spot_minutes: Minutes to wait for spot capacity before on-demand nodes replace it.
        kms_key: ARN of the key that disks are encrypted with; null is the account's own, by EC2's
            encryption by default, which then must be on.
        certificates: S3 URI of a zip with the certificates for encryption between nodes; null has
            `launch` make some.
        index: Address of the package index that nodes install from, or S3 URI of a folder of
            wheels, where it is not the public index.
        tags: Tags of every resource.
        serverless: For `launch --serverless`.
    """

    storage: Annotated[str, Field(pattern=S3_PREFIX)] | None = None
    region: str | None = None
    release: Annotated[str, Field(pattern=r"^emr-(spark-)?\d+\.\d+\.\d+$")] = "emr-spark-8.1.0"
    primary: FleetSettings
    core: FleetSettings
    task: FleetSettings
    most_nodes: Annotated[int, Field(ge=1, le=MOST_NODES)] = 50
    subnets: list[str] = Field(default_factory=list)
    service_role: str = "pixelmill-emr"
    instance_profile: str = "pixelmill-nodes"
    key_pair: str | None = None
    idle_minutes: Annotated[int, Field(ge=1, le=10_080)] = 15
    spot_minutes: Annotated[int, Field(ge=5, le=1440)] = 10
    kms_key: str | None = None
    certificates: str | None = None
    index: str | None = None
    tags: dict[str, str] = Field(default_factory=dict)
    serverless: ServerlessSettings = Field(default_factory=ServerlessSettings)

    @model_validator(mode="after")
    def _has_one_primary_node(self) -> "ClusterSettings":
        if self.primary.on_demand > 1 or self.primary.spot:
            raise ValueError(
                "primary: a cluster has one primary node, on demand, without which a run ends: "
                "leave primary.on_demand at 1 and primary.spot at 0"
            )
        return self

    @model_validator(mode="after")
    def _has_nodes(self) -> "ClusterSettings":
        if self.core.nodes < 1:
            raise ValueError("core: a cluster needs a core node; set core.on_demand to 1 or more")
        return self

    @property
    def nodes(self) -> int:
        """Number of core and task nodes at the start."""
        return self.core.nodes + self.task.nodes

    @property
    def bucket_and_prefix(self) -> str:
        """The storage, where it is required.

        Raises:
            InputError: If none is set.
        """
        if self.storage is None:
            raise InputError(NO_STORAGE)
        return without_empty_names(self.storage)


class PlannedSettings(ClusterSettings):
    """The settings of a cluster that is only planned: the tables may still be on this machine.

    Attributes:
        storage: Folder, or bucket and prefix, of all tables; null where none is set.
    """

    storage: str | None = None


def load_settings(
    project: Path, changes: Sequence[str] = (), kind: type[ClusterSettings] = ClusterSettings
) -> ClusterSettings:
    """Read the settings.

    Args:
        project: Root of the project.
        changes: `name=value` as the command line gives them, `task.spot=20`.
        kind: What the settings are for.

    Raises:
        InputError: If the file is missing or a value is impossible.
    """
    return read_settings(project, SettingsFile(FILE, "a cluster"), changes, kind)
