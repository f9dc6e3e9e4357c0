"""The owner of a data set's lock, as recorded on S3."""

import os
import socket
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

from pydantic import BaseModel, ConfigDict, Field

from pixelmill.storage.aws_sessions import answered_at

LAUNCH = "PIXELMILL_LAUNCH"


def _process_space() -> str:
    """Return which processes the numbers of this one are counted among; '' where the system tells
    none.
    """
    try:
        boot = Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
        return f"{boot} {Path('/proc/self/ns/pid').readlink()}"
    except OSError:
        return ""


class Owner(BaseModel):
    """Who works on a data set.

    Attributes:
        token: Token of this lease alone.
        host: Name of the machine.
        pid: Process id.
        processes: Boot and process namespace that `pid` belongs to; '' where they are not known.
        launch: Launch of `kedro emr launch`, if it started the run.
        renewed: Number of renewals so far.
    """

    model_config = ConfigDict(frozen=True)

    token: str = Field(default_factory=lambda: uuid4().hex)
    host: str = Field(default_factory=socket.gethostname)
    pid: int = Field(default_factory=os.getpid)
    processes: str = Field(default_factory=_process_space)
    launch: str | None = Field(default_factory=lambda: os.environ.get(LAUNCH))
    renewed: int = 0

    def __str__(self) -> str:
        """Return the owner in words."""
        launch = f" of the launch {self.launch}" if self.launch else ""
        return f"process {self.pid} on {self.host}{launch}"

    def is_dead(self) -> bool:
        """Return whether it ran among the processes of this machine, and runs no more."""
        if not self.processes or self.processes != _process_space():
            return False
        try:
            os.kill(self.pid, 0)
        except ProcessLookupError:
            return True
        except PermissionError:
            return False
        return False


@dataclass(frozen=True)
class LeaseRecord:
    """A lease as stored on S3.

    Attributes:
        owner: Owner of the lease.
        etag: Version of the object.
        age: Seconds since the last sign of life, by S3's clock.
    """

    owner: Owner
    etag: str
    age: float

    @classmethod
    def read(cls, answer: dict[str, Any]) -> "LeaseRecord":
        """Return a lease from S3's answer.

        Raises:
            ValidationError: If the object is invalid.
        """
        owner = Owner.model_validate_json(answer["Body"].read())
        age = answered_at(answer) - answer["LastModified"]
        return cls(owner, answer["ETag"], age.total_seconds())
