"""Machine sizes for a service, and CPU credits of burstable ones.

Source: EC2's guide, "Key concepts for burstable performance instances" (T3).
"""

from typing import NamedTuple

from pixelmill.aws.instance_types import vcpus_and_memory


class Burstable(NamedTuple):
    """A size of a burstable family.

    Attributes:
        vcpus: Number of vCPUs.
        memory: GB.
        share: Baseline share of each vCPU, from 0 to 1; use beyond it spends CPU credits.
        xlarges: Price relative to an xlarge.
    """

    vcpus: int
    memory: float
    share: float
    xlarges: float


BURSTABLE = {
    "micro": Burstable(2, 1, 0.10, 1 / 16),
    "small": Burstable(2, 2, 0.20, 1 / 8),
    "medium": Burstable(2, 4, 0.20, 1 / 4),
    "large": Burstable(2, 8, 0.30, 1 / 2),
    "xlarge": Burstable(4, 16, 0.40, 1),
    "2xlarge": Burstable(8, 32, 0.40, 2),
}


def find_burstable(name: str) -> Burstable | None:
    """Return what a size of T3 earns; None for other families."""
    family, _, size = name.partition(".")
    return BURSTABLE.get(size) if family in ("t3", "t3a") else None


def vcpus_of(name: str) -> int:
    """Return the vCPUs of an instance type.

    Raises:
        InputError: The name of the type does not say its vCPUs.
    """
    burstable = find_burstable(name)
    return burstable.vcpus if burstable else vcpus_and_memory(name)[0]
