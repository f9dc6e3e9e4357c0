"""vCPUs, memory, processor and quota of EC2 instance types, from their names."""

import re
from collections.abc import Sequence
from typing import Any

from pixelmill.aws.clients import explained
from pixelmill.errors import InputError

# GB of memory for each vCPU: EC2's compute, general purpose and memory optimized families.
GB_A_VCPU = {"c": 2, "m": 4, "r": 8, "x": 16}
OTHER_FAMILY = 4
STANDARD_FAMILIES = "acdhimrtz"  # those of EC2's quotas for "Standard" instances
# Families that begin with such a letter and have quotas of their own.
OTHER_QUOTAS = {"inf", "trn", "dl", "hpc", "mac"}
INSTANCE_TYPE = re.compile(r"(?P<family>[a-z])[a-z]*\d[\w-]*\.(?P<size>\d*)(?P<unit>x?large)")
_ARM = re.compile(r"^([a-z]+\d+g|a1\.)")
_FAMILY = re.compile(r"[a-z]+")


def vcpus_and_memory(instance_type: str) -> tuple[int, int]:
    """Return vCPUs and GB of an instance type, by EC2's naming.

    Raises:
        InputError: For a name whose size does not say the number of vCPUs.

    Example:
        >>> vcpus_and_memory("c7i.4xlarge")
        (16, 32)
    """
    found = INSTANCE_TYPE.fullmatch(instance_type)
    if found is None:
        raise InputError(
            f"the instance type '{instance_type}' cannot be used: name types of the sizes large "
            "to 48xlarge, such as c7i.4xlarge"
        )
    vcpus = 2 if found["unit"] == "large" else 4 * int(found["size"] or 1)
    return vcpus, vcpus * GB_A_VCPU.get(found["family"], OTHER_FAMILY)


def refuse_arm(name: str) -> None:
    """Raise an InputError for an instance with an ARM processor."""
    if _ARM.match(name):
        raise InputError(
            f"'{name}' has an ARM processor, and the packages that a cluster installs are for "
            "x86: take a type without the g, as c7i or m7i"
        )


def check_fleet(role: str, names: Sequence[str]) -> None:
    """Refuse types that the nodes of one role cannot have.

    A unit of a fleet is one node, so that types of several sizes would be other clusters than the
    one that was asked for and priced.

    Args:
        role: `primary`, `core` or `task`.
        names: Instance types, the preferred first.

    Raises:
        InputError: For an ARM processor, an unknown size, and sizes that differ.
    """
    for name in names:
        refuse_arm(name)
    first, *others = [(name, vcpus_and_memory(name)[0]) for name in names]
    for name, vcpus in others:
        if vcpus != first[1]:
            raise InputError(
                f"{role}.instances has types of different sizes, {first[0]} with {first[1]} vCPUs "
                f"and {name} with {vcpus}: name types of one size, as c7i.4xlarge and m7i.4xlarge"
            )


def is_standard(name: str) -> bool:
    """Return whether EC2 counts an instance type under its quotas for "Standard" instances.

    Example:
        >>> is_standard("c7i.4xlarge"), is_standard("x2idn.4xlarge"), is_standard("inf2.xlarge")
        (True, False, False)
    """
    found = _FAMILY.match(name)
    family = found[0] if found else "unknown"
    return family[0] in STANDARD_FAMILIES and family not in OTHER_QUOTAS


def not_offered(ec2: Any, names: Sequence[str], region: str) -> list[str]:
    """Return the instance types that a region does not have.

    Args:
        ec2: Client of EC2.
        names: Types that are wanted.
        region: Region of the client, for messages.

    Raises:
        InputError: AWS refuses to be asked.
    """
    offered = set()
    with explained(f"the instance types of {region} cannot be listed"):
        pages = ec2.get_paginator("describe_instance_type_offerings").paginate(
            Filters=[{"Name": "instance-type", "Values": sorted(set(names))}]
        )
        for page in pages:
            offered |= {offer["InstanceType"] for offer in page["InstanceTypeOfferings"]}
    return [name for name in names if name not in offered]
