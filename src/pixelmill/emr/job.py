"""One launch, with all values that requests to AWS need."""

import secrets
from dataclasses import dataclass, field
from datetime import UTC, datetime

from pixelmill.emr.record import launch_folder
from pixelmill.emr.settings import ClusterSettings
from pixelmill.emr.versions import laptop_versions, minor
from pixelmill.storage.lease_owner import LAUNCH

POLICY_TAG = "for-use-with-amazon-emr-managed-policies"  # EMR_DefaultRole_V2 acts on nothing else


def new_launch_id() -> str:
    """Return a name that sorts by time, such as 20250131T120000Z-3fa2."""
    return f"{datetime.now(UTC):%Y%m%dT%H%M%SZ}-{secrets.token_hex(2)}"


@dataclass(frozen=True)
class Job:
    """What is to run, where, and with what.

    Attributes:
        settings: Cluster settings, with the storage set.
        region: AWS region.
        dataset: Name of the data set.
        arguments: Arguments of `kedro run`.
        images: S3 URI of its images; None for the embedded sample.
        id: Name of the launch.
        versions: Package versions on the laptop.
    """

    settings: ClusterSettings
    region: str
    dataset: str
    arguments: list[str]
    images: str | None = None
    id: str = field(default_factory=new_launch_id)
    versions: dict[str, str] = field(default_factory=laptop_versions)

    @property
    def storage(self) -> str:
        """Bucket and prefix of all tables."""
        return self.settings.bucket_and_prefix

    @property
    def folder(self) -> str:
        """S3 URI of what is uploaded."""
        return f"{launch_folder(self.storage, self.dataset)}/{self.id}"

    @property
    def logs(self) -> str:
        """S3 URI of the folder that EMR writes logs to."""
        return f"{self.folder}/logs"

    @property
    def name(self) -> str:
        """What the AWS console shows, and what no other launch is called."""
        return f"pixelmill {self.dataset} {self.id}"

    @property
    def python(self) -> str:
        """Major and minor version of the laptop's Python."""
        return minor(self.versions["python"])

    @property
    def spark(self) -> str:
        """Major and minor version of the laptop's Spark."""
        return minor(self.versions["spark"])

    @property
    def tags(self) -> dict[str, str]:
        """Of every resource."""
        own = {"pixelmill:dataset": self.dataset, "pixelmill:launch": self.id, POLICY_TAG: "true"}
        return self.settings.tags | own

    def environment(self) -> dict[str, str]:
        """Return the environment variables of every node, for the run and its bootstrap."""
        given = {
            "PIXELMILL_STORAGE": self.storage,
            LAUNCH: self.id,
            "PIXELMILL_PYTHON": self.python,
            "PIXELMILL_INDEX": self.settings.index or "",
            "AWS_REGION": self.region,
            "AWS_DEFAULT_REGION": self.region,
            "KEDRO_DISABLE_TELEMETRY": "1",
        }
        return {name: value for name, value in given.items() if value}
