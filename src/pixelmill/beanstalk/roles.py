"""IAM roles of a service: of its machines, and of Elastic Beanstalk itself."""

import json
from typing import Any

from pixelmill.aws.clients import error_code, explained, partition_of
from pixelmill.beanstalk.policies import service_policy, trust
from pixelmill.beanstalk.record import Names

MISSING = "NoSuchEntity"
POLICY = "service"


def ensure_roles(
    iam: Any, names: Names, policy: dict[str, Any], tags: list[dict[str, str]]
) -> None:
    """Make what is missing, and give the machines their policy.

    Args:
        iam: Client of IAM.
        names: Role names.
        policy: Policy of the instances.
        tags: Role tags.

    Raises:
        InputError: IAM refuses it.
    """
    role, service = names.instance_role, names.service_role
    partition = partition_of(names.region)
    with explained(f"the role {role} cannot be made"):
        _ensure_role(iam, role, trust("ec2", partition), tags)
        _put_policy(iam, role, policy)
        _ensure_profile(iam, role, tags)
    with explained(f"the role {service} cannot be made"):
        _ensure_role(iam, service, trust("elasticbeanstalk", partition), tags)
        _put_policy(iam, service, service_policy())


def remove_roles(iam: Any, names: Names) -> list[str]:
    """Remove the roles and the instance profile.

    Args:
        iam: Client of IAM.
        names: Role names.

    Returns:
        What was removed.

    Raises:
        InputError: IAM refuses it.
    """
    role, service = names.instance_role, names.service_role
    removed = []
    with explained(f"the role {role} cannot be removed"):
        for held in _roles_of_profile(iam, role):
            iam.remove_role_from_instance_profile(InstanceProfileName=role, RoleName=held)
        if _unless_missing(iam.delete_instance_profile, InstanceProfileName=role):
            removed.append(f"instance profile {role}")
        _unless_missing(iam.delete_role_policy, RoleName=role, PolicyName=POLICY)
        if _unless_missing(iam.delete_role, RoleName=role):
            removed.append(f"role {role}")
    with explained(f"the role {service} cannot be removed"):
        _unless_missing(iam.delete_role_policy, RoleName=service, PolicyName=POLICY)
        if _unless_missing(iam.delete_role, RoleName=service):
            removed.append(f"role {service}")
    return removed


def find_roles(iam: Any, names: Names) -> list[str]:
    """Return the roles of these names that exist.

    Raises:
        InputError: IAM refuses to say.
    """
    with explained("the roles of the account cannot be read"):
        return [
            name
            for name in (names.instance_role, names.service_role)
            if _found(iam.get_role, RoleName=name) is not None
        ]


def _ensure_role(iam: Any, name: str, trusted: dict[str, Any], tags: list[dict[str, str]]) -> None:
    if _found(iam.get_role, RoleName=name) is None:
        iam.create_role(
            RoleName=name,
            AssumeRolePolicyDocument=json.dumps(trusted),
            Description="Of pixelmill's service on Elastic Beanstalk",
            Tags=tags,
        )


def _put_policy(iam: Any, role: str, policy: dict[str, Any]) -> None:
    iam.put_role_policy(RoleName=role, PolicyName=POLICY, PolicyDocument=json.dumps(policy))


def _ensure_profile(iam: Any, name: str, tags: list[dict[str, str]]) -> None:
    found = _found(iam.get_instance_profile, InstanceProfileName=name)
    if found is None:
        iam.create_instance_profile(InstanceProfileName=name, Tags=tags)
    if found is None or not found["InstanceProfile"].get("Roles"):
        iam.add_role_to_instance_profile(InstanceProfileName=name, RoleName=name)


def _roles_of_profile(iam: Any, name: str) -> list[str]:
    found = _found(iam.get_instance_profile, InstanceProfileName=name) or {}
    return [role["RoleName"] for role in found.get("InstanceProfile", {}).get("Roles", [])]


def is_not_shown_yet(error: Any, names: Names) -> bool:
    """Return whether Elastic Beanstalk refused because IAM does not show it a new role yet."""
    message = error.response["Error"].get("Message", "")
    return names.instance_role in message or names.service_role in message


def _found(ask: Any, **which: Any) -> Any:
    from botocore.exceptions import ClientError

    try:
        return ask(**which)
    except ClientError as error:
        if error_code(error) != MISSING:
            raise
        return None


def _unless_missing(remove: Any, **which: Any) -> bool:
    """Remove something, and return whether it existed."""
    return _found(remove, **which) is not None
